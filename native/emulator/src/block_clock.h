// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "stamp.h"

namespace emulator {

/** Accesses that are over for whoever knows this: of threads and of whole blocks of one grid, up to a clock each. */
class Knowledge {
 public:
  bool isEmpty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }
  void join(const Knowledge& other);
  /** All that a block's threads did before a clock. */
  void addBlock(std::uint32_t block, std::uint64_t before);
  /** What a thread did up to a clock. */
  void addThread(std::uint32_t block, std::uint32_t thread, std::uint64_t upTo);
  bool covers(const Stamp& stamp) const;

 private:
  struct Entry {
    std::uint64_t key;
    std::uint64_t clock;
  };

  void add(Entry entry);
  std::uint64_t clockOf(std::uint64_t key) const;

  /** By ascending key. */
  std::vector<Entry> entries_;
};

/**
 * What the threads of a block know of each other's accesses. Each thread has a clock, which goes on when the thread
 * makes known what it did; an access is over for another thread that has learnt of its clock: from a barrier, from
 * a cluster's barrier, from __syncwarp, or from an atomic access between a fence of the one and a fence of the other.
 */
class BlockClock {
 public:
  void begin(std::uint32_t block, unsigned threads);

  std::uint64_t now(unsigned thread) const { return now_[thread]; }
  /** Whether an access of the same grid is over for a thread. */
  bool isOver(const Stamp& stamp, unsigned thread) const {
    if (stamp.block() != block_) {
      return learntOf(stamp, thread);
    }
    return stamp.thread() == thread || stamp.clock() < floor_ || learntHere(stamp, thread);
  }

  /** All threads meet. */
  void barrier();
  /** A thread comes to the cluster's barrier. */
  void arrive(unsigned thread);
  /** What all threads have done before they came: once the last one has. */
  Knowledge arrived();
  /** A thread goes on after the cluster's barrier, knowing what all its blocks did before it. */
  void goOn(unsigned thread, const Knowledge& cluster);
  /** Lanes of a warp meet. */
  void meet(unsigned warp, unsigned lanes);
  /** All that a thread knows, its own accesses among it. */
  Knowledge release(unsigned thread);
  void acquire(unsigned thread, const Knowledge& knowledge);
  void fence(unsigned thread);
  /** What an atomic store without an order of its own makes known: what was before the thread's fence. */
  const Knowledge& fenced(unsigned thread) const;
  /** What an atomic load has found: known from the thread's next fence on. */
  void found(unsigned thread, const Knowledge& knowledge);

 private:
  /** Of a thread that uses atomics. */
  struct Learnt {
    Knowledge known;
    Knowledge found;
    Knowledge fenced;
  };

  bool learntHere(const Stamp& stamp, unsigned thread) const;
  bool learntOf(const Stamp& stamp, unsigned thread) const;
  bool hasGoneOn(unsigned thread) const { return goneOnCount_ > 0 && goneOn_[thread]; }
  Learnt& learnt(unsigned thread);
  std::uint64_t* lanesOf(unsigned thread) { return &lanes_[std::size_t{thread} * 32]; }
  const std::uint64_t* lanesOf(unsigned thread) const { return &lanes_[std::size_t{thread} * 32]; }

  std::uint32_t block_ = 0;
  /** Accesses before this clock are over for the whole block. */
  std::uint64_t floor_ = 0;
  std::vector<std::uint64_t> now_;
  /** A thread's knowledge of the 32 lanes of its warp; empty until lanes of the block meet. */
  std::vector<std::uint64_t> lanes_;
  /** Of other blocks, known to the whole block. */
  Knowledge foreign_;
  /** What the threads that have gone on know of the cluster, until all have: then it is the whole block's. */
  Knowledge cluster_;
  std::vector<bool> goneOn_;
  unsigned goneOnCount_ = 0;
  /** The clock that no access has yet that is before the cluster's next barrier, and that of the last one. */
  std::uint64_t comingMark_ = 0;
  std::uint64_t mark_ = 0;
  /** What the threads that have come there knew by themselves. */
  Knowledge coming_;
  unsigned comeCount_ = 0;
  /** Empty until a thread of the block uses atomics. */
  std::vector<Learnt> learnt_;
};

}  // namespace emulator
