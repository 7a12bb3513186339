// SPDX-License-Identifier: Apache-2.0
//
// Kernels that test the emulator's clusters and programmatic launches: right ones, and ones with a planted
// error each.
#include "device.cuh"

/** numbers (blocks, 2) = rank in its cluster, size of its cluster; blocks counted x fastest. */
extern "C" __global__ void cluster_numbers(unsigned int* numbers) {
  unsigned int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  if (threadIdx.x == 0) {
    numbers[2 * block] = cluster_rank();
    numbers[2 * block + 1] = cluster_size();
  }
}

/**
 * y[block, thread] = the sum of x[., thread] over the blocks of its cluster, read from their static shared
 * memory, `rounds` times over. Launch: blocks of 64, any cluster.
 */
extern "C" __global__ void cluster_sums(const float* x, float* y, int rounds) {
  __shared__ float own[64];
  int i = blockIdx.x * 64 + threadIdx.x;
  float value = x[i];
  for (int round = 0; round < rounds; round++) {
    own[threadIdx.x] = value;
    cluster_barrier();
    value = 0.0f;
    for (unsigned int rank = 0; rank < cluster_size(); rank++) {
      value += *in_block(&own[threadIdx.x], rank);
    }
    cluster_barrier();
  }
  y[i] = value;
}

/**
 * y = x with the blocks of each cluster turned by one, written to the next block's dynamic shared memory of
 * a float a thread. Launch: programmatic or not.
 */
extern "C" __global__ void cluster_turn(const float* x, float* y) {
  extern __shared__ float given[];
  cluster_barrier();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  wait_for_previous_grid();
  *in_block(&given[threadIdx.x], (cluster_rank() + 1) % cluster_size()) = x[i];
  cluster_arrive();
  let_next_grid_start();
  cluster_wait();
  y[i] = given[threadIdx.x];
}

/** y[0] = 1. Said to need many registers: resources.txt. */
extern "C" __global__ void many_registers(float* y) { y[0] = 1.0f; }

// From here on, kernels with an error each.

/** The last block of a cluster does not come to its barrier. */
extern "C" __global__ void cluster_block_missing() {
  if (cluster_rank() + 1 < cluster_size()) {
    cluster_barrier();
  }
}

/** Half of the threads of a block do not come to the cluster's barrier. */
extern "C" __global__ void cluster_threads_missing() {
  if (cluster_rank() == 0 || threadIdx.x < blockDim.x / 2) {
    cluster_barrier();
  }
}

/** Half of the threads wait for the block, half for the cluster. */
extern "C" __global__ void cluster_or_block_barrier() {
  if (threadIdx.x < blockDim.x / 2) {
    __syncthreads();
  } else {
    cluster_barrier();
  }
}

/** Comes to a barrier a second time without having waited. */
extern "C" __global__ void cluster_two_arrivals() {
  cluster_arrive();
  cluster_arrive();
  cluster_wait();
}

/** Waits without having come. */
extern "C" __global__ void cluster_wait_alone() { cluster_wait(); }

/** Writes to another block's shared memory before that block need have begun. */
extern "C" __global__ void cluster_early_store() {
  __shared__ float own[1];
  *in_block(own, cluster_rank() ^ 1) = 1.0f;
  cluster_barrier();
}

/** Reads another block's shared memory without keeping it from ending. */
extern "C" __global__ void cluster_late_load(float* y) {
  __shared__ float own[1];
  own[0] = 1.0f;
  cluster_barrier();
  y[blockIdx.x] = *in_block(own, cluster_rank() ^ 1);
}

/** Asks for a block that the cluster does not have. */
extern "C" __global__ void cluster_rank_beyond(float* y) {
  __shared__ float own[1];
  cluster_barrier();
  y[0] = *in_block(own, cluster_size());
}

/** Asks for global memory in another block. */
extern "C" __global__ void cluster_of_global(float* y) {
  cluster_barrier();
  *in_block(y, 0) = 1.0f;
}

/** Writes past another block's dynamic shared memory. */
extern "C" __global__ void cluster_overrun(int floats) {
  extern __shared__ float given[];
  cluster_barrier();
  in_block(given, cluster_rank() ^ 1)[floats] = 1.0f;
  cluster_barrier();
}

/** Its last thread does not wait for the grid before. Launch: programmatic. */
extern "C" __global__ void forgets_previous_grid(float* y) {
  if (threadIdx.x + 1 < blockDim.x) {
    wait_for_previous_grid();
  }
  y[threadIdx.x] = 1.0f;
}
