// SPDX-License-Identifier: Apache-2.0
#include "block.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "block_check.h"
#include "cluster.h"
#include "driver_api.h"
#include "limits.h"
#include "memory.h"
#include "module.h"
#include "place.h"
#include "report.h"

namespace emulator {
namespace {

// Asked for in each access to threadIdx. A pointer, of which there is room in any process.
__attribute__((tls_model("initial-exec"))) thread_local BlockRunner* runningHere = nullptr;

unsigned count(dim3 d) { return d.x * d.y * d.z; }

}  // namespace

BlockRunner& BlockRunner::ofThisThread() {
  thread_local BlockRunner runner;
  return runner;
}

BlockRunner* BlockRunner::running() { return runningHere; }

BlockRunner::BlockRunner() : check_(std::make_unique<BlockCheck>(&inKernel_)) {}
BlockRunner::~BlockRunner() = default;

bool BlockRunner::run(Grid& grid, uint3 blockIdx, Seat seat, Failure* failure) {
  grid_ = &grid;
  seat_ = seat;
  setUp(blockIdx);
  grid.module->prepareShared(*grid.kernel, grid.dynamicShared);
  runningHere = this;
  if (grid.moment != nullptr) {
    check_->begin(grid, blockIdx, seat);
  }
  seat.cluster->begin(seat.rank, blockIdx, grid.module->sharedOfThread(), check_.get());
  schedule();
  runningHere = nullptr;
  leaveCluster();
  const std::string unwritten = check_->end();
  if (failure_.code == 0 && !unwritten.empty()) {
    failure_ = {CUDA_ERROR_LAUNCH_FAILED, unwritten};
  }
  if (failure_.code == 0 && !grid.module->sharedIsIntact(grid.dynamicShared)) {
    failure_ = {CUDA_ERROR_ILLEGAL_ADDRESS,
                format("kernel %s, block (%u,%u,%u): written after the end of dynamic shared "
                       "memory (%zu bytes)",
                       grid.kernel->name, blockIdx.x, blockIdx.y, blockIdx.z, grid.dynamicShared)};
  }
  if (failure_.code != 0) {
    abandon();
    *failure = failure_;
    return false;
  }
  return !grid.cancelled;
}

void BlockRunner::setUp(uint3 blockIdx) {
  blockIdx_ = blockIdx;
  size_ = count(grid_->blockDim);
  started_ = endedCount_ = atBarrier_ = predicates_ = fruitless_ = 0;
  atClusterBarrier_ = clusterBarriers_ = 0;
  failure_ = {};
  threads_.assign(size_, nullptr);
  warps_.clear();
  for (unsigned first = 0; first < size_; first += warpSize) {
    unsigned lanes = std::min(warpSize, size_ - first);
    warps_.push_back({0xffffffffU >> (warpSize - lanes), 0});
  }
  startOrder_.resize(size_);
  std::iota(startOrder_.begin(), startOrder_.end(), 0);
  if (grid_->order == Order::descending) {
    std::reverse(startOrder_.begin(), startOrder_.end());
  } else if (grid_->order == Order::shuffled) {
    // The same every time, for a run that failed to be repeated.
    std::shuffle(startOrder_.begin(), startOrder_.end(),
                 std::minstd_rand(blockIdx.x * 31 + blockIdx.y * 7 + blockIdx.z + 1));
  }
}

/** Runs fibers until all threads have ended or something failed. */
void BlockRunner::schedule() {
  while (failure_.code == 0 && !grid_->cancelled) {
    Fiber* fiber = next();
    if (fiber == nullptr) {
      if (endedCount_ == size_) {
        return;
      }
      if (failure_.code == 0 && !grid_->cancelled) {
        reportDeadlock();
      }
      break;
    }
    current_ = fiber;
    check_->select(fiber->thread.rank);
    fiber->resume(&scheduler_);
    current_ = nullptr;
  }
  if (failure_.code == 0) {
    abandon();
  }
}

/** Who runs next: threads that can go on, then new ones, then those that merely wait for others. */
Fiber* BlockRunner::next() {
  if (!ready_.empty()) {
    Fiber* fiber = ready_.front();
    ready_.pop_front();
    return fiber;
  }
  if (started_ < size_) {
    if (idle_.empty()) {
      fibers_.push_back(std::make_unique<Fiber>(config().stackBytes, fiberBody));
      idle_.push_back(fibers_.back().get());
    }
    Fiber* fiber = idle_.back();
    idle_.pop_back();
    return fiber;
  }
  if (meetCluster()) {
    return next();
  }
  if (yielded_.empty()) {
    return nullptr;
  }
  // Nothing in this block can go on: it waits for another block, or for the host.
  if (++fruitless_ % (4 * size_) == 0) {
    usleep(20);
  } else {
    sched_yield();
  }
  Fiber* fiber = yielded_.front();
  yielded_.pop_front();
  return fiber;
}

void BlockRunner::fiberBody() { runningHere->runThreads(); }

/** A fiber's life: one thread after the other, and rest when there are none. */
void BlockRunner::runThreads() {
  for (;;) {
    while (ready_.empty() && takeThread()) {
      inKernel_ = true;
      grid_->kernel->call(grid_->arguments);
      inKernel_ = false;
      finishThread();
    }
    idle_.push_back(current_);
    suspend();
  }
}

bool BlockRunner::takeThread() {
  if (started_ == size_ || failure_.code != 0) {
    return false;
  }
  unsigned rank = startOrder_[started_++];
  dim3 d = grid_->blockDim;
  current_->thread = {{rank % d.x, rank / d.x % d.y, rank / (d.x * d.y)},
                      blockIdx_,
                      d,
                      grid_->gridDim,
                      rank,
                      0,
                      seat_.rank,
                      seat_.cluster->size()};
  current_->clusterArrivals = current_->clusterWaits = 0;
  current_->sawPreviousGrid = false;
  threads_[rank] = current_;
  check_->select(rank);
  return true;
}

void BlockRunner::finishThread() {
  checkPreviousGrid();
  unsigned rank = current_->thread.rank;
  threads_[rank] = nullptr;
  endedCount_++;
  fruitless_ = 0;
  // Lanes that wait for this one need not any longer.
  Warp& warp = warps_[rank / warpSize];
  warp.alive &= ~(1U << rank % warpSize);
  for (unsigned rest = warp.waiting; rest != 0; rest &= (rest - 1) & warp.waiting) {
    const unsigned lane = static_cast<unsigned>(__builtin_ctz(rest));
    releaseLanes(rank / warpSize, threads_[rank / warpSize * warpSize + lane]->waitMask);
  }
}

void BlockRunner::suspend() { current_->suspend(&scheduler_); }

unsigned BlockRunner::barrier(bool predicate, Place place) {
  inKernel_ = false;
  Fiber* self = current_;
  self->waitsForBlock = true;
  self->place = place;
  predicates_ += predicate ? 1 : 0;
  if (++atBarrier_ == size_) {
    releaseBarrier();
  }
  suspend();
  inKernel_ = true;
  return barrierResult_;
}

void BlockRunner::releaseBarrier() {
  const Fiber* first = threads_[0];
  for (Fiber* fiber : threads_) {
    if (!same(fiber->place, first->place)) {
      reportDeadlock();
      return;
    }
  }
  for (unsigned rank : startOrder_) {
    threads_[rank]->waitsForBlock = false;
    ready_.push_back(threads_[rank]);
  }
  if (BlockCheck::running() != nullptr) {
    check_->clock().barrier();
  }
  barrierResult_ = predicates_;
  predicates_ = atBarrier_ = fruitless_ = 0;
}

std::uint64_t BlockRunner::collective(Collective kind, unsigned mask, std::uint64_t value,
                                      unsigned source, Place place) {
  inKernel_ = false;
  Fiber* self = current_;
  unsigned rank = self->thread.rank;
  if ((mask >> rank % warpSize & 1) == 0) {
    fail(CUDA_ERROR_LAUNCH_FAILED,
         format("a lane calls a warp function without being in its mask 0x%x at ", mask) +
             text(place));
  }
  self->waitMask = mask;
  self->waitKind = kind;
  self->value = value;
  self->source = source;
  self->place = place;
  warps_[rank / warpSize].waiting |= 1U << rank % warpSize;
  releaseLanes(rank / warpSize, mask);
  suspend();
  inKernel_ = true;
  return self->value;
}

/** Lets the lanes in a mask go on if all of them have come that have not ended. */
void BlockRunner::releaseLanes(unsigned number, unsigned mask) {
  Warp& warp = warps_[number];
  const unsigned lanes = mask & warp.alive;
  if ((lanes & ~warp.waiting) != 0) {
    return;
  }
  Fiber** fibers = &threads_[number * warpSize];
  const Collective kind = fibers[__builtin_ctz(lanes)]->waitKind;
  std::uint64_t values[warpSize];
  std::fill(values, values + warpSize, poisonWord * 0x100000001ULL);
  unsigned ballot = 0;
  for (unsigned rest = lanes; rest != 0; rest &= rest - 1) {
    const unsigned lane = static_cast<unsigned>(__builtin_ctz(rest));
    const Fiber* fiber = fibers[lane];
    if (fiber->waitMask != mask || fiber->waitKind != kind) {
      return;
    }
    values[lane] = fiber->value;
    ballot |= fiber->value != 0 ? 1U << lane : 0;
  }
  // A shuffle and a vote order no memory accesses.
  if (kind == Collective::sync && BlockCheck::running() != nullptr) {
    check_->clock().meet(number, lanes);
  }
  warp.waiting &= ~lanes;
  for (unsigned rest = lanes; rest != 0; rest &= rest - 1) {
    Fiber* fiber = fibers[__builtin_ctz(rest)];
    fiber->value = kind == Collective::ballot ? ballot : values[fiber->source % warpSize];
    fiber->waitMask = 0;
    ready_.push_back(fiber);
  }
  fruitless_ = 0;
}

unsigned BlockRunner::activeMask() const { return warps_[current_->thread.rank / warpSize].alive; }

void BlockRunner::yield() {
  inKernel_ = false;
  current_->thread.polls = 0;
  yielded_.push_back(current_);
  suspend();
  inKernel_ = true;
}

/** Drops all that runs, after a failure. */
void BlockRunner::abandon() {
  ready_.clear();
  yielded_.clear();
  waitForCluster_.clear();
  idle_.clear();
  for (auto& fiber : fibers_) {
    fiber->reset();
    idle_.push_back(fiber.get());
  }
}

}  // namespace emulator

using emulator::BlockRunner;

extern "C" {

emulator::Thread* cvaeEmulatorThread() { return BlockRunner::running()->thread(); }

unsigned int cvaeEmulatorBarrier(bool predicate, emulator::Place place) {
  return BlockRunner::running()->barrier(predicate, place);
}

std::uint64_t cvaeEmulatorCollective(emulator::Collective kind, unsigned int mask,
                                     std::uint64_t value, unsigned int source,
                                     emulator::Place place) {
  return BlockRunner::running()->collective(kind, mask, value, source, place);
}

unsigned int cvaeEmulatorActiveMask() { return BlockRunner::running()->activeMask(); }

void cvaeEmulatorYield() { BlockRunner::running()->yield(); }

void cvaeEmulatorTrap(const char* why, emulator::Place place) {
  BlockRunner::running()->fail(CUDA_ERROR_LAUNCH_FAILED,
                               std::string(why) + " at " + emulator::text(place));
}

void cvaeEmulatorBadIndex(long index, emulator::Place place) {
  BlockRunner::running()->fail(
      CUDA_ERROR_ILLEGAL_ADDRESS,
      emulator::format("index %ld is beyond the array at ", index) + emulator::text(place));
}

void cvaeEmulatorMisaligned(const void* address, emulator::Place place) {
  BlockRunner::running()->fail(
      CUDA_ERROR_MISALIGNED_ADDRESS,
      emulator::format("misaligned access to %p at ", address) + emulator::text(place));
}
}
