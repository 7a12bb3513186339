// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>

#include "../device/runtime.h"
#include "report.h"

namespace emulator {

/** A place in a kernel's source, for people. */
inline std::string text(Place place) {
  const char* slash = std::strrchr(place.file, '/');
  return format("%s:%d", slash == nullptr ? place.file : slash + 1, place.line);
}

inline bool same(Place a, Place b) { return a.line == b.line && std::strcmp(a.file, b.file) == 0; }

}  // namespace emulator
