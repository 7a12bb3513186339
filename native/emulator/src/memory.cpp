// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <cwchar>
#include <vector>

#include "config.h"
#include "report.h"

namespace emulator {
namespace {

// The vector types' largest alignment. CUDA aligns to 256 bytes, but then the end of most
// allocations would not be at the end of a page.
constexpr std::size_t alignment = 16;

std::size_t pageSize() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::size_t roundUp(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

const char* name(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::device:
      return "device memory";
    case MemoryKind::pinned:
      return "pinned host memory";
    case MemoryKind::module:
      return "a module's variables";
  }
  return "";
}

/** The poison's byte at an address. */
char poisonByte(const char* address) {
  auto shift = 8 * (reinterpret_cast<std::uintptr_t>(address) % 4);
  return static_cast<char>(poisonWord >> shift & 0xff);
}

/** First byte in a range of less than a page that is not poison; the end if all are. */
const char* firstWritten(const char* from, const char* to) {
  static const std::vector<std::uint32_t> untouched(pageSize() / sizeof poisonWord + 1, poisonWord);
  const auto* same = reinterpret_cast<const char*>(untouched.data()) +
                     reinterpret_cast<std::uintptr_t>(from) % sizeof poisonWord;
  if (std::memcmp(from, same, static_cast<std::size_t>(to - from)) == 0) {
    return to;
  }
  return std::find_if(from, to, [](const char& byte) { return byte != poisonByte(&byte); });
}

const char* endOf(const Allocation& allocation) { return allocation.base + allocation.size; }

using Allocations = std::map<const char*, Allocation>;

/** The last allocation that begins at or before an address. */
const Allocation* lastBefore(const Allocations& allocations, const void* address) {
  auto after = allocations.upper_bound(static_cast<const char*>(address));
  return after == allocations.begin() ? nullptr : &std::prev(after)->second;
}

const Allocation* firstAfter(const Allocations& allocations, const void* address) {
  auto after = allocations.upper_bound(static_cast<const char*>(address));
  return after == allocations.end() ? nullptr : &after->second;
}

/** How many bytes an address is away from an allocation. */
std::ptrdiff_t distance(const char* address, const Allocation& allocation) {
  return std::max({std::ptrdiff_t{0}, allocation.base - address, address - endOf(allocation) + 1});
}

std::string name(const Allocation& allocation) {
  return format("allocation %u (%zu bytes of %s at %p)", allocation.number, allocation.size,
                name(allocation.kind), static_cast<void*>(allocation.base));
}

bool protect(const Allocation& allocation, int protection) {
  return mprotect(allocation.pages, allocation.pageBytes, protection) == 0;
}

/** So much poison is made once; an allocation that is as large has it for its pages, until they are written to. */
constexpr std::size_t poisonBytes = std::size_t{4} << 20;

/** A file of it; negative if there can be none. */
int poisonFile() {
  static const int file = [] {
    int made = memfd_create("cvae-emulator-poison", MFD_CLOEXEC);
    void* content = MAP_FAILED;
    if (made >= 0 && ftruncate(made, poisonBytes) == 0) {
      content = mmap(nullptr, poisonBytes, PROT_READ | PROT_WRITE, MAP_SHARED, made, 0);
    }
    if (content == MAP_FAILED) {
      return -1;
    }
    poison(content, poisonBytes);
    munmap(content, poisonBytes);
    return made;
  }();
  return file;
}

bool isLarge(const Allocation& allocation) {
  return allocation.pageBytes >= poisonBytes && poisonFile() >= 0;
}

/**
 * Makes pages that may be touched, full of poison. Of a large allocation most may never be touched, as of the workspace
 * of cuBLAS, which every model has: its pages are the poison's own, and whoever takes them from the host and gives
 * them back at each wait (hide) has nothing to do for them.
 */
bool openPages(const Allocation& allocation) {
  if (!isLarge(allocation)) {
    if (!protect(allocation, PROT_READ | PROT_WRITE)) {
      return false;
    }
    poison(allocation.pages, allocation.pageBytes);
    return true;
  }
  for (std::size_t at = 0; at < allocation.pageBytes; at += poisonBytes) {
    const std::size_t bytes = std::min(poisonBytes, allocation.pageBytes - at);
    if (mmap(allocation.pages + at, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, poisonFile(), 0) == MAP_FAILED) {
      return false;
    }
  }
  return true;
}

/** Makes addresses that nobody may touch of an allocation's pages, as those around them are. */
void closePages(const Allocation& allocation) {
  if (isLarge(allocation)) {
    mmap(allocation.pages, allocation.pageBytes, PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  } else {
    protect(allocation, PROT_NONE);
    madvise(allocation.pages, allocation.pageBytes, MADV_DONTNEED);
  }
}

}  // namespace

void poison(void* address, std::size_t bytes) {
  auto* byte = static_cast<char*>(address);
  char* end = byte + bytes;
  while (byte < end && reinterpret_cast<std::uintptr_t>(byte) % 4 != 0) {
    *byte = poisonByte(byte);
    byte++;
  }
  static_assert(sizeof(wchar_t) == sizeof poisonWord, "the C library fills memory with words");
  const std::size_t words = byte < end ? static_cast<std::size_t>(end - byte) / 4 : 0;
  std::wmemset(reinterpret_cast<wchar_t*>(byte), static_cast<wchar_t>(poisonWord), words);
  byte += 4 * words;
  for (; byte < end; byte++) {
    *byte = poisonByte(byte);
  }
}

Memory& Memory::instance() {
  static auto* memory = new Memory;
  return *memory;
}

Memory::Memory() {
  // Addresses alone; a machine that limits them gets a smaller range.
  for (rangeBytes_ = std::size_t{1} << 40; rangeBytes_ >= std::size_t{1} << 30; rangeBytes_ /= 2) {
    void* range =
        mmap(nullptr, rangeBytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range != MAP_FAILED) {
      range_ = static_cast<char*>(range);
      return;
    }
  }
  rangeBytes_ = 0;
}

void* Memory::allocate(std::size_t bytes, MemoryKind kind) {
  std::lock_guard<std::mutex> guard(mutex_);
  std::size_t padded = roundUp(bytes, alignment);
  std::size_t pageBytes = roundUp(padded, pageSize());
  bool tooMuch = kind == MemoryKind::device && padded > freeBytesLocked();
  if (padded < bytes || tooMuch || pageBytes + 2 * pageSize() > rangeBytes_ - used_) {
    return nullptr;
  }
  char* pages = range_ + used_ + pageSize();
  char* base = config().guardBefore ? pages : pages + pageBytes - padded;
  Allocation allocation{base, bytes, pages, pageBytes, kind, ++count_};
  if (!openPages(allocation)) {
    closePages(allocation);
    return nullptr;
  }
  used_ += pageBytes + pageSize();
  if (kind == MemoryKind::device) {
    deviceBytes_ += padded;
    if (hidden_) {
      protect(allocation, PROT_NONE);
    }
  }
  live_.emplace(base, allocation);
  if (shadow_ != nullptr) {
    shadow_->allow(base, bytes, kind == MemoryKind::pinned);
  }
  return base;
}

bool Memory::free(void* base, MemoryKind kind) {
  std::lock_guard<std::mutex> guard(mutex_);
  auto found = live_.find(static_cast<char*>(base));
  if (found == live_.end() || found->second.kind != kind) {
    return false;
  }
  const Allocation& allocation = found->second;
  if (kind == MemoryKind::device) {
    deviceBytes_ -= roundUp(allocation.size, alignment);
  }
  if (shadow_ != nullptr) {
    shadow_->forbid(allocation.pages, allocation.pageBytes);
  }
  closePages(allocation);
  freed_.insert(live_.extract(found));
  return true;
}

void Memory::watch() {
  std::lock_guard<std::mutex> guard(mutex_);
  if (watchers_++ > 0) {
    return;
  }
  shadow_ = std::make_shared<Shadow>(range_, rangeBytes_);
  writesUnseen_ = false;
  for (const auto& [base, allocation] : live_) {
    if (allocation.kind != MemoryKind::module) {
      // Whoever wrote it has not been seen.
      shadow_->allow(base, allocation.size, true);
    }
  }
}

void Memory::unwatch() {
  std::lock_guard<std::mutex> guard(mutex_);
  if (--watchers_ == 0) {
    shadow_.reset();
  }
}

std::shared_ptr<Shadow> Memory::shadow() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return shadow_;
}

void Memory::addModule(void* base, std::size_t bytes) {
  std::lock_guard<std::mutex> guard(mutex_);
  auto* start = static_cast<char*>(base);
  live_[start] = {start, bytes, nullptr, 0, MemoryKind::module, ++count_};
}

void Memory::removeModule(void* base) {
  std::lock_guard<std::mutex> guard(mutex_);
  live_.erase(static_cast<char*>(base));
}

bool Memory::find(const void* address, Allocation* found) const {
  std::lock_guard<std::mutex> guard(mutex_);
  const Allocation* allocation = lastBefore(live_, address);
  if (allocation == nullptr || address >= endOf(*allocation)) {
    return false;
  }
  *found = *allocation;
  return true;
}

bool Memory::contains(const void* address, std::size_t bytes) const {
  Allocation found;
  return find(address, &found) &&
         bytes <= static_cast<std::size_t>(endOf(found) - static_cast<const char*>(address));
}

bool Memory::isPinned(const void* address) const {
  Allocation found;
  return find(address, &found) && found.kind == MemoryKind::pinned;
}

bool Memory::owns(const void* address) const {
  return address >= range_ && address < range_ + rangeBytes_;
}

std::string Memory::describe(const void* address) const {
  std::lock_guard<std::mutex> guard(mutex_);
  const auto* byte = static_cast<const char*>(address);
  const Allocation* nearest = nullptr;
  for (const auto* allocations : {&live_, &freed_}) {
    for (const Allocation* candidate :
         {lastBefore(*allocations, address), firstAfter(*allocations, address)}) {
      if (candidate != nullptr &&
          (nearest == nullptr || distance(byte, *candidate) < distance(byte, *nearest))) {
        nearest = candidate;
      }
    }
  }
  if (nearest == nullptr) {
    return "in no allocation";
  }
  bool isFreed = freed_.count(nearest->base) != 0;
  std::string words = name(*nearest) + (isFreed ? ", which was freed" : "");
  if (byte < nearest->base) {
    return format("%td bytes before the start of ", nearest->base - byte) + words;
  }
  if (byte >= endOf(*nearest)) {
    return format("%td bytes after the end of ", byte - endOf(*nearest)) + words;
  }
  return format("byte %td of ", byte - nearest->base) + words;
}

std::string Memory::damage() const {
  std::lock_guard<std::mutex> guard(mutex_);
  for (const auto& [base, allocation] : live_) {
    if (allocation.kind == MemoryKind::module) {
      continue;
    }
    const char* written = firstWritten(allocation.pages, allocation.base);
    if (written != allocation.base) {
      return format("%td bytes before the start of ", base - written) + name(allocation);
    }
    const char* pagesEnd = allocation.pages + allocation.pageBytes;
    written = firstWritten(endOf(allocation), pagesEnd);
    if (written != pagesEnd) {
      return format("%td bytes after the end of ", written - endOf(allocation)) + name(allocation);
    }
  }
  return "";
}

std::size_t Memory::freeBytes() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return freeBytesLocked();
}

std::size_t Memory::freeBytesLocked() const {
  return config().memoryBytes - std::min(config().memoryBytes, config().takenBytes + deviceBytes_);
}

void Memory::openDevice() const {
  for (const auto& [base, allocation] : live_) {
    if (allocation.kind == MemoryKind::device) {
      protect(allocation, PROT_READ | PROT_WRITE);
    }
  }
}

/** With what lies between them, which nobody may touch anyway: one call for those without pinned memory between. */
void Memory::closeDevice() const {
  char* from = nullptr;
  char* to = nullptr;
  auto close = [&] {
    if (from != nullptr) {
      mprotect(from, static_cast<std::size_t>(to - from), PROT_NONE);
    }
    from = nullptr;
  };
  for (const auto& [base, allocation] : live_) {
    if (allocation.kind == MemoryKind::device) {
      from = from == nullptr ? allocation.pages : from;
      to = allocation.pages + allocation.pageBytes;
    } else {
      close();
    }
  }
  close();
}

void Memory::enter() {
  std::lock_guard<std::mutex> guard(mutex_);
  users_++;
  if (hidden_) {
    openDevice();
    hidden_ = false;
  }
}

void Memory::leave() {
  std::lock_guard<std::mutex> guard(mutex_);
  users_--;
}

void Memory::hide() {
  std::lock_guard<std::mutex> guard(mutex_);
  if (users_ == 0 && !hidden_ && !config().hostAccess) {
    closeDevice();
    hidden_ = true;
  }
}

}  // namespace emulator
