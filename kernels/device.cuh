// SPDX-License-Identifier: Apache-2.0
//
// What CUDA C++ has no portable spelling for: ordered accesses to memory that the host sees, and a
// clock. The only file that knows of the emulator, which compiles these kernels as C++ (CVAE_EMULATOR).
#pragma once

typedef unsigned long long Word;  // 64 bits: what host and device exchange in one access

#ifdef CVAE_EMULATOR

/** Stores a word so that who loads it with acquire sees all that was stored before. */
__device__ inline void store_release_system(Word* address, Word value) {
  __atomic_store_n(address, value, __ATOMIC_RELEASE);
}

/** Loads a word and, with it, all that was stored before its release. */
__device__ inline Word load_acquire_system(const Word* address) {
  return __atomic_load_n(address, __ATOMIC_ACQUIRE);
}

/** Nanoseconds of a clock that only goes forward. */
__device__ inline Word clock_nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

#else

__device__ inline void store_release_system(Word* address, Word value) {
  asm volatile("st.release.sys.global.u64 [%0], %1;" ::"l"(address), "l"(value) : "memory");
}

__device__ inline Word load_acquire_system(const Word* address) {
  Word value;
  asm volatile("ld.acquire.sys.global.u64 %0, [%1];" : "=l"(value) : "l"(address) : "memory");
  return value;
}

__device__ inline Word clock_nanoseconds() {
  Word now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

#endif
