// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "../device/runtime.h"
#include "config.h"
#include "fiber.h"

namespace emulator {

/** How a kernel ended badly. */
struct Failure {
  int code = 0;
  std::string text;
};

class BlockCheck;
class Module;
class Moment;
class Cluster;

/** A block's place among those that run together with it. */
struct Seat {
  Cluster* cluster = nullptr;
  unsigned rank = 0;
};

/** What a grid's blocks have in common. */
struct Grid {
  const Kernel* kernel = nullptr;
  const Module* module = nullptr;
  void** arguments = nullptr;
  dim3 gridDim;
  dim3 blockDim;
  dim3 clusterDim;
  std::size_t dynamicShared = 0;
  /** Whether it may begin before the grid before it has ended. */
  bool programmatic = false;
  Order order = Order::ascending;
  std::atomic<bool> cancelled{false};
  /** When it runs, if its module is a checked one; null otherwise. */
  const Moment* moment = nullptr;

  /** Whether an address is in its arguments. */
  bool holdsArgument(const void* address) const;
};

/**
 * Runs blocks, one at a time, on the thread of the operating system that made it. A CUDA thread
 * that waits keeps its fiber; one that ends without having waited leaves it to the next, so a kernel
 * without barriers runs on one.
 */
class BlockRunner {
 public:
  /** The calling thread's. */
  static BlockRunner& ofThisThread();
  /** The calling thread's if it is running kernel code; null otherwise. */
  static BlockRunner* running();

  BlockRunner();
  ~BlockRunner();

  /** @return whether all went well; if not, `failure` says what did not */
  bool run(Grid& grid, uint3 blockIdx, Seat seat, Failure* failure);

  // For kernel code.
  Thread* thread() { return &current_->thread; }
  unsigned barrier(bool predicate, Place place);
  std::uint64_t collective(Collective kind, unsigned mask, std::uint64_t value, unsigned source,
                           Place place);
  unsigned activeMask() const;
  void clusterArrive(Place place);
  void clusterWait(Place place);
  void* inBlock(void* shared, unsigned rank, Place place);
  void waitForPreviousGrid();
  void letNextGridStart();
  void yield();
  [[noreturn]] void fail(int code, const std::string& what);

  // For the handlers of signals: they record what happened and have the thread go on in `landing`.
  bool inKernel() const { return inKernel_; }
  Fiber* fiber() { return current_; }
  void recordFault(const void* address, bool write, bool misaligned, const void* instruction);
  void recordInterrupt() { inKernel_ = false; }
  static void landing();

 private:
  struct Fault {
    const void* address;
    const void* instruction;
    bool write;
    bool misaligned;
  };

  /** Lanes that have not ended, and those of them that wait for others. */
  struct Warp {
    unsigned alive;
    unsigned waiting;
  };

  static void fiberBody();
  void runThreads();
  bool takeThread();
  void finishThread();
  void schedule();
  Fiber* next();
  void suspend();
  void releaseBarrier();
  void releaseLanes(unsigned warp, unsigned mask);
  bool meetCluster();
  void leaveCluster();
  void checkPreviousGrid();
  void setUp(uint3 blockIdx);
  void reportDeadlock();
  std::string where(const Thread& thread) const;
  std::string describeFault() const;
  void abandon();

  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  std::deque<Fiber*> ready_;
  std::deque<Fiber*> yielded_;
  std::deque<Fiber*> waitForCluster_;
  /** By rank: the fiber of each thread that has started and not ended. */
  std::vector<Fiber*> threads_;
  std::vector<unsigned> startOrder_;
  std::vector<Warp> warps_;
  Fiber* current_ = nullptr;
  void* scheduler_ = nullptr;
  Grid* grid_ = nullptr;
  uint3 blockIdx_{};
  Seat seat_;
  unsigned size_ = 0;
  unsigned started_ = 0;
  unsigned endedCount_ = 0;
  unsigned atBarrier_ = 0;
  unsigned predicates_ = 0;
  unsigned barrierResult_ = 0;
  unsigned fruitless_ = 0;
  /** Threads that have come to the cluster's next barrier, and barriers that all have come to. */
  unsigned atClusterBarrier_ = 0;
  unsigned clusterBarriers_ = 0;
  Place clusterPlace_{};
  Failure failure_;
  Fault fault_{};
  volatile bool inKernel_ = false;
  std::unique_ptr<BlockCheck> check_;
};

}  // namespace emulator
