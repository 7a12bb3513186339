// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace emulator {

/**
 * An access to a word of memory: who, when and where in the code. Of checked kernels (check.h); a launch's blocks
 * and threads are numbers here, a copy or a product is block 0, thread 0.
 */
struct Stamp {
  // From the top: grid 26 bits, block 22, thread 10, the word's bytes 4, atomic 1, 1 for a cell's lock.
  std::uint64_t who;
  // Clock of the thread 40 bits, place in the module 24.
  std::uint64_t when;

  static constexpr std::uint64_t lockBit = 1;
  static constexpr std::uint64_t atomicBit = 2;
  static constexpr int bytesShift = 2;
  static constexpr int threadShift = 6;
  static constexpr int blockShift = 16;
  static constexpr int gridShift = 38;
  static constexpr std::uint32_t maxBlock = (1U << 22) - 1;
  static constexpr std::uint32_t maxGrid = (1U << 26) - 1;
  static constexpr std::uint32_t maxPlace = (1U << 24) - 1;

  static std::uint64_t author(std::uint32_t grid, std::uint32_t block, std::uint32_t thread) {
    return std::uint64_t{grid & maxGrid} << gridShift |
           std::uint64_t{block & maxBlock} << blockShift | std::uint64_t{thread} << threadShift;
  }

  bool isNone() const { return who >> gridShift == 0; }
  std::uint32_t grid() const { return static_cast<std::uint32_t>(who >> gridShift); }
  std::uint32_t block() const { return static_cast<std::uint32_t>(who >> blockShift) & maxBlock; }
  std::uint32_t thread() const { return static_cast<std::uint32_t>(who >> threadShift) & 0x3ff; }
  std::uint32_t warp() const { return thread() / 32; }
  std::uint32_t bytes() const { return static_cast<std::uint32_t>(who >> bytesShift) & 0xf; }
  bool isAtomic() const { return (who & atomicBit) != 0; }
  std::uint64_t clock() const { return when >> 24; }
  std::uint32_t place() const { return static_cast<std::uint32_t>(when) & maxPlace; }
  /** Whether it is by the same thread, at the same clock, to the same bytes. */
  bool isLike(const Stamp& other) const {
    return who == other.who && (when ^ other.when) >> 24 == 0;
  }
  bool sameAuthor(const Stamp& other) const { return (who ^ other.who) >> threadShift == 0; }
  bool sameBlock(const Stamp& other) const { return (who ^ other.who) >> blockShift == 0; }
};

/** What is remembered of a word: who wrote it last, and two that have read it since. */
struct Cell {
  Stamp write;
  Stamp reads[2];

  /** Where there are no others. */
  struct NoLock {
    explicit NoLock(Cell&) {}
  };

  /** Keeps others out of the cell for as long as it lives. */
  class Lock {
   public:
    explicit Lock(Cell& cell) : word_(&cell.write.who) {
      while ((__atomic_fetch_or(word_, Stamp::lockBit, __ATOMIC_ACQUIRE) & Stamp::lockBit) != 0) {
      }
    }
    ~Lock() { __atomic_fetch_and(word_, ~Stamp::lockBit, __ATOMIC_RELEASE); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    std::uint64_t* word_;
  };
};

}  // namespace emulator
