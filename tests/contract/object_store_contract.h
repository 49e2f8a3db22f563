// The stores on which the ObjectStore contract is tested: every implementation, bare and under the
// decorators. A new store joins by one line in object_store_contract.cc. Deviations are declared in
// StoreVariant, never in a test.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/system_runtime.h"
#include "storage/object_store.h"
#include "support/store_calls.h"
#include "support/temp_folder.h"

namespace lakehold::testing {

struct StoreVariant {
  std::string name;
  bool on_disk = true;
  // `root` need not exist. Stores of one variant on one root see the same objects, if `on_disk`.
  std::function<std::shared_ptr<storage::ObjectStore>(const std::string& root,
                                                      const Runtime& runtime)>
      make;
};
std::vector<StoreVariant> AllStores();
std::vector<StoreVariant> DiskStores();
inline void PrintTo(const StoreVariant& variant, std::ostream* out) { *out << variant.name; }

class StoreContract : public ::testing::TestWithParam<StoreVariant> {
 protected:
  StoreContract() : store_(GetParam().make(root(), runtime_.runtime())) {}
  std::string root() const { return folder_ / "root"; }
  storage::ObjectStore& store() { return *store_; }

  TempFolder folder_;
  SystemRuntime runtime_;
  std::shared_ptr<storage::ObjectStore> store_;
};

inline std::string VariantName(const ::testing::TestParamInfo<StoreVariant>& variant) {
  return variant.param.name;
}

}  // namespace lakehold::testing
