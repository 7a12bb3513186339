// SPDX-License-Identifier: Apache-2.0
// What compiled kernels and the emulator's libcuda.so.1 know of each other.
#pragma once

#include <cstddef>
#include <cstdint>

struct uint3 {
  unsigned int x, y, z;
};

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int x_ = 1, unsigned int y_ = 1, unsigned int z_ = 1)
      : x(x_), y(y_), z(z_) {}
};

namespace emulator {

/** One CUDA thread, as its kernel sees it. */
struct Thread {
  uint3 threadIdx;
  uint3 blockIdx;
  dim3 blockDim;
  dim3 gridDim;
  /** threadIdx as one number, x fastest. */
  unsigned int rank;
  /** Reads of memory that others may write, since the thread last let others run. */
  unsigned int polls;
  /** The block's number in its cluster, x fastest, and the cluster's blocks. */
  unsigned int clusterRank;
  unsigned int clusterSize;
};

/** A compiled kernel. Lives in the module's shared object. */
struct Kernel {
  const char* name;
  void (*call)(void** arguments);
  const std::size_t* argumentSizes;
  const std::size_t* argumentAlignments;
  unsigned int argumentCount;
  /** From __launch_bounds__; 0 if there are none. */
  unsigned int maxThreads;
};

/** What lanes of a warp do together. */
enum class Collective : int { sync, shuffle, ballot };

/** Names a place in a kernel's source. */
struct Place {
  const char* file;
  int line;
};

}  // namespace emulator

extern "C" {
/** The thread that calls. The same for a kernel's whole run, so that a compiler may keep it. */
__attribute__((const)) emulator::Thread* cvaeEmulatorThread();
/** Called by a module's constructors while it is being loaded. */
void cvaeEmulatorRegister(const emulator::Kernel* kernel);
/** Waits for all threads of the block. Returns how many of them gave `predicate`. */
unsigned int cvaeEmulatorBarrier(bool predicate, emulator::Place place);
/**
 * Waits for the lanes in `mask`.
 *
 * @return shuffle: the value of lane `source`; ballot: the lanes whose value is not 0
 */
std::uint64_t cvaeEmulatorCollective(emulator::Collective kind, unsigned int mask,
                                     std::uint64_t value, unsigned int source,
                                     emulator::Place place);
/** Lanes of the caller's warp that have not ended. */
unsigned int cvaeEmulatorActiveMask();
/** Tells the cluster that the thread has come to its barrier. */
void cvaeEmulatorClusterArrive(emulator::Place place);
/** Waits for all threads of the cluster to come. */
void cvaeEmulatorClusterWait(emulator::Place place);
/** The address of a shared variable in another block of the cluster. */
void* cvaeEmulatorInBlock(void* shared, unsigned int rank, emulator::Place place);
/** The thread will see what the grid before stored. */
void cvaeEmulatorWaitForPreviousGrid();
void cvaeEmulatorLetNextGridStart();
/** Lets other threads run: the caller waits for something that one of them does. */
void cvaeEmulatorYield();
/** Ends the kernel with an error. */
[[noreturn]] void cvaeEmulatorTrap(const char* why, emulator::Place place);
/** Ends the kernel: an index beyond an array. */
[[noreturn]] void cvaeEmulatorBadIndex(long index, emulator::Place place);
/** Ends the kernel: an address that the type does not allow. */
[[noreturn]] void cvaeEmulatorMisaligned(const void* address, emulator::Place place);
}
