// SPDX-License-Identifier: Apache-2.0
// CUDA's words for where code runs and where data lies.
#pragma once

#define CVAE_EMULATOR 1

#ifdef CVAE_EMULATOR_SCAN
// For the script that lists a file's kernels: see list_kernels.sh.
#define __global__ __cvae_kernel__
#define __launch_bounds__(...) __cvae_bounds__(__VA_ARGS__) __cvae_end__
#else
#define __global__ __attribute__((noinline, noclone))
#define __launch_bounds__(...)
#endif

#define __device__
#define __host__
#define __constant__
// A block runs on one thread of the operating system, which runs no other meanwhile: what is local
// to that thread is shared by the block.
#define __shared__ thread_local
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__
