// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "block.h"
#include "cluster.h"

namespace emulator {

/**
 * The threads that run one stream's blocks: each stream has its own, so that a kernel that waits for
 * another stream or for the host keeps nobody else from running.
 */
class Team {
 public:
  Team() = default;
  /** Ends the threads. */
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /**
   * Runs all blocks of a grid and returns when they have ended.
   *
   * @param together all blocks at the same time, each on a thread of its own
   * @return whether all went well
   */
  bool run(Grid& grid, bool together, Failure* failure);

 private:
  struct Work {
    Grid* grid;
    unsigned clusters;
    /** What those have in common who run a cluster's blocks together. */
    std::vector<std::unique_ptr<Cluster>> groups;
    std::atomic<unsigned> next{0};
    unsigned busy = 0;
    Failure failure;
  };

  void member(std::size_t index);
  void runBlocks(Work& work, unsigned index);
  void watch(Work& work, std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::vector<std::thread> members_;
  Work* work_ = nullptr;
  std::size_t wanted_ = 0;
  std::uint64_t generation_ = 0;
  bool ending_ = false;
};

}  // namespace emulator
