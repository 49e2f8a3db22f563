// LAKEHOLD_EXPORT marks what liblakehold shows; everything else is hidden. Immutable: a macro.
//
// Put it on every public class and free function of include/lakehold/ that has a body in a .cc
// file.
#pragma once

#define LAKEHOLD_EXPORT __attribute__((visibility("default")))
