#include "contract/object_store_contract.h"

#include <utility>

#include "storage/faulty_store.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/metered_store.h"

namespace lakehold::testing {
namespace {

using storage::Durability;
using storage::LocalStoreOptions;
using storage::ObjectStore;

StoreVariant Local(std::string name, Durability durability, LocalStoreOptions options = {}) {
  return {std::move(name), true, [=](const std::string& root, const Runtime& runtime) {
            auto store = storage::OpenLocalStore(root, durability, runtime, options);
            LAKEHOLD_EXPECT_OK(store);
            return store.ok() ? *store : nullptr;
          }};
}

StoreVariant Decorated(const StoreVariant& bare) {
  return {bare.name + "Decorated", bare.on_disk,
          [make = bare.make](const std::string& root, const Runtime& runtime) {
            return storage::NewFaultyStore(storage::NewMeteredStore(make(root, runtime)), nullptr);
          }};
}

}  // namespace

std::vector<StoreVariant> DiskStores() {
  return {
      Local("LocalFull", Durability::kFull),
      Local("LocalNone", Durability::kNone),
      Local("LocalWithoutTmpfile", Durability::kFull, {.use_tmpfile = false}),
      Local("LocalWithoutOpenat2", Durability::kFull, {.use_openat2 = false}),
      Local("LocalWithoutLinks", Durability::kFull,
            {.use_tmpfile = false, .use_hard_links = false}),
      Local("LocalOutOfOrder", Durability::kFull, {.names_in_order = false}),
  };
}

std::vector<StoreVariant> AllStores() {
  std::vector<StoreVariant> variants = DiskStores();
  variants.push_back(
      {"Memory", false,
       [](const std::string&, const Runtime& runtime) -> std::shared_ptr<ObjectStore> {
         return storage::NewMemoryStore(runtime.clock);
       }});
  const size_t bare = variants.size();
  for (size_t i = 0; i < bare; ++i) variants.push_back(Decorated(variants[i]));
  return variants;
}

}  // namespace lakehold::testing
