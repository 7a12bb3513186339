// SPDX-License-Identifier: Apache-2.0
// How a block ends badly, and what is said of it.
#include <dlfcn.h>

#include <algorithm>

#include "block.h"
#include "driver_api.h"
#include "memory.h"
#include "module.h"
#include "place.h"
#include "report.h"

namespace emulator {

void BlockRunner::fail(int code, const std::string& what) {
  inKernel_ = false;
  failure_ = {code, where(current_->thread) + ": " + what};
  suspend();
  __builtin_unreachable();
}

std::string BlockRunner::where(const Thread& t) const {
  return format("kernel %s, block (%u,%u,%u), thread (%u,%u,%u)", grid_->kernel->name, t.blockIdx.x,
                t.blockIdx.y, t.blockIdx.z, t.threadIdx.x, t.threadIdx.y, t.threadIdx.z);
}

/** No thread can go on: says who waits where, one thread for each place. */
void BlockRunner::reportDeadlock() {
  std::string waiting;
  std::vector<Place> told;
  for (Fiber* fiber : threads_) {
    auto isSame = [fiber](Place place) { return same(place, fiber->place); };
    if (fiber == nullptr || std::any_of(told.begin(), told.end(), isSame)) {
      continue;
    }
    told.push_back(fiber->place);
    auto n = std::count_if(threads_.begin(), threads_.end(), [&](const Fiber* other) {
      return other != nullptr && same(other->place, fiber->place);
    });
    uint3 t = fiber->thread.threadIdx;
    waiting += format("; %td wait at %s in %s, thread (%u,%u,%u) among them", n,
                      fiber->waitsForBlock   ? "a barrier"
                      : fiber->waitMask == 0 ? "a cluster's barrier"
                                             : "a warp function",
                      text(fiber->place).c_str(), t.x, t.y, t.z);
  }
  failure_ = {
      CUDA_ERROR_LAUNCH_FAILED,
      format("kernel %s, block (%u,%u,%u): barrier divergence: of %u threads %u have ended",
             grid_->kernel->name, blockIdx_.x, blockIdx_.y, blockIdx_.z, size_, endedCount_) +
          waiting};
}

void BlockRunner::recordFault(const void* address, bool write, bool misaligned,
                              const void* instruction) {
  fault_ = {address, instruction, write, misaligned};
  inKernel_ = false;
}

/** Where a thread goes on whose kernel faulted: on its fiber's stack, as in a fresh call. */
void BlockRunner::landing() {
  BlockRunner* runner = running();
  if (runner->grid_->cancelled) {
    runner->suspend();
  }
  runner->fail(
      runner->fault_.misaligned ? CUDA_ERROR_MISALIGNED_ADDRESS : CUDA_ERROR_ILLEGAL_ADDRESS,
      runner->describeFault());
}

std::string BlockRunner::describeFault() const {
  Dl_info info{};
  std::string at;
  if (dladdr(fault_.instruction, &info) != 0) {
    at = format(
        " (code at %s+0x%tx)", grid_->module->fileName().c_str(),
        static_cast<const char*>(fault_.instruction) - static_cast<const char*>(info.dli_fbase));
  }
  if (fault_.misaligned) {
    return "misaligned access" + at;
  }
  if (current_->isOverflow(fault_.address)) {
    return "stack overflow: local arrays are larger than CVAE_EMULATOR_STACK_KB" + at;
  }
  return format("%s of %p, ", fault_.write ? "write" : "read", fault_.address) +
         Memory::instance().describe(fault_.address) + at;
}

}  // namespace emulator
