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

unsigned count(dim3 d) { return d.x * d.y * d.z; }

uint3 at(unsigned number, dim3 d) {
  return {number % d.x, number / d.x % d.y, number / (d.x * d.y)};
}

/** A block by the number of its cluster and its own number there. */
uint3 blockAt(const Grid& grid, unsigned number, unsigned rank) {
  dim3 c = grid.clusterDim;
  dim3 clusters(grid.gridDim.x / c.x, grid.gridDim.y / c.y, grid.gridDim.z / c.z);
  if (grid.order == Order::descending) {
    number = count(clusters) - 1 - number;
  }
  uint3 cluster = at(number, clusters);
  uint3 own = at(rank, c);
  return {cluster.x * c.x + own.x, cluster.y * c.y + own.y, cluster.z * c.z + own.z};
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
  const unsigned size = count(grid.clusterDim);
  work.clusters = count(grid.gridDim) / size;
  auto threads = static_cast<unsigned>(config().threads);
  unsigned groups =
      together ? work.clusters : std::min(work.clusters, std::max(1U, threads / size));
  for (unsigned i = 0; i < groups; i++) {
    work.groups.push_back(std::make_unique<Cluster>(size, grid.cancelled));
  }
  std::unique_lock<std::mutex> lock(mutex_);
  wanted_ = std::size_t{groups} * size;
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
    runBlocks(work, static_cast<unsigned>(index));
    lock.lock();
    if (--work.busy == 0) {
      done_.notify_all();
    }
  }
}

/** One block of each cluster that falls to the member's group. */
void Team::runBlocks(Work& work, unsigned index) {
  const unsigned size = count(work.grid->clusterDim);
  const auto groups = static_cast<unsigned>(work.groups.size());
  const Seat seat{work.groups[index / size].get(), index % size};
  // A single block is taken by who has time; a cluster's are to be taken by one group.
  unsigned number = size == 1 ? work.next++ : index / size;
  for (; !work.grid->cancelled && number < work.clusters;
       number = size == 1 ? work.next++ : number + groups) {
    Failure failure;
    if (!BlockRunner::ofThisThread().run(*work.grid, blockAt(*work.grid, number, seat.rank), seat,
                                         &failure)) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (work.failure.code == 0 && failure.code != 0) {
        work.failure = failure;
      }
      work.grid->cancelled = true;
    }
  }
}

}  // namespace emulator
