// SPDX-License-Identifier: Apache-2.0
// The emulated device's sizes: those of the GPU of its compute capability, except for the number of
// multiprocessors.
#pragma once

#include <cstddef>

#include "../device/shared_memory.h"

namespace emulator {

constexpr unsigned maxThreadsPerBlock = 1024;
constexpr unsigned maxBlockZ = 64;
constexpr unsigned maxGridX = 0x7fffffffU;
constexpr unsigned maxGridYZ = 65535;
constexpr unsigned warpSize = 32;
constexpr std::size_t sharedWithoutOptIn = 48 << 10;
/** Registers, of 32 bits, of a multiprocessor; one block may have them all. */
constexpr unsigned maxRegisters = 64 << 10;
/** Blocks of a cluster on every GPU that has clusters, and on those with more than that. */
constexpr unsigned portableClusterSize = 8;
constexpr unsigned maxClusterSize = 16;

/** What differs between GPUs. */
struct Limits {
  /** From this compute capability on, times ten. */
  int capability;
  unsigned threadsPerMultiprocessor;
  unsigned blocksPerMultiprocessor;
  std::size_t sharedPerMultiprocessor;
  /** What a block may have if its kernel's attribute says so. */
  std::size_t sharedPerBlock;
  /** Added to what each block asks for. */
  std::size_t reservedSharedPerBlock;
  /** Clusters, and launches that may begin before the one before them has ended. */
  bool hasClusters;
  unsigned clusterSize;
};

/** Those of the compute capability that is set. */
const Limits& limits();

/** Blocks for which a multiprocessor has registers: each of its quarters gives them to whole warps, by 256. */
unsigned blocksByRegisters(unsigned registersOfThread, unsigned threads);

}  // namespace emulator
