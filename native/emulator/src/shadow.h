// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "stamp.h"

namespace emulator {

/** What is known of each word of some memory: which of its bytes may be touched, and its accesses. */
struct ShadowView {
  /** A tag's lower bits: how many of the word's bytes may be touched, from its first on. */
  static constexpr std::uint8_t bytesMask = 7;
  static constexpr std::uint8_t written = 8;

  Cell* cells;
  std::uint8_t* tags;
};

/** The shadow of a range of addresses, made piece by piece where it is needed. */
class Shadow {
 public:
  static constexpr std::size_t chunkBytes = std::size_t{64} << 10;
  static constexpr std::size_t chunkWords = chunkBytes / 4;

  /** @param base a multiple of chunkBytes */
  Shadow(const void* base, std::size_t bytes);
  ~Shadow();
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;

  bool covers(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - base_ < bytes_;
  }
  /** Of the word that an address of the range is in, and of those after it in its chunk. */
  ShadowView at(const void* address) {
    std::size_t offset = reinterpret_cast<std::uintptr_t>(address) - base_;
    Chunk* chunk = chunks_[offset / chunkBytes].load(std::memory_order_acquire);
    if (chunk == nullptr) {
      chunk = make(offset / chunkBytes);
    }
    std::size_t word = offset % chunkBytes / 4;
    return {chunk->cells + word, chunk->tags + word};
  }

  /** Makes bytes ones that may be touched; the first is a word's first. */
  void allow(const void* address, std::size_t bytes, bool written);
  /** Makes them ones that may not be, and forgets who touched them. */
  void forbid(const void* address, std::size_t bytes);

 private:
  struct Chunk {
    Cell cells[chunkWords];
    std::uint8_t tags[chunkWords];
  };

  Chunk* make(std::size_t number);

  std::uintptr_t base_;
  std::size_t bytes_;
  std::atomic<Chunk*>* chunks_;
};

}  // namespace emulator
