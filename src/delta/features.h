// Table features: the only list of what this build reads and writes. Pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/schema.h"

namespace lakehold::delta {

enum class FeatureSupport : uint8_t {
  kFull,      // Read and written.
  kReadOnly,  // Read; a write is refused while the feature is active.
  kInert,     // Nothing to do unless it is active; active ones refuse the write.
  kNone,      // Refused by name.
};

struct Feature {
  std::string_view name;
  bool reader = false;  // In readerFeatures too.
  FeatureSupport support = FeatureSupport::kNone;
};

// Every feature with a name known to us, aliases included; docs/features.md is generated from it.
std::vector<Feature> KnownFeatures();

// kUnsupported "delta.unsupported_reader_feature" names every feature that stops a read of the
// data, or the version. kCorrupt "delta.bad_protocol" for illegal combinations. `ratified`: the
// table's catalog handed in its commits.
Status CheckReadable(const Protocol& protocol, bool ratified = false);
// Whether only a catalog says which commits count.
bool IsCatalogManaged(const Protocol& protocol);
// The same for the values of one column: kUnsupported "delta.unknown_type" names it and the type.
Status CheckReadable(const Field& column);
// Of every column.
Status CheckColumnsReadable(const Schema& schema);
// kUnsupported "delta.unsupported_writer_feature" unless every *active* writer feature is
// implemented, by protocol, the table's properties and its schema (decision 12); kUnsupported
// "delta.unknown_type" if a column has one.
Status CheckWritable(const Protocol& protocol, const Metadata& metadata, const Schema& schema);

// The least protocol a new table needs: (1,2) unless a type or a named property asks for more.
// kUnsupported "delta.unsupported_property" for properties that ask for features this build cannot
// write.
Result<Protocol> ProtocolFor(const Schema& schema,
                             const std::map<std::string, std::string>& properties);
// Whether a feature is named by the protocol, or implied by its legacy numbers.
bool Supports(const Protocol& protocol, std::string_view feature);

}  // namespace lakehold::delta
