// CommitBlockParser: whole lines of a commit, straight into FileRows: the fast way for what writers
// really write. Externally synchronized: one a thread, used again and again.
//
// It never decides that a commit is broken: whatever is unusual (a document over several lines, an
// escaped key, a type that does not fit, text behind an object) is "not plain", and then
// ParseCommit of action_json.h reads the whole commit and says what is wrong with it, if anything.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "delta/action_json.h"
#include "delta/file_rows.h"

namespace lakehold::delta {

// What one stretch of a commit says.
struct CommitBlock {
  size_t documents = 0;
  FileRows files;
  std::vector<Action> others;  // Neither add nor remove; those the filter wants.

  // Empty again, with the memory it has.
  void Clear() {
    documents = 0;
    files.Clear();
    others.clear();
  }
};

class CommitBlockParser {
 public:
  CommitBlockParser();
  ~CommitBlockParser();
  CommitBlockParser(CommitBlockParser&&) noexcept;

  // `text` holds whole lines and has Bytes::kPadding readable bytes behind it; it begins at byte
  // `offset` of the commit. With block.files.stats_in_source statistics are not copied, only their
  // places kept, and their escapes not looked at. False: not plain; then `block` is of no use.
  bool Parse(std::string_view text, uint64_t offset, const ActionFilter& filter,
             CommitBlock& block);

 private:
  struct State;  // Hides simdjson.
  std::unique_ptr<State> state_;
};

}  // namespace lakehold::delta
