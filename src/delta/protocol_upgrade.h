// Protocol upgrade: the least protocol that keeps an old one's promises and adds what is needed.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "delta/action.h"

namespace lakehold::delta {

// The features a protocol names, or that its legacy version numbers imply; readers' features are in
// both lists.
std::vector<std::string> ImpliedWriterFeatures(const Protocol& protocol);

// `from` if it already covers `needed`; else its upgrade. At writer version 7 every legacy feature
// that the old numbers implied is listed. Never lowers anything.
Protocol UpgradeProtocol(const Protocol& from, const Protocol& needed);

}  // namespace lakehold::delta
