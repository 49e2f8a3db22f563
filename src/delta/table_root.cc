#include "delta/table_root.h"

#include "delta/log_path.h"

namespace lakehold::delta {

namespace {

std::string Join(std::string_view folder, std::string_view name) {
  std::string key(folder);
  if (!key.empty() && key.back() != '/' && !name.empty()) key += '/';
  key += name;
  return key;
}

}  // namespace

std::string TableRoot::KeyOf(std::string_view name) const { return Join(folder, name); }

std::string TableRoot::LogKeyOf(std::string_view name) const {
  return Join(Join(folder, kLogFolder), name);
}

std::string TableRoot::uri() const { return store ? Join(store->uri(), folder) : folder; }

}  // namespace lakehold::delta
