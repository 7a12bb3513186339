// SPDX-License-Identifier: Apache-2.0
// The emulated device's sizes: an H100's, except for the number of multiprocessors.
#pragma once

#include <cstddef>

#include "../device/shared_memory.h"

namespace emulator {

constexpr unsigned maxThreadsPerBlock = 1024;
constexpr unsigned maxBlockZ = 64;
constexpr unsigned maxGridX = 0x7fffffffU;
constexpr unsigned maxGridYZ = 65535;
constexpr unsigned maxThreadsPerMultiprocessor = 2048;
constexpr unsigned maxBlocksPerMultiprocessor = 32;
constexpr std::size_t sharedWithoutOptIn = 48 << 10;
constexpr std::size_t sharedPerMultiprocessor = 228 << 10;
constexpr std::size_t reservedSharedPerBlock = 1 << 10;

}  // namespace emulator
