// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "shadow.h"

namespace emulator {

enum class MemoryKind { device, pinned, module };

struct Allocation {
  char* base;
  std::size_t size;
  /** Pages between two guard pages; module variables have none. */
  char* pages;
  std::size_t pageBytes;
  MemoryKind kind;
  unsigned number;
};

/** A word of memory that nothing was written to: as a float a signalling NaN, as an index far out. */
constexpr std::uint32_t poisonWord = 0x7fa5a5a5U;

void poison(void* address, std::size_t bytes);

/**
 * All memory that kernels may touch. Each allocation lies between two pages that nobody may touch,
 * its end at the second of them, and addresses are not used again: an access beyond an end or after
 * a free faults. What a page holds beside the allocation is checked for writes.
 */
class Memory {
 public:
  static Memory& instance();

  /** @return null if there is no room */
  void* allocate(std::size_t bytes, MemoryKind kind);
  /** @return whether there was such an allocation */
  bool free(void* base, MemoryKind kind);
  /** Makes known that kernels may touch these bytes of a module. */
  void addModule(void* base, std::size_t bytes);
  void removeModule(void* base);

  /** Whether the bytes lie in one live allocation. */
  bool contains(const void* address, std::size_t bytes) const;
  bool isPinned(const void* address) const;
  bool find(const void* address, Allocation* found) const;
  /** Whether an address is in the range where allocations and guard pages are. */
  bool owns(const void* address) const;
  /** Where an address lies, in words: within, after or before which allocation. */
  std::string describe(const void* address) const;
  /** @return what was written beside an allocation; empty if nothing was */
  std::string damage() const;

  /** Remembers who touches it for as long as there is a checked module. */
  void watch();
  void unwatch();
  /** What is remembered; null if nothing is. */
  std::shared_ptr<Shadow> shadow() const;
  /** Something will touch it that does not tell: what was written is not known any more. */
  void touchedUnseen() { writesUnseen_ = true; }
  bool knowsWrites() const { return !writesUnseen_; }

  std::size_t freeBytes() const;

  /** Between these a worker touches device memory. */
  void enter();
  void leave();
  /** Unless a worker is at it, makes device memory fault for the host, too, until one is. */
  void hide();

 private:
  Memory();
  void openDevice() const;
  void closeDevice() const;
  std::size_t freeBytesLocked() const;

  mutable std::mutex mutex_;
  std::map<const char*, Allocation> live_;
  std::map<const char*, Allocation> freed_;
  char* range_ = nullptr;
  std::size_t rangeBytes_ = 0;
  std::size_t used_ = 0;
  std::size_t deviceBytes_ = 0;
  unsigned count_ = 0;
  int users_ = 0;
  bool hidden_ = false;
  int watchers_ = 0;
  std::shared_ptr<Shadow> shadow_;
  std::atomic<bool> writesUnseen_{false};
};

}  // namespace emulator
