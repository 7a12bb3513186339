// SPDX-License-Identifier: Apache-2.0
//
// What CUDA C++ has no portable spelling for: ordered accesses to memory that the host sees, a clock, a
// pause. The only file that knows of the emulator, which compiles these kernels as C++ (CVAE_EMULATOR).
#pragma once

typedef unsigned long long Word;  // 64 bits: what host and device exchange in one access

#ifdef CVAE_EMULATOR

#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

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
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/** Gives way to others for a moment. */
__device__ inline void pause_nanoseconds(unsigned int nanoseconds) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(nanoseconds));
}

/** sin(pi x) and cos(pi x). */
__device__ inline void sin_and_cos_of_pi_times(double x, double* sine, double* cosine) {
  const double pi = 3.14159265358979323846;
  *sine = std::sin(pi * x);
  *cosine = std::cos(pi * x);
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

__device__ inline void pause_nanoseconds(unsigned int nanoseconds) { __nanosleep(nanoseconds); }

__device__ inline void sin_and_cos_of_pi_times(double x, double* sine, double* cosine) {
  sincospi(x, sine, cosine);
}

#endif
