// SqlSession: one engine session on one store, opened at first use and again after a fork.
// Externally synchronized, but Interrupt, which is thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "storage/object_store.h"

namespace lakehold {

class SqlSession {
 public:
  explicit SqlSession(std::shared_ptr<storage::ObjectStore> store);
  ~SqlSession();

  // The session, opened and attached if needed. kInvalid "facade.forked_transaction" if a
  // transaction was open when the process forked: it stays the parent's.
  Result<engine::Session*> Open();
  bool in_transaction() const;
  const std::vector<CommitReport>& reports() const;
  void Interrupt();
  const std::shared_ptr<storage::ObjectStore>& store() const { return store_; }
  // The name under which the lake is attached: the engine knows all sessions of the process, so
  // each has its own.
  const std::string& catalog() const { return catalog_; }

 private:
  std::shared_ptr<storage::ObjectStore> store_;
  std::string catalog_;
  mutable std::mutex mutex_;  // Guards the pointer, not the session.
  std::unique_ptr<engine::Session> session_;
  uint64_t generation_ = 0;
};

}  // namespace lakehold
