// SPDX-License-Identifier: Apache-2.0
//
// The memory of a model: one piece, from which buffers are cut, with a guard behind each.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

// The sanitizer knows nothing of memory that is mapped, unless it is told.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define CVAE_FORBID(address, bytes) __asan_poison_memory_region(address, bytes)
#define CVAE_ALLOW(address, bytes) __asan_unpoison_memory_region(address, bytes)
#define CVAE_UNCHECKED __attribute__((no_sanitize_address))
#else
#define CVAE_FORBID(address, bytes)
#define CVAE_ALLOW(address, bytes)
#define CVAE_UNCHECKED
#endif

namespace cvae {

/** Cuts buffers off: once to learn how much there has to be, and again from that much. */
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  ~Arena() {
    if (map_ != nullptr) {
      CVAE_ALLOW(map_, mapped_);
      munmap(map_, mapped_);
    }
  }

  /** A buffer of zeros, on a cache line; null while it is yet to be learned how much there has to be. */
  template <typename T>
  T* take(int64_t count) {
    // Each starts at another place of its page. Were a parameter and its moments at one place of three pages, a
    // load from one would wait for the store to another.
    int64_t place = kLine * (kStagger * buffers_++ % (kPage / kLine));
    used_ += (place - used_ % kPage + kPage) % kPage;
    char* buffer = base_ == nullptr ? nullptr : base_ + used_;
    used_ += (count * int64_t(sizeof(T)) + kLine - 1) / kLine * kLine;
    if (base_ != nullptr) {
      CVAE_ALLOW(buffer, size_t(count) * sizeof(T));
      guard_here();
    }
    used_ += int64_t(sizeof(Guard));
    return reinterpret_cast<T*>(buffer);
  }

  /** Gets as much memory as was taken, to be taken once more. False if there is too little. */
  bool allocate() {
    mapped_ = size_t(used_ + 2 * kHugePage);
    void* map = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
      return false;
    }
    map_ = map;
    CVAE_FORBID(map_, mapped_);
    // Fewer entries of the translation buffer. A hint, that may be refused.
    madvise(map_, mapped_, MADV_HUGEPAGE);
    auto address = reinterpret_cast<uintptr_t>(map_);
    base_ = reinterpret_cast<char*>((address + kHugePage - 1) / kHugePage * kHugePage);
    used_ = 0;
    buffers_ = 0;
    return true;
  }

  /** Whether nothing has been written beyond the end of a buffer. */
  CVAE_UNCHECKED bool is_intact() const {
    for (const Guard* guard = last_; guard != nullptr; guard = guard->before) {
      for (uint64_t word : guard->words) {
        if (word != kGuardWord) {
          return false;
        }
      }
    }
    return true;
  }

 private:
  static constexpr int64_t kLine = 64;
  static constexpr int64_t kPage = 4096;
  static constexpr int64_t kHugePage = 2 << 20;
  /** Cache lines by which buffers' places in their pages differ: a third of a page, and no divisor of it. */
  static constexpr int64_t kStagger = 21;
  static constexpr uint64_t kGuardWord = 0x6775617264677561;

  struct alignas(kLine) Guard {
    uint64_t words[7];
    const Guard* before;
  };

  CVAE_UNCHECKED void guard_here() {
    auto* guard = reinterpret_cast<Guard*>(base_ + used_);
    for (uint64_t& word : guard->words) {
      word = kGuardWord;
    }
    guard->before = last_;
    last_ = guard;
  }

  char* base_ = nullptr;
  void* map_ = nullptr;
  size_t mapped_ = 0;
  int64_t used_ = 0;
  int64_t buffers_ = 0;
  const Guard* last_ = nullptr;
};

#undef CVAE_FORBID
#undef CVAE_ALLOW
#undef CVAE_UNCHECKED

}  // namespace cvae
