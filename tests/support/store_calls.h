// Short ways to call an ObjectStore in tests; they abort the test on errors that it did not expect.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "storage/atomic_file.h"
#include "storage/object_store.h"

namespace lakehold::testing {

#define LAKEHOLD_EXPECT_OK(expr)                                               \
  do {                                                                         \
    const auto& lakehold_outcome = (expr);                                     \
    EXPECT_TRUE(lakehold_outcome.ok()) << lakehold_outcome.error().ToString(); \
  } while (false)

// EXPECT_ERROR(expr, kNotFound, "storage.not_found")
#define LAKEHOLD_EXPECT_ERROR(expr, error_kind, slug)                                          \
  do {                                                                                         \
    const auto& lakehold_outcome = (expr);                                                     \
    if (lakehold_outcome.ok()) {                                                               \
      ADD_FAILURE() << #expr << " succeeded";                                                  \
    } else {                                                                                   \
      EXPECT_EQ(lakehold_outcome.error().kind, ::lakehold::ErrorKind::error_kind)              \
          << lakehold_outcome.error().ToString();                                              \
      EXPECT_EQ(lakehold_outcome.error().reason, slug) << lakehold_outcome.error().ToString(); \
    }                                                                                          \
  } while (false)

// "ok" or the reason.
template <typename T>
std::string Outcome(const Result<T>& result) {
  return result.ok() ? "ok" : std::string(result.error().reason);
}

inline std::unique_ptr<storage::Staged> Stage(storage::ObjectStore& store, std::string_view folder,
                                              std::string_view text) {
  auto sink = store.OpenSink(folder);
  LAKEHOLD_EXPECT_OK(sink);
  if (!sink.ok()) return nullptr;
  LAKEHOLD_EXPECT_OK((*sink)->Write(AsBytes(text)));
  auto staged = (*sink)->Finish();
  LAKEHOLD_EXPECT_OK(staged);
  return staged.ok() ? std::move(staged).value() : nullptr;
}

inline Status Settle(storage::ObjectStore& store, storage::Staged& staged) {
  const std::array<storage::Staged*, 1> all = {&staged};
  return store.SettleBytes(all);
}

inline Status SettleName(storage::ObjectStore& store, const std::string& folder) {
  return store.SettleNames({&folder, 1});
}

inline void Put(storage::ObjectStore& store, std::string_view key, std::string_view text) {
  LAKEHOLD_EXPECT_OK(storage::PutIfAbsent(store, key, AsBytes(text)));
}

// The whole content, or the reason in angle brackets.
inline std::string Read(storage::ObjectStore& store, std::string_view key) {
  const auto bytes = store.Get(key, std::nullopt);
  return bytes.ok() ? std::string(bytes->view()) : "<" + std::string(bytes.error().reason) + ">";
}

inline std::vector<storage::ObjectMeta> ListAll(storage::ObjectStore& store,
                                                std::string_view prefix = "",
                                                std::string_view start_after = "") {
  std::vector<storage::ObjectMeta> metas;
  auto lister = store.List(prefix, start_after);
  LAKEHOLD_EXPECT_OK(lister);
  while (lister.ok()) {
    auto next = (*lister)->Next();
    LAKEHOLD_EXPECT_OK(next);
    if (!next.ok() || !next->has_value()) break;
    metas.push_back(**next);
  }
  return metas;
}

inline std::vector<std::string> ListKeys(storage::ObjectStore& store, std::string_view prefix = "",
                                         std::string_view start_after = "") {
  std::vector<std::string> keys;
  for (const auto& meta : ListAll(store, prefix, start_after)) keys.push_back(meta.key);
  return keys;
}

}  // namespace lakehold::testing
