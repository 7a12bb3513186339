// SPDX-License-Identifier: Apache-2.0
#include "team.h"

#include <algorithm>
#include <chrono>

#include "config.h"
#include "driver_api.h"
#include "fault.h"
#include "report.h"

namespace emulator {
namespace {

uint3 blockAt(const Grid& grid, unsigned number) {
  if (grid.order == Order::descending) {
    number = grid.gridDim.x * grid.gridDim.y * grid.gridDim.z - 1 - number;
  }
  dim3 d = grid.gridDim;
  return {number % d.x, number / d.x % d.y, number / (d.x * d.y)};
}

}  // namespace

Team::~Team() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : members_) {
    thread.join();
  }
}

bool Team::run(Grid& grid, bool together, Failure* failure) {
  Work work{};
  work.grid = &grid;
  work.blocks = grid.gridDim.x * grid.gridDim.y * grid.gridDim.z;
  std::unique_lock<std::mutex> lock(mutex_);
  auto threads = static_cast<unsigned>(config().threads);
  wanted_ = together ? work.blocks : std::min(work.blocks, threads);
  while (members_.size() < wanted_) {
    members_.emplace_back(&Team::member, this, members_.size());
  }
  work.busy = static_cast<unsigned>(wanted_);
  work_ = &work;
  generation_++;
  wake_.notify_all();
  watch(work, lock);
  work_ = nullptr;
  *failure = work.failure;
  return work.failure.code == 0;
}

/** Waits for the members; ends a kernel that does not end. */
void Team::watch(Work& work, std::unique_lock<std::mutex>& lock) {
  auto finished = [&work] { return work.busy == 0; };
  if (done_.wait_for(lock, std::chrono::seconds(config().timeoutSeconds), finished)) {
    return;
  }
  if (work.failure.code == 0) {
    work.failure = {
        CUDA_ERROR_LAUNCH_TIMEOUT,
        format("kernel %s: has not ended after %d seconds (CVAE_EMULATOR_TIMEOUT_S); it "
               "waits for something that does not come, or for a block that cannot run "
               "at the same time unless the launch is cooperative",
               work.grid->kernel->name, config().timeoutSeconds)};
  }
  work.grid->cancelled = true;
  // Again and again: a thread may be on its way into kernel code.
  while (!done_.wait_for(lock, std::chrono::milliseconds(20), finished)) {
    for (std::thread& thread : members_) {
      interrupt(thread.native_handle());
    }
  }
}

void Team::member(std::size_t index) {
  prepareKernelThread();
  std::uint64_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] {
      return ending_ || (work_ != nullptr && generation_ != seen && index < wanted_);
    });
    if (ending_) {
      return;
    }
    seen = generation_;
    Work& work = *work_;
    lock.unlock();
    runBlocks(work);
    lock.lock();
    if (--work.busy == 0) {
      done_.notify_all();
    }
  }
}

void Team::runBlocks(Work& work) {
  unsigned number;
  while (!work.grid->cancelled && (number = work.next++) < work.blocks) {
    Failure failure;
    if (!BlockRunner::ofThisThread().run(*work.grid, blockAt(*work.grid, number), &failure)) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (work.failure.code == 0 && failure.code != 0) {
        work.failure = failure;
      }
      work.grid->cancelled = true;
    }
  }
}

}  // namespace emulator
