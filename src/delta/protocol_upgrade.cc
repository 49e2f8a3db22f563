#include "delta/protocol_upgrade.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace lakehold::delta {
namespace {

constexpr int32_t kFeatureReader = 3;
constexpr int32_t kFeatureWriter = 7;

// Legacy writer version at which a feature came, and the reader version it asked for.
struct LegacyFeature {
  std::string_view name;
  int32_t writer;
  int32_t reader;  // 0: writers only.
};
constexpr std::array<LegacyFeature, 7> kLegacyFeatures = {{
    {"appendOnly", 2, 0},
    {"invariants", 2, 0},
    {"checkConstraints", 3, 0},
    {"changeDataFeed", 4, 0},
    {"generatedColumns", 4, 0},
    {"columnMapping", 5, 2},
    {"identityColumns", 6, 0},
}};

std::vector<std::string> ImpliedReaderFeatures(const Protocol& protocol) {
  if (protocol.min_reader_version >= kFeatureReader) {
    return protocol.reader_features.value_or(std::vector<std::string>{});
  }
  std::vector<std::string> names;
  for (const auto& feature : kLegacyFeatures) {
    if (feature.reader > 0 && feature.reader <= protocol.min_reader_version) {
      names.emplace_back(feature.name);
    }
  }
  return names;
}

std::vector<std::string> Union(std::vector<std::string> a, const std::vector<std::string>& b) {
  for (const auto& name : b) {
    if (std::find(a.begin(), a.end(), name) == a.end()) a.push_back(name);
  }
  return a;
}

bool Covers(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  });
}

}  // namespace

std::vector<std::string> ImpliedWriterFeatures(const Protocol& protocol) {
  if (protocol.min_writer_version >= kFeatureWriter) {
    return protocol.writer_features.value_or(std::vector<std::string>{});
  }
  std::vector<std::string> names;
  for (const auto& feature : kLegacyFeatures) {
    if (feature.writer <= protocol.min_writer_version) names.emplace_back(feature.name);
  }
  return names;
}

Protocol UpgradeProtocol(const Protocol& from, const Protocol& needed) {
  const bool covered = from.min_reader_version >= needed.min_reader_version &&
                       from.min_writer_version >= needed.min_writer_version &&
                       Covers(ImpliedReaderFeatures(from), ImpliedReaderFeatures(needed)) &&
                       Covers(ImpliedWriterFeatures(from), ImpliedWriterFeatures(needed));
  if (covered) return from;
  Protocol upgraded;
  upgraded.min_reader_version = std::max(from.min_reader_version, needed.min_reader_version);
  upgraded.min_writer_version = std::max(from.min_writer_version, needed.min_writer_version);
  if (upgraded.min_writer_version >= kFeatureWriter) {
    upgraded.writer_features = Union(ImpliedWriterFeatures(from), ImpliedWriterFeatures(needed));
  }
  if (upgraded.min_reader_version >= kFeatureReader) {
    upgraded.reader_features = Union(ImpliedReaderFeatures(from), ImpliedReaderFeatures(needed));
  }
  return upgraded;
}

}  // namespace lakehold::delta
