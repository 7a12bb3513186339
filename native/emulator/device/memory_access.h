// SPDX-License-Identifier: Apache-2.0
// Atomics, fences, and loads and stores that say how they are cached.
#pragma once

#include <cstring>

#include "runtime.h"

// Always, so that an access is at the line of the kernel that makes it.
#define CVAE_INLINE inline __attribute__((always_inline))

namespace emulator {

/** Atomic access is what a loop that waits for another thread does: now and then, let it run. */
inline void polled() {
  constexpr unsigned int limit = 16;
  if (++cvaeEmulatorThread()->polls >= limit) {
    cvaeEmulatorYield();
  }
}

template <typename T, typename F>
CVAE_INLINE T update(T* address, F change) {
  polled();
  T old;
  __atomic_load(address, &old, __ATOMIC_RELAXED);
  T next;
  do {
    next = change(old);
  } while (
      !__atomic_compare_exchange(address, &old, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return old;
}

}  // namespace emulator

#define CVAE_ATOMICS(T)                                                                       \
  CVAE_INLINE T atomicAdd(T* address, T value) {                                              \
    return emulator::update(address, [value](T old) { return static_cast<T>(old + value); }); \
  }                                                                                           \
  CVAE_INLINE T atomicExch(T* address, T value) {                                             \
    return emulator::update(address, [value](T) { return value; });                           \
  }

#define CVAE_INTEGER_ATOMICS(T)                                                                \
  CVAE_ATOMICS(T)                                                                              \
  CVAE_INLINE T atomicSub(T* address, T value) {                                               \
    return emulator::update(address, [value](T old) { return static_cast<T>(old - value); });  \
  }                                                                                            \
  CVAE_INLINE T atomicMin(T* address, T value) {                                               \
    return emulator::update(address, [value](T old) { return value < old ? value : old; });    \
  }                                                                                            \
  CVAE_INLINE T atomicMax(T* address, T value) {                                               \
    return emulator::update(address, [value](T old) { return value > old ? value : old; });    \
  }                                                                                            \
  CVAE_INLINE T atomicAnd(T* address, T value) {                                               \
    return emulator::update(address, [value](T old) { return static_cast<T>(old & value); });  \
  }                                                                                            \
  CVAE_INLINE T atomicOr(T* address, T value) {                                                \
    return emulator::update(address, [value](T old) { return static_cast<T>(old | value); });  \
  }                                                                                            \
  CVAE_INLINE T atomicXor(T* address, T value) {                                               \
    return emulator::update(address, [value](T old) { return static_cast<T>(old ^ value); });  \
  }                                                                                            \
  CVAE_INLINE T atomicCAS(T* address, T compare, T value) {                                    \
    return emulator::update(address,                                                           \
                            [compare, value](T old) { return old == compare ? value : old; }); \
  }

CVAE_ATOMICS(float)
CVAE_ATOMICS(double)
CVAE_INTEGER_ATOMICS(int)
CVAE_INTEGER_ATOMICS(unsigned int)
CVAE_INTEGER_ATOMICS(unsigned long long)

#undef CVAE_INTEGER_ATOMICS
#undef CVAE_ATOMICS

CVAE_INLINE unsigned int atomicInc(unsigned int* address, unsigned int limit) {
  return emulator::update(address,
                          [limit](unsigned int old) { return old >= limit ? 0 : old + 1; });
}

inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

template <typename T>
CVAE_INLINE T __ldg(const T* address) {
  return *address;
}
template <typename T>
CVAE_INLINE T __ldca(const T* address) {
  return *address;
}
template <typename T>
CVAE_INLINE T __ldcg(const T* address) {
  return *address;
}
template <typename T>
CVAE_INLINE T __ldcs(const T* address) {
  return *address;
}
template <typename T>
CVAE_INLINE void __stwb(T* address, T value) {
  *address = value;
}
template <typename T>
CVAE_INLINE void __stcg(T* address, T value) {
  *address = value;
}
template <typename T>
CVAE_INLINE void __stcs(T* address, T value) {
  *address = value;
}

#undef CVAE_INLINE
