// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../device/runtime.h"
#include "access.h"
#include "block_clock.h"

namespace emulator {

struct Grid;
struct Seat;
struct SharedVariable;
class Cluster;
class Module;

/**
 * Looks at each access that a block's threads make to memory: of kernels that were compiled to tell of theirs
 * (tell.cpp). A block runner has one.
 */
class BlockCheck {
 public:
  /** Before a block of a checked module runs on the calling thread. */
  void begin(const Grid& grid, uint3 blockIdx, Seat seat);
  /**
   * After it has. A read of what nothing has written is told of only now: if another thread has written there since,
   * it was a race, and that is what to say.
   *
   * @return what is wrong with what the block did; empty if nothing is
   */
  std::string end();
  /** That of the block that the calling thread runs; null if its module is not a checked one. */
  static BlockCheck* running() { return running_; }

  /** @param inKernel whether signals may end the kernel code that the thread is in */
  explicit BlockCheck(volatile bool* inKernel) : inKernel_(inKernel) {}

  /** Which thread runs. */
  void select(unsigned rank) { thread_ = rank; }
  unsigned thread() const { return thread_; }
  std::uint32_t grid() const { return grid_; }
  BlockClock& clock() { return clock_; }

  /** Keeps signals from ending the kernel's code for as long as it lives. */
  class Pause {
   public:
    explicit Pause(BlockCheck& check) : inKernel_(check.inKernel_) { *inKernel_ = false; }
    ~Pause() { *inKernel_ = true; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    volatile bool* inKernel_;
  };

  /**
   * Ends the kernel if the access is wrong.
   *
   * @param place where the kernel's code goes on
   */
  void look(const Access& access, const void* place);

 private:
  /** Whether an address is among what its block may share. */
  bool shares(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - sharedBase_ < sharedBytes_;
  }
  /** That of the cluster's block whose shared memory an address is in; null if there is none. */
  BlockCheck* ownerOf(const void* address);
  bool isOver(const Stamp& other) const;
  void use(const Module& module);
  void forgetShared();
  void prepareShared();
  [[noreturn]] void fail(const Finding& finding);
  std::string describe(const void* address);
  std::string describeShared(const void* address) const;

  // Looked at in each access. A pointer, of which there is room in any process.
  __attribute__((tls_model("initial-exec"))) static __thread BlockCheck* running_;

  volatile bool* const inKernel_;
  const Grid* of_ = nullptr;
  const Cluster* cluster_ = nullptr;
  uint3 blockIdx_{};
  std::uint32_t grid_ = 0;
  std::uint64_t author_ = 0;
  unsigned thread_ = 0;
  bool demandWritten_ = false;
  BlockClock clock_;
  std::shared_ptr<Shadow> memory_;
  const Module* module_ = nullptr;
  std::uintptr_t code_ = 0;
  /** The module's memory of this thread, of which the block's shared variables are a part. */
  std::uintptr_t sharedBase_ = 0;
  std::size_t sharedBytes_ = 0;
  std::unique_ptr<Shadow> shared_;
  std::vector<SharedVariable> variables_;
  /** The first read of what nothing has written. */
  std::optional<Finding> unwritten_;
};

}  // namespace emulator
