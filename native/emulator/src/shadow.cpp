// SPDX-License-Identifier: Apache-2.0
#include "shadow.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace emulator {
namespace {

/** Zeros that take no memory until they are touched. */
void* reserve(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  // A large page would be made of zeros whole for the one word that is touched.
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  return memory;
}

/** Makes cells zero; whole pages are given back. */
void clear(Cell* from, Cell* to) {
  constexpr std::uintptr_t page = 4096;
  auto* start = reinterpret_cast<char*>(from);
  auto* end = reinterpret_cast<char*>(to);
  char* pages = start + (page - reinterpret_cast<std::uintptr_t>(start) % page) % page;
  char* pagesEnd = end - reinterpret_cast<std::uintptr_t>(end) % page;
  constexpr std::ptrdiff_t worthACall = 8 * page;
  if (pagesEnd - pages < worthACall) {
    std::memset(start, 0, static_cast<std::size_t>(end - start));
    return;
  }
  std::memset(start, 0, static_cast<std::size_t>(pages - start));
  madvise(pages, static_cast<std::size_t>(pagesEnd - pages), MADV_DONTNEED);
  std::memset(pagesEnd, 0, static_cast<std::size_t>(end - pagesEnd));
}

}  // namespace

Shadow::Shadow(const void* base, std::size_t bytes)
    : base_(reinterpret_cast<std::uintptr_t>(base)),
      bytes_(bytes),
      chunks_(static_cast<std::atomic<Chunk*>*>(
          reserve((bytes / chunkBytes + 1) * sizeof(std::atomic<Chunk*>)))) {}

Shadow::~Shadow() {
  std::size_t count = bytes_ / chunkBytes + 1;
  for (std::size_t i = 0; i < count; i++) {
    if (chunks_[i] != nullptr) {
      munmap(chunks_[i], sizeof(Chunk));
    }
  }
  munmap(chunks_, count * sizeof(std::atomic<Chunk*>));
}

Shadow::Chunk* Shadow::make(std::size_t number) {
  auto* made = static_cast<Chunk*>(reserve(sizeof(Chunk)));
  Chunk* other = nullptr;
  if (chunks_[number].compare_exchange_strong(other, made, std::memory_order_acq_rel)) {
    return made;
  }
  munmap(made, sizeof(Chunk));
  return other;
}

void Shadow::allow(const void* address, std::size_t bytes, bool written) {
  const auto* at = static_cast<const char*>(address);
  const auto flag = written ? ShadowView::written : std::uint8_t{0};
  while (bytes > 0) {
    std::size_t inChunk = chunkBytes - (reinterpret_cast<std::uintptr_t>(at) - base_) % chunkBytes;
    std::size_t here = std::min(bytes, inChunk);
    std::uint8_t* tags = this->at(at).tags;
    std::memset(tags, 4 | flag, here / 4);
    if (here % 4 != 0) {
      tags[here / 4] = static_cast<std::uint8_t>(here % 4) | flag;
    }
    at += here;
    bytes -= here;
  }
}

void Shadow::forbid(const void* address, std::size_t bytes) {
  const auto* at = static_cast<const char*>(address);
  while (bytes > 0) {
    std::size_t inChunk = chunkBytes - (reinterpret_cast<std::uintptr_t>(at) - base_) % chunkBytes;
    std::size_t here = std::min(bytes, inChunk);
    std::size_t words = (here + 3) / 4;
    ShadowView view = this->at(at);
    std::memset(view.tags, 0, words);
    clear(view.cells, view.cells + words);
    at += here;
    bytes -= here;
  }
}

}  // namespace emulator
