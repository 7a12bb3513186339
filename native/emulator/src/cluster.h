// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "../device/runtime.h"
#include "block_clock.h"

namespace emulator {

class BlockCheck;

/**
 * Blocks that run together, each on a thread of the operating system: their barriers, their shared
 * memories, and whether they use these only while the other block is there. Runs one cluster of a grid
 * after the other.
 */
class Cluster {
 public:
  /** @param cancelled set when the grid's blocks are to end early */
  Cluster(unsigned size, const std::atomic<bool>& cancelled);

  unsigned size() const { return static_cast<unsigned>(blocks_.size()); }

  /** A block begins; `shared` is where its shared memory lies, `check` what looks at its accesses. */
  void begin(unsigned rank, uint3 blockIdx, char* shared, BlockCheck* check);
  /** All threads of a block have come to its next barrier, before which they did and knew this. */
  void arrive(const Knowledge& done);
  /** What all blocks have done before the last barrier, while no block has come to the next one. */
  const Knowledge& done() const { return done_; }
  /** Whether all blocks have come to a barrier, the first of which is 0. */
  bool hasPassed(unsigned barrier) const {
    return passed_.load(std::memory_order_acquire) > barrier;
  }
  /** A thread of a block goes on after a barrier. */
  void goOn(unsigned rank, unsigned barrier);
  /**
   * A block that has nothing else to do waits for the others to come to a barrier.
   *
   * @param place where one of its threads waits
   * @param wrong who waits where, if the others will never come
   * @return whether they have come
   */
  bool await(unsigned rank, unsigned barrier, Place place, std::string* wrong);
  /** What looks at the accesses of a block. */
  BlockCheck* check(unsigned rank) const { return blocks_[rank].check; }
  /** Another block's shared memory is used, between its barriers `arrivals` - 1 and `arrivals`. */
  char* use(unsigned user, unsigned owner, unsigned arrivals, Place place);
  /**
   * A block has ended; waits for the others to end, since they may use its shared memory.
   *
   * @param wrong what was wrong with the cluster's barriers or with such a use
   */
  void leave(unsigned rank, std::string* wrong);

 private:
  enum class State { running, waiting, ended };

  /** The last use of another block's shared memory. */
  struct Use {
    bool made;
    unsigned arrivals;
    Place place;
  };

  struct Block {
    State state = State::running;
    uint3 blockIdx{};
    char* shared = nullptr;
    BlockCheck* check = nullptr;
    Place place{};
    /** Barriers that a thread of it went on after. */
    unsigned waits = 0;
    /** By the other block's rank. */
    std::vector<Use> uses;
  };

  std::string divergence() const;
  std::string useAfterEnd() const;
  void reset();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::atomic<bool>& cancelled_;
  std::vector<Block> blocks_;
  unsigned arrived_ = 0;
  /** What those that have come to the next barrier have done, and all before the last one. */
  Knowledge coming_;
  Knowledge done_;
  std::atomic<unsigned> passed_{0};
  unsigned ended_ = 0;
  unsigned generation_ = 0;
};

}  // namespace emulator
