// SPDX-License-Identifier: Apache-2.0
//
// Kernels with an error each that only a checked module finds, or finds at its place. Each is right when `right` is
// not 0: the check must then be silent.
#include "device.cuh"

/** The barrier between writing and reading others' values is missing. Launch: one block of 64. */
extern "C" __global__ void barrier_after_writes(float* y, int right) {
  __shared__ float values[64];
  values[threadIdx.x] = 1.0f;
  if (right) {
    __syncthreads();
  }
  y[threadIdx.x] = values[63 - threadIdx.x];
}

/** The barrier between reading others' values and writing the next is missing. Launch: one block of 64. */
extern "C" __global__ void barrier_after_reads(float* y, int right) {
  __shared__ float values[64];
  float sum = 0.0f;
  for (int round = 0; round < 2; round++) {
    values[threadIdx.x] = (float)round;
    __syncthreads();
    if (threadIdx.x == 40) {
      for (int i = 0; i < 64; i++) {
        sum += values[i];
      }
    }
    if (right) {
      __syncthreads();
    }
  }
  y[threadIdx.x] = sum;
}

/** A barrier comes only after the race. Launch: one block of 64. */
extern "C" __global__ void barrier_too_late(float* y, int right) {
  __shared__ float total;
  if (right ? threadIdx.x == 0 : threadIdx.x % 32 == 0) {
    total = 1.0f;
  }
  __syncthreads();
  y[threadIdx.x] = total;
}

/** What a warp's lanes exchange is not synchronised. Launch: one block of 32. */
extern "C" __global__ void warp_sync(float* y, int right) {
  __shared__ float values[32];
  values[threadIdx.x] = 1.0f;
  if (right) {
    __syncwarp();
  }
  y[threadIdx.x] = values[31 - threadIdx.x];
}

/** Only halves of a warp are synchronised. Launch: one block of 32. */
extern "C" __global__ void half_warp_sync(float* y, int right) {
  __shared__ float values[32];
  unsigned int half = threadIdx.x < 16 ? 0x0000ffffu : 0xffff0000u;
  values[threadIdx.x] = 1.0f;
  __syncwarp(half);
  y[threadIdx.x] = values[right ? threadIdx.x ^ 15 : threadIdx.x ^ 31];
}

/** One warp is synchronised, two exchange. Launch: one block of 64. */
extern "C" __global__ void warp_sync_of_two_warps(float* y, int right) {
  __shared__ float values[64];
  values[threadIdx.x] = 1.0f;
  __syncwarp();
  y[threadIdx.x] = values[right ? threadIdx.x ^ 31 : threadIdx.x ^ 63];
}

/** A shuffle, which orders no accesses, in place of a __syncwarp. Launch: one block of 32. */
extern "C" __global__ void shuffle_for_sync(float* y, int right) {
  __shared__ float values[32];
  values[threadIdx.x] = 1.0f;
  float other = __shfl_xor_sync(0xffffffffu, 1.0f, 1);
  if (right) {
    __syncwarp();
  }
  y[threadIdx.x] = other + values[31 - threadIdx.x];
}

/** All blocks write one element. Launch: some blocks of one thread; y has an element for each. */
extern "C" __global__ void blocks_write(float* y, int right) { y[right ? blockIdx.x : 0] = 1.0f; }

/** A block reads what another one writes. Launch: some blocks of one thread; x and y have an element for each. */
extern "C" __global__ void blocks_read(float* x, float* y, int right) {
  y[blockIdx.x] = x[right ? blockIdx.x : (blockIdx.x + 1) % gridDim.x];
  x[blockIdx.x] = 2.0f;
}

/** The last block adds what all have written, without a fence. Launch: some blocks of 32; count is 0. */
extern "C" __global__ void last_block_adds(float* parts, float* sum, unsigned int* count,
                                           int right) {
  __shared__ int last;
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = 1.0f;
    if (right) {
      __threadfence();
    }
    last = atomicAdd(count, 1u) == gridDim.x - 1;
    __threadfence();
  }
  __syncthreads();
  if (last && threadIdx.x == 7) {
    float total = 0.0f;
    for (unsigned int i = 0; i < gridDim.x; i++) {
      total += parts[i];
    }
    *sum = total;
  }
}

/** A counter is read as plain memory while others add to it. Launch: two blocks of 32; counter is 0. */
extern "C" __global__ void plain_read_of_a_counter(unsigned int* counter, float* y, int right) {
  atomicAdd(counter, 1u);
  y[blockIdx.x * 32 + threadIdx.x] = (float)(right ? atomicAdd(counter, 0u) : *counter);
}

/** Writes, and reads, one element past n, which is within the page. Launch: one thread. */
extern "C" __global__ void write_past_the_end(float* y, int n, int right) {
  y[right ? n - 1 : n] = 1.0f;
}
extern "C" __global__ void read_past_the_end(const float* x, float* y, int n, int right) {
  y[0] = x[right ? n - 1 : n];
}

/** Reads one element before the first. Launch: one thread. */
extern "C" __global__ void read_before_the_start(const float* x, float* y, int right) {
  y[0] = x[right ? 0 : -1];
}

/** Goes past the end of one shared array towards the next. Launch: one block of 32. */
extern "C" __global__ void past_a_shared_array(float* y, int right) {
  __shared__ float first[32];
  __shared__ float second[32];
  first[threadIdx.x] = second[threadIdx.x] = 1.0f;
  __syncthreads();
  float* element = first;
  element += right ? threadIdx.x : threadIdx.x + 1;
  y[threadIdx.x] = *element + second[threadIdx.x];
}

/** Reads past its dynamic shared memory. Launch: one block of 32 with 128 bytes. */
extern "C" __global__ void past_dynamic_shared(float* y, int right) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = tile[right ? threadIdx.x : threadIdx.x + 1];
}

/** Reads shared memory that nothing has written. Launch: one block of 32. */
extern "C" __global__ void unwritten_shared_memory(float* y, int right) {
  __shared__ float values[32];
  if (right || threadIdx.x != 5) {
    values[threadIdx.x] = 1.0f;
  }
  y[threadIdx.x] = values[threadIdx.x];
}

/** y = x. Launch: blocks of 32. */
extern "C" __global__ void copy_floats(const float* x, float* y) {
  int i = blockIdx.x * 32 + threadIdx.x;
  y[i] = x[i];
}

/** Reads what another thread has on its stack. Launch: one block of 2. */
extern "C" __global__ void others_local(float* y, int right) {
  __shared__ float* address[2];
  volatile float local[1] = {1.0f};
  address[threadIdx.x] = (float*)local;
  __syncthreads();
  y[threadIdx.x] = *address[right ? threadIdx.x : 1 - threadIdx.x];
  __syncthreads();
}

// Clusters of two blocks of 32; the first barrier is for the other block to have begun.

/** Reads another block's shared memory with only a barrier of its own block before. */
extern "C" __global__ void cluster_reads_too_early(float* y, int right) {
  __shared__ float own[32];
  cluster_barrier();
  own[threadIdx.x] = 1.0f;
  if (right) {
    cluster_barrier();
  } else {
    __syncthreads();
  }
  y[blockIdx.x * 32 + threadIdx.x] = *in_block(&own[threadIdx.x], cluster_rank() ^ 1);
  cluster_barrier();
}

/** Writes its own shared memory again while the other block may still read it. */
extern "C" __global__ void cluster_reuses_too_early(float* y, int right) {
  __shared__ float own[32];
  float sum = 0.0f;
  for (int round = 0; round < 2; round++) {
    own[threadIdx.x] = (float)round;
    cluster_barrier();
    sum += *in_block(&own[threadIdx.x], cluster_rank() ^ 1);
    if (right) {
      cluster_barrier();
    } else {
      __syncthreads();
    }
  }
  cluster_barrier();
  y[blockIdx.x * 32 + threadIdx.x] = sum;
}

/** Reads what the other block stores here with only a barrier of its own block between. */
extern "C" __global__ void cluster_stores_unordered(float* y, int right) {
  __shared__ float given[32];
  cluster_barrier();
  *in_block(&given[threadIdx.x], cluster_rank() ^ 1) = 1.0f;
  if (right) {
    cluster_barrier();
  } else {
    __syncthreads();
  }
  y[blockIdx.x * 32 + threadIdx.x] = given[threadIdx.x];
  cluster_barrier();
}

/** Both blocks of a cluster store to one element. */
extern "C" __global__ void cluster_stores_twice(float* y, int right) {
  __shared__ float given[32];
  cluster_barrier();
  int at = right ? (threadIdx.x + 16 * cluster_rank()) % 32 : threadIdx.x;
  if (!right || threadIdx.x < 16) {
    *in_block(&given[at], 0) = 1.0f;
  }
  cluster_barrier();
  y[blockIdx.x * 32 + threadIdx.x] = *in_block(&given[threadIdx.x], 0);
  cluster_barrier();
}

/** Reads after it has come to the barrier, but before it has waited for the others there. */
extern "C" __global__ void cluster_reads_before_the_wait(float* y, int right) {
  __shared__ float own[32];
  cluster_barrier();
  own[threadIdx.x] = 1.0f;
  float other = 0.0f;
  cluster_arrive();
  if (!right) {
    other = *in_block(&own[threadIdx.x], cluster_rank() ^ 1);
  }
  cluster_wait();
  if (right) {
    other = *in_block(&own[threadIdx.x], cluster_rank() ^ 1);
  }
  y[blockIdx.x * 32 + threadIdx.x] = other;
  cluster_barrier();
}

/** Stores after it has come to the barrier what others read when they have waited there. */
extern "C" __global__ void cluster_stores_after_arriving(float* y, int right) {
  __shared__ float own[32];
  cluster_barrier();
  if (right) {
    own[threadIdx.x] = 1.0f;
  }
  cluster_arrive();
  if (!right) {
    own[threadIdx.x] = 1.0f;
  }
  cluster_wait();
  y[blockIdx.x * 32 + threadIdx.x] = *in_block(&own[threadIdx.x], cluster_rank() ^ 1);
  cluster_barrier();
}

/** Blocks of a cluster exchange through global memory; x has an element for each thread. */
extern "C" __global__ void cluster_exchanges(float* x, float* y, int right) {
  int i = blockIdx.x * 32 + threadIdx.x;
  x[i] = 1.0f;
  if (right) {
    cluster_barrier();
  } else {
    __syncthreads();
  }
  y[i] = x[i ^ 32];
}

// Programmatic launches of blocks of 32.

/** y = x, read before it waits for the grid that stored it. */
extern "C" __global__ void reads_before_waiting(const float* x, float* y, int right) {
  int i = blockIdx.x * 32 + threadIdx.x;
  float value = right ? 0.0f : x[i];
  wait_for_previous_grid();
  y[i] = right ? x[i] : value;
}

/** y = 1, stored before it waits for the grid that may still read it. */
extern "C" __global__ void stores_before_waiting(float* y, int right) {
  int i = blockIdx.x * 32 + threadIdx.x;
  if (!right) {
    y[i] = 1.0f;
  }
  wait_for_previous_grid();
  if (right) {
    y[i] = 1.0f;
  }
}

/** y = x; lets the next grid begin before or after it has itself waited. */
extern "C" __global__ void lets_the_next_start(const float* x, float* y, int right) {
  int i = blockIdx.x * 32 + threadIdx.x;
  if (!right) {
    let_next_grid_start();
  }
  wait_for_previous_grid();
  if (right) {
    let_next_grid_start();
  }
  y[i] = x[i];
}
