// SPDX-License-Identifier: Apache-2.0
//
// Kernels that test the emulator: right ones, and ones with a planted error each.

/** y = a x + y. Launch: any. */
extern "C" __global__ void saxpy(int n, float a, const float* __restrict__ x,
                                 float* __restrict__ y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    y[i] = fmaf(a, x[i], y[i]);
  }
}

/** sums[block] = sum of the block's 256 values, through static shared memory and a warp's shuffles. */
extern "C" __global__ void __launch_bounds__(256)
    block_sums(const float* __restrict__ x, int n, float* __restrict__ sums) {
  __shared__ float partial[8];
  int i = blockIdx.x * 256 + threadIdx.x;
  float value = i < n ? x[i] : 0.0f;
  for (int delta = 16; delta > 0; delta /= 2) {
    value += __shfl_down_sync(0xffffffffu, value, delta);
  }
  if (threadIdx.x % 32 == 0) {
    partial[threadIdx.x / 32] = value;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    float total = 0.0f;
    for (int warp = 0; warp < 8; warp++) {
      total += partial[warp];
    }
    sums[blockIdx.x] = total;
  }
}

/** y = x reversed within each block, through dynamic shared memory of a float a thread. */
extern "C" __global__ void reverse_blocks(const float* __restrict__ x, float* __restrict__ y) {
  extern __shared__ float tile[];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  tile[threadIdx.x] = x[i];
  __syncthreads();
  y[i] = tile[blockDim.x - 1 - threadIdx.x];
}

/**
 * What a warp's functions give each of its lanes, seven words a thread. Launch: one block of 2 x 16 x 3
 * threads, three warps.
 */
extern "C" __global__ void warp_functions(unsigned int* __restrict__ words) {
  unsigned int rank = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  unsigned int lane = rank % 32;
  unsigned int* out = words + rank * 7;
  out[0] = __shfl_sync(0xffffffffu, rank, 5);
  out[1] = __shfl_up_sync(0xffffffffu, rank, 3);
  out[2] = __shfl_xor_sync(0xffffffffu, rank, 9);
  out[3] = __shfl_down_sync(0xffffffffu, rank, 2, 8);
  out[4] = __ballot_sync(0xffffffffu, lane % 3 == 0);
  // Half the lanes at a time, each half with a mask of its own.
  if (lane < 16) {
    out[5] = __shfl_xor_sync(0x0000ffffu, rank, 1);
  } else {
    out[5] = __shfl_sync(0xffff0000u, rank, 31);
  }
  __syncwarp();
  out[6] = __any_sync(0xffffffffu, lane == 31) + 2 * __all_sync(0xffffffffu, lane < 32) +
           4 * __all_sync(0xffffffffu, lane < 31);
}

/** Adds to counters in ways that must not lose an addition. Launch: any. */
extern "C" __global__ void count(unsigned int* counters) {
  atomicAdd(&counters[0], 1u);
  atomicMax(&counters[1], blockIdx.x * blockDim.x + threadIdx.x);
  if (__syncthreads_count(threadIdx.x % 3 == 0) == (int)((blockDim.x + 2) / 3) &&
      threadIdx.x == 0) {
    atomicAdd(&counters[2], 1u);
  }
}

__constant__ float weights[4];
__device__ float scale = 2.0f;

/** y = scale (weights . x), a float4 a thread. Launch: any. */
extern "C" __global__ void dot4(const float4* __restrict__ x, float* __restrict__ y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    float4 v = x[i];
    y[i] = scale * (weights[0] * v.x + weights[1] * v.y + weights[2] * v.z + weights[3] * v.w);
  }
}

/**
 * Blocks meet `rounds` times: in each, a block reads what its neighbour wrote in the one before.
 *
 * values (2, blocks), the first row given. Launch: cooperative, all blocks together.
 */
extern "C" __global__ void ring(unsigned int* arrived, int* values, int rounds) {
  int blocks = gridDim.x;
  for (int round = 0; round < rounds; round++) {
    const int* from = values + round % 2 * blocks;
    int* to = values + (round + 1) % 2 * blocks;
    if (threadIdx.x == 0) {
      to[blockIdx.x] = from[(blockIdx.x + 1) % blocks] + 1;
      __threadfence();
      atomicAdd(arrived, 1u);
      while (atomicAdd(arrived, 0u) < (unsigned int)(blocks * (round + 1))) {
      }
      __threadfence();
    }
    __syncthreads();
  }
}

/**
 * Answers `count` numbers that the host puts into questions[0], one after the other, with their squares in
 * answers[0]. Launch: one thread.
 */
extern "C" __global__ void mailbox(const volatile unsigned long long* questions,
                                   volatile unsigned long long* answers, int count) {
  for (int i = 1; i <= count; i++) {
    while (questions[0] < (unsigned long long)i) {
      __nanosleep(100);
    }
    __threadfence_system();
    answers[0] = questions[0] * questions[0];
    __threadfence_system();
  }
}

// From here on, kernels with an error each.

/** Writes one element past n. */
extern "C" __global__ void overrun(float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) {
    y[i] = 1.0f;
  }
}

/** Reads one element before the first. */
extern "C" __global__ void underrun(const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    y[i] = x[i] + x[i - 1];
  }
}

/** Writes one element before the first. */
extern "C" __global__ void write_before(float* y) { y[-1] = 0.0f; }

/** Leaves every seventh element as it was. */
extern "C" __global__ void gaps(float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && i % 7 != 3) {
    y[i] = (float)i;
  }
}

/** Reads shared memory that no thread has written. */
extern "C" __global__ void unwritten_shared(float* y) {
  __shared__ float values[64];
  if (threadIdx.x % 2 == 0) {
    values[threadIdx.x] = 1.0f;
  }
  __syncthreads();
  y[threadIdx.x] = values[threadIdx.x];
}

/** The barrier between the writes and the reads of other threads' values is missing. */
extern "C" __global__ void missing_barrier(float* y) {
  __shared__ float values[64];
  values[threadIdx.x] = 1.0f;
  y[threadIdx.x] = values[63 - threadIdx.x];
}

/** Half of the threads do not come to the barrier. */
extern "C" __global__ void divergent_barrier(float* y) {
  if (threadIdx.x < blockDim.x / 2) {
    __syncthreads();
  }
  y[threadIdx.x] = 1.0f;
}

/** The halves of a block meet at different barriers. */
extern "C" __global__ void two_barriers(float* y) {
  if (threadIdx.x < blockDim.x / 2) {
    __syncthreads();
    y[threadIdx.x] = 1.0f;
  } else {
    __syncthreads();
    y[threadIdx.x] = 2.0f;
  }
}

/** Lanes of one warp call different warp functions. */
extern "C" __global__ void divergent_warp(unsigned int* y) {
  if (threadIdx.x < 16) {
    y[threadIdx.x] = __shfl_sync(0xffffffffu, threadIdx.x, 0);
  } else {
    y[threadIdx.x] = __ballot_sync(0xffffffffu, 1);
  }
}

/** Writes past its dynamic shared memory. */
extern "C" __global__ void shared_overrun(int floats) {
  extern __shared__ float tile[];
  for (int i = threadIdx.x; i <= floats; i += blockDim.x) {
    tile[i] = 0.0f;
  }
}

/** Writes past the end of a shared array, and of a row of one. */
extern "C" __global__ void shared_index(float* y, int row, int column) {
  __shared__ float values[4][33];
  values[row][column] = 1.0f;
  y[0] = values[row][column];
}

/** Never ends. */
extern "C" __global__ void endless(volatile int* flag) {
  while (*flag == 0) {
  }
}

/** Reads a float4 at an address that is no multiple of 16. */
extern "C" __global__ void misaligned(const float* x, float* y) {
  const float4* vector = (const float4*)(x + 1);
  float4 v = *vector;
  y[0] = v.x + v.y + v.z + v.w;
}

/** Gives up. */
extern "C" __global__ void trap() { __trap(); }

/** Needs more stack than there is. */
extern "C" __global__ void deep(float* y, int n) {
  volatile float local[1 << 20];
  for (int i = 0; i < n; i++) {
    local[i] = (float)i;
  }
  y[0] = local[n / 2];
}
