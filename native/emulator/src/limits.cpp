// SPDX-License-Identifier: Apache-2.0
#include "limits.h"

#include "config.h"

namespace emulator {
namespace {

constexpr std::size_t KiB = 1 << 10;

// From the table of compute capabilities in CUDA's programming guide.
constexpr Limits table[] = {
    {50, 2048, 32, 64 * KiB, 48 * KiB, 0, false, 1},
    {70, 2048, 32, 96 * KiB, 96 * KiB, 0, false, 1},
    {75, 1024, 16, 64 * KiB, 64 * KiB, 0, false, 1},
    {80, 2048, 32, 164 * KiB, 163 * KiB, KiB, false, 1},
    {86, 1536, 16, 100 * KiB, 99 * KiB, KiB, false, 1},
    {87, 1536, 16, 164 * KiB, 163 * KiB, KiB, false, 1},
    {89, 1536, 24, 100 * KiB, 99 * KiB, KiB, false, 1},
    {90, 2048, 32, 228 * KiB, 227 * KiB, KiB, true, maxClusterSize},
    {110, 1536, 24, 228 * KiB, 227 * KiB, KiB, true, portableClusterSize},
    {120, 1536, 24, 100 * KiB, 99 * KiB, KiB, true, portableClusterSize},
};

unsigned roundUp(unsigned value, unsigned multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

const Limits& limits() {
  const Limits* found = table;
  for (const Limits& limits : table) {
    found = limits.capability <= config().capability ? &limits : found;
  }
  return *found;
}

unsigned blocksByRegisters(unsigned registersOfThread, unsigned threads) {
  constexpr unsigned unit = 256;
  constexpr unsigned quarters = 4;
  const unsigned ofWarp = roundUp(registersOfThread * warpSize, unit);
  const unsigned warps = maxRegisters / quarters / ofWarp * quarters;
  return warps / (roundUp(threads, warpSize) / warpSize);
}

}  // namespace emulator
