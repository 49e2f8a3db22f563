// InputSource: the Arrow input of a write under a name in the session, with the types and file
// options the caller asks for, for as long as this object lives. Externally synchronized.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "table/input_projection.h"
#include "table/named_input.h"

namespace lakehold::table {

class InputSource {
 public:
  explicit InputSource(engine::Session& session) : session_(session), input_(session) {}
  ~InputSource() { session_.SetFileOptions({}); }

  // `types` as in WriteRequest::types. kInvalid "table.input_schema" if they do not fit.
  Status Open(StreamSource source, const std::map<std::string, std::string>& types,
              const FileOptions& files, const InputOptions& options);
  const std::vector<ColumnDescription>& columns() const { return typed_.columns; }
  // For a FROM clause.
  const std::string& from() const { return typed_.from; }

  // An error about one column's values, with the first row that breaks `condition`, where the
  // source can be read again.
  Error WithRow(Error error, const std::string& condition);

 private:
  Result<int64_t> FirstRowWithout(const std::string& condition);

  engine::Session& session_;
  NamedInput input_;
  bool one_shot_ = true;
  TypedInput typed_;
};

}  // namespace lakehold::table
