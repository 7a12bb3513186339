// SPDX-License-Identifier: Apache-2.0
#include "fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <new>
#include <vector>

// Saves what a callee must preserve on the old stack and takes it from the new one.
extern "C" void cvaeEmulatorSwitch(void** save, void* next);
asm(R"(
  .text
  .p2align 4
  .type cvaeEmulatorSwitch,@function
cvaeEmulatorSwitch:
  .cfi_startproc
  endbr64
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .cfi_endproc
  .size cvaeEmulatorSwitch, .-cvaeEmulatorSwitch
)");

namespace emulator {
namespace {

constexpr int savedRegisters = 6;

/**
 * How far from the end of its pages a stack begins: if all began at the end, the busy parts of all would
 * fall into the same few lines of the processor's cache.
 */
std::size_t nextColour() {
  static std::atomic<std::size_t> count{0};
  constexpr std::size_t colours = 31;
  constexpr std::size_t step = 128;
  return count++ % colours * step;
}

std::size_t pageBytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

/**
 * Stacks of fibers that are gone, for those to come. A launch whose blocks all run at once has a thread for each block
 * and a fiber for each of its threads, and they go with their stream: to map and unmap their stacks each time took the
 * emulator a seventh of its time.
 */
class Stacks {
 public:
  static Stacks& instance() {
    static auto* stacks = new Stacks;
    return *stacks;
  }

  /** So many bytes, the first page of which nobody may touch. */
  char* take(std::size_t bytes) {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      std::vector<char*>& left = left_[bytes];
      if (!left.empty()) {
        char* stack = left.back();
        left.pop_back();
        return stack;
      }
    }
    void* mapping = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED) {
      throw std::bad_alloc();
    }
    if (mprotect(mapping, pageBytes(), PROT_NONE) != 0) {
      munmap(mapping, bytes);
      throw std::bad_alloc();
    }
    return static_cast<char*>(mapping);
  }

  void give(char* stack, std::size_t bytes) {
    std::lock_guard<std::mutex> guard(mutex_);
    left_[bytes].push_back(stack);
  }

 private:
  std::mutex mutex_;
  /** By their size. */
  std::map<std::size_t, std::vector<char*>> left_;
};

}  // namespace

Fiber::Fiber(std::size_t stackBytes, void (*body)())
    : mapping_(Stacks::instance().take(stackBytes + pageBytes())),
      bytes_(stackBytes + pageBytes()),
      colour_(nextColour()),
      body_(body) {
  reset();
}

Fiber::~Fiber() { Stacks::instance().give(mapping_, bytes_); }

void Fiber::reset() {
  // As after a call: a return address of 0, then the stack that the switch restores.
  auto* word = static_cast<void**>(top());
  *--word = nullptr;
  *--word = reinterpret_cast<void*>(body_);
  for (int i = 0; i < savedRegisters; i++) {
    *--word = nullptr;
  }
  stackPointer_ = word;
  waitsForBlock = false;
  waitMask = 0;
}

void Fiber::resume(void** from) { cvaeEmulatorSwitch(from, stackPointer_); }

void Fiber::suspend(void** to) { cvaeEmulatorSwitch(&stackPointer_, *to); }

void* Fiber::top() const { return mapping_ + bytes_ - colour_; }

bool Fiber::isOverflow(const void* address) const {
  return address >= mapping_ && address < mapping_ + pageBytes();
}

bool Fiber::owns(const void* address) const {
  return (address >= mapping_ && address < mapping_ + bytes_) ||
         (address >= this && address < this + 1);
}

}  // namespace emulator
