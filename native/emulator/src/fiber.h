// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "../device/runtime.h"

namespace emulator {

/** A stack of its own, on which one CUDA thread after the other runs. */
class Fiber {
 public:
  /** @param body what runs on it; must not return */
  Fiber(std::size_t stackBytes, void (*body)());
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /** Forgets what it was doing: the next switch to it begins its body anew. */
  void reset();
  /** Runs it until it switches back. */
  void resume(void** from);
  /** Goes back to who resumed it. */
  void suspend(void** to);
  /** Where its stack can begin anew, for code that never returns. */
  void* top() const;
  bool isOverflow(const void* address) const;
  /** Whether an address is on its stack, or in itself. */
  bool owns(const void* address) const;

  /** What the CUDA thread on it sees. */
  Thread thread{};

  // How it waits; the scheduler's business.
  bool waitsForBlock = false;
  unsigned clusterArrivals = 0;
  unsigned clusterWaits = 0;
  bool sawPreviousGrid = false;
  unsigned waitMask = 0;
  Collective waitKind = Collective::sync;
  std::uint64_t value = 0;
  unsigned source = 0;
  Place place{};

 private:
  char* mapping_;
  std::size_t bytes_;
  std::size_t colour_;
  void* stackPointer_ = nullptr;
  void (*body_)();
};

}  // namespace emulator
