// SPDX-License-Identifier: Apache-2.0
// Threads, barriers and what a warp does together.
#pragma once

#include <cstdio>
#include <cstring>
#include <ctime>
#include <type_traits>

#include "runtime.h"

#define threadIdx (cvaeEmulatorThread()->threadIdx)
#define blockIdx (cvaeEmulatorThread()->blockIdx)
#define blockDim (cvaeEmulatorThread()->blockDim)
#define gridDim (cvaeEmulatorThread()->gridDim)

constexpr int warpSize = 32;

#define CVAE_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(CVAE_PLACE) { cvaeEmulatorBarrier(false, {file, line}); }
inline int __syncthreads_count(int predicate, CVAE_PLACE) {
  return static_cast<int>(cvaeEmulatorBarrier(predicate != 0, {file, line}));
}
inline int __syncthreads_or(int predicate, CVAE_PLACE) {
  return cvaeEmulatorBarrier(predicate != 0, {file, line}) != 0;
}
inline int __syncthreads_and(int predicate, CVAE_PLACE) {
  return cvaeEmulatorBarrier(predicate == 0, {file, line}) == 0;
}

inline void __syncwarp(unsigned int mask = 0xffffffffU, CVAE_PLACE) {
  cvaeEmulatorCollective(emulator::Collective::sync, mask, 0, 0, {file, line});
}
inline unsigned int __ballot_sync(unsigned int mask, int predicate, CVAE_PLACE) {
  return static_cast<unsigned int>(
      cvaeEmulatorCollective(emulator::Collective::ballot, mask, predicate != 0, 0, {file, line}));
}
inline int __any_sync(unsigned int mask, int predicate, CVAE_PLACE) {
  return __ballot_sync(mask, predicate, file, line) != 0;
}
inline int __all_sync(unsigned int mask, int predicate, CVAE_PLACE) {
  return __ballot_sync(mask, predicate == 0, file, line) == 0;
}
inline unsigned int __activemask() { return cvaeEmulatorActiveMask(); }

namespace emulator {

template <typename T>
T shuffle(unsigned int mask, T value, unsigned int source, Place place) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>, "not a type to shuffle");
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = cvaeEmulatorCollective(Collective::shuffle, mask, bits, source, place);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline unsigned int lane() { return cvaeEmulatorThread()->rank % 32; }

}  // namespace emulator

template <typename T>
T __shfl_sync(unsigned int mask, T value, int lane, int width = 32, CVAE_PLACE) {
  unsigned int first = emulator::lane() & ~(static_cast<unsigned int>(width) - 1);
  unsigned int source = first + (static_cast<unsigned int>(lane) & (width - 1));
  return emulator::shuffle(mask, value, source, {file, line});
}
template <typename T>
T __shfl_down_sync(unsigned int mask, T value, unsigned int delta, int width = 32, CVAE_PLACE) {
  unsigned int self = emulator::lane();
  bool inside = (self & (width - 1)) + delta < static_cast<unsigned int>(width);
  return emulator::shuffle(mask, value, inside ? self + delta : self, {file, line});
}
template <typename T>
T __shfl_up_sync(unsigned int mask, T value, unsigned int delta, int width = 32, CVAE_PLACE) {
  unsigned int self = emulator::lane();
  bool inside = (self & (width - 1)) >= delta;
  return emulator::shuffle(mask, value, inside ? self - delta : self, {file, line});
}
template <typename T>
T __shfl_xor_sync(unsigned int mask, T value, int laneMask, int width = 32, CVAE_PLACE) {
  unsigned int self = emulator::lane();
  unsigned int source = self ^ static_cast<unsigned int>(laneMask);
  // A segment before the caller's own may be read, one after it not.
  bool inside = source / width <= self / width;
  return emulator::shuffle(mask, value, inside ? source : self, {file, line});
}

namespace emulator {

template <typename T, typename F>
T reduce(unsigned int mask, T value, F combine, Place place) {
  T result{};
  bool first = true;
  for (unsigned int source = 0; source < 32; source++) {
    if ((mask >> source & 1) != 0) {
      T other = shuffle(mask, value, source, place);
      result = first ? other : combine(result, other);
      first = false;
    }
  }
  return result;
}

}  // namespace emulator

inline unsigned int __reduce_add_sync(unsigned int mask, unsigned int value, CVAE_PLACE) {
  return emulator::reduce(mask, value, [](unsigned int a, unsigned int b) { return a + b; },
                          {file, line});
}
inline int __reduce_add_sync(unsigned int mask, int value, CVAE_PLACE) {
  return emulator::reduce(mask, value, [](int a, int b) { return a + b; }, {file, line});
}

inline void __trap(CVAE_PLACE) { cvaeEmulatorTrap("__trap()", {file, line}); }

inline void __nanosleep(unsigned int) { cvaeEmulatorYield(); }

inline long long clock64() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

#undef CVAE_PLACE
