// SPDX-License-Identifier: Apache-2.0
//
// What CUDA C++ has no portable spelling for: ordered accesses to memory that the host sees, a clock,
// clusters of blocks, and grids that begin before the one before them has ended. The only file that knows
// of the emulator, which compiles these kernels as C++ (CVAE_EMULATOR).
//
// A cluster is some blocks of a grid that run at the same time and can use each other's shared memory.
// GPUs before sm_90 have none: there, and wherever the launch asks for none, each block is a cluster of
// its own, so that a kernel that adds up over its cluster is right with any size of it.
#pragma once

typedef unsigned long long Word;  // 64 bits: what host and device exchange in one access

#ifdef CVAE_EMULATOR

/** Stores a word so that who loads it with acquire sees all that was stored before. */
__device__ inline void store_release_system(Word* address, Word value) {
  __atomic_store_n(address, value, __ATOMIC_RELEASE);
}

/** Stores a word that who loads it may see at any time later. */
__device__ inline void store_system(Word* address, Word value) {
  __atomic_store_n(address, value, __ATOMIC_RELAXED);
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

/** Which of its cluster's blocks this is, from 0. */
__device__ inline unsigned cluster_rank() { return cvaeEmulatorThread()->clusterRank; }

/** Blocks of the cluster. */
__device__ inline unsigned cluster_size() { return cvaeEmulatorThread()->clusterSize; }

/**
 * Says that this thread has come to the cluster's barrier, where cluster_wait() waits for all threads of
 * all its blocks: each sees what the others stored before they came, to any block's shared memory or to
 * global memory. Called by all threads, in turns with cluster_wait().
 */
__device__ inline void cluster_arrive(const char* file = __builtin_FILE(),
                                      int line = __builtin_LINE()) {
  cvaeEmulatorClusterArrive({file, line});
}

/** Waits until all threads of the cluster have come. */
__device__ inline void cluster_wait(const char* file = __builtin_FILE(),
                                    int line = __builtin_LINE()) {
  cvaeEmulatorClusterWait({file, line});
}

/** __syncthreads() for all threads of the cluster. */
__device__ inline void cluster_barrier(const char* file = __builtin_FILE(),
                                       int line = __builtin_LINE()) {
  cluster_arrive(file, line);
  cluster_wait(file, line);
}

/**
 * The address of the same shared variable in another block of the cluster, for plain loads and stores.
 * Between a cluster_barrier(), before which that block may not have begun, and another, after which it
 * may have ended.
 */
template <typename T>
__device__ inline T* in_block(T* shared, unsigned rank, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
  return static_cast<T*>(cvaeEmulatorInBlock(shared, rank, {file, line}));
}

/**
 * Waits until the grid before this one has ended and what it stored can be seen. In a programmatic launch
 * this one may have begun before that: each of its threads calls this, before it touches what others
 * store. In any other launch there is nothing to wait for.
 */
__device__ inline void wait_for_previous_grid() { cvaeEmulatorWaitForPreviousGrid(); }

/**
 * Lets the next grid begin, if its launch is programmatic, once all blocks of this one have called this or
 * have ended. Promises it nothing: what this grid stores, before or after, it sees by its own wait.
 */
__device__ inline void let_next_grid_start() { cvaeEmulatorLetNextGridStart(); }

#else

__device__ inline void store_release_system(Word* address, Word value) {
  asm volatile("st.release.sys.global.u64 [%0], %1;" ::"l"(address), "l"(value) : "memory");
}

__device__ inline void store_system(Word* address, Word value) {
  asm volatile("st.relaxed.sys.global.u64 [%0], %1;" ::"l"(address), "l"(value) : "memory");
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

#if __CUDA_ARCH__ >= 900

__device__ inline unsigned cluster_rank() {
  unsigned rank;
  asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}

__device__ inline unsigned cluster_size() {
  unsigned size;
  asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
  return size;
}

// Without .aligned, which would ask of the compiler that lanes of unlike loops have met again before.
__device__ inline void cluster_arrive() {
  asm volatile("barrier.cluster.arrive.release;" ::: "memory");
}

__device__ inline void cluster_wait() {
  asm volatile("barrier.cluster.wait.acquire;" ::: "memory");
}

template <typename T>
__device__ inline T* in_block(T* shared, unsigned rank) {
  Word address;
  asm("mapa.u64 %0, %1, %2;" : "=l"(address) : "l"(shared), "r"(rank));
  return reinterpret_cast<T*>(address);
}

__device__ inline void wait_for_previous_grid() {
  asm volatile("griddepcontrol.wait;" ::: "memory");
}

__device__ inline void let_next_grid_start() {
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

#else

__device__ inline unsigned cluster_rank() { return 0; }

__device__ inline unsigned cluster_size() { return 1; }

__device__ inline void cluster_arrive() {}

__device__ inline void cluster_wait() { __syncthreads(); }

template <typename T>
__device__ inline T* in_block(T* shared, unsigned) {
  return shared;
}

__device__ inline void wait_for_previous_grid() {}

__device__ inline void let_next_grid_start() {}

#endif

__device__ inline void cluster_barrier() {
  cluster_arrive();
  cluster_wait();
}

#endif
