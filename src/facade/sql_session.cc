#include "facade/sql_session.h"

#include <utility>

#include <fmt/format.h>

#include "facade/registry.h"

namespace lakehold {

SqlSession::SqlSession(std::shared_ptr<storage::ObjectStore> store)
    : store_(std::move(store)), catalog_(fmt::format("lake{}", Registry::Get().NextNumber())) {}

SqlSession::~SqlSession() {
  // An inherited session belongs to the parent process: its threads are not here to be joined.
  if (session_ && generation_ != Registry::Get().generation()) (void)session_.release();
}

Result<engine::Session*> SqlSession::Open() {
  auto& registry = Registry::Get();
  const std::lock_guard lock(mutex_);
  if (session_ && generation_ != registry.generation()) {
    const bool torn = session_->in_transaction();
    (void)session_.release();
    if (torn) {
      return Invalid("facade.forked_transaction",
                     "the open transaction belongs to the process that forked this one",
                     "begin a new transaction here");
    }
  }
  if (session_) return session_.get();
  LAKEHOLD_ASSIGN(auto engine, registry.engine());
  LAKEHOLD_ASSIGN(auto session, engine->OpenSession());
  LAKEHOLD_TRY(session->Attach(catalog_, store_, true));
  session_ = std::move(session);
  generation_ = registry.generation();
  return session_.get();
}

bool SqlSession::in_transaction() const {
  const std::lock_guard lock(mutex_);
  return session_ && session_->in_transaction();
}

const std::vector<CommitReport>& SqlSession::reports() const {
  static const std::vector<CommitReport> kNone;
  const std::lock_guard lock(mutex_);
  return session_ ? session_->reports() : kNone;
}

void SqlSession::Interrupt() {
  const std::lock_guard lock(mutex_);
  if (session_) session_->Interrupt();
}

}  // namespace lakehold
