// SPDX-License-Identifier: Apache-2.0
// What a block does with the others of its cluster, and with the grid before its own.
#include <algorithm>
#include <cstring>

#include "block.h"
#include "block_check.h"
#include "cluster.h"
#include "driver_api.h"
#include "module.h"
#include "moment.h"
#include "place.h"
#include "report.h"

namespace emulator {

void BlockRunner::clusterArrive(Place place) {
  inKernel_ = false;
  Fiber* self = current_;
  if (self->clusterArrivals > self->clusterWaits) {
    fail(CUDA_ERROR_LAUNCH_FAILED,
         "a second cluster_arrive() without a cluster_wait() after the first at " + text(place));
  }
  self->clusterArrivals++;
  if (atClusterBarrier_++ == 0) {
    clusterPlace_ = place;
  } else if (!same(place, clusterPlace_)) {
    fail(CUDA_ERROR_LAUNCH_FAILED,
         "barrier divergence: a thread comes to the cluster's barrier at " + text(place) +
             ", another of its block at " + text(clusterPlace_));
  }
  const bool isChecked = BlockCheck::running() != nullptr;
  if (isChecked) {
    check_->clock().arrive(self->thread.rank);
  }
  if (atClusterBarrier_ == size_) {
    atClusterBarrier_ = 0;
    clusterBarriers_++;
    seat_.cluster->arrive(isChecked ? check_->clock().arrived() : Knowledge());
  }
  inKernel_ = true;
}

void BlockRunner::clusterWait(Place place) {
  inKernel_ = false;
  Fiber* self = current_;
  if (self->clusterArrivals == self->clusterWaits) {
    fail(CUDA_ERROR_LAUNCH_FAILED,
         "a cluster_wait() without a cluster_arrive() before it at " + text(place));
  }
  const unsigned barrier = self->clusterArrivals - 1;
  if (!seat_.cluster->hasPassed(barrier)) {
    self->place = place;
    waitForCluster_.push_back(self);
    suspend();
  }
  self->clusterWaits++;
  seat_.cluster->goOn(seat_.rank, barrier);
  if (BlockCheck::running() != nullptr) {
    check_->clock().goOn(self->thread.rank, seat_.cluster->done());
  }
  inKernel_ = true;
}

/**
 * When no thread of the block can go on otherwise: lets those go on that wait for the cluster, once its
 * other blocks have come.
 *
 * @return whether any goes on
 */
bool BlockRunner::meetCluster() {
  if (waitForCluster_.empty()) {
    return false;
  }
  const Fiber* first = waitForCluster_.front();
  const unsigned barrier = first->clusterArrivals - 1;
  if (!seat_.cluster->hasPassed(barrier)) {
    const bool othersPoll = !yielded_.empty();
    const bool hasCome = clusterBarriers_ > barrier;
    if (othersPoll || !hasCome) {
      return false;
    }
    std::string wrong;
    if (!seat_.cluster->await(seat_.rank, barrier, first->place, &wrong)) {
      if (!wrong.empty()) {
        failure_ = {CUDA_ERROR_LAUNCH_FAILED, format("kernel %s: ", grid_->kernel->name) + wrong};
      }
      return false;
    }
  }
  // Those behind may wait for the next barrier, if they found this one passed.
  while (!waitForCluster_.empty() &&
         seat_.cluster->hasPassed(waitForCluster_.front()->clusterArrivals - 1)) {
    ready_.push_back(waitForCluster_.front());
    waitForCluster_.pop_front();
  }
  fruitless_ = 0;
  return true;
}

/** Waits for the cluster's other blocks to end: until then they may use this one's shared memory. */
void BlockRunner::leaveCluster() {
  if (failure_.code != 0 || grid_->cancelled) {
    return;
  }
  std::string wrong;
  seat_.cluster->leave(seat_.rank, &wrong);
  if (!wrong.empty()) {
    failure_ = {CUDA_ERROR_LAUNCH_FAILED, format("kernel %s: ", grid_->kernel->name) + wrong};
  }
}

void* BlockRunner::inBlock(void* shared, unsigned rank, Place place) {
  inKernel_ = false;
  Fiber* self = current_;
  if (rank >= seat_.cluster->size()) {
    fail(CUDA_ERROR_ILLEGAL_ADDRESS,
         format("in_block() of block %u of a cluster of %u at ", rank, seat_.cluster->size()) +
             text(place));
  }
  if (!grid_->module->isShared(shared)) {
    fail(CUDA_ERROR_ILLEGAL_ADDRESS,
         format("in_block() of %p, which is no shared memory of this block, at ", shared) +
             text(place));
  }
  if (rank != seat_.rank) {
    if (self->clusterWaits == 0) {
      fail(CUDA_ERROR_ILLEGAL_ADDRESS,
           format("in_block() of block %u, which may not have begun: no cluster's barrier before ",
                  rank) +
               text(place));
    }
    char* other = seat_.cluster->use(seat_.rank, rank, self->clusterArrivals, place);
    shared = other + (static_cast<char*>(shared) - grid_->module->sharedOfThread());
  }
  inKernel_ = true;
  return shared;
}

void BlockRunner::waitForPreviousGrid() { current_->sawPreviousGrid = true; }

void BlockRunner::letNextGridStart() {
  if (grid_->programmatic && !current_->sawPreviousGrid && grid_->moment != nullptr) {
    inKernel_ = false;
    grid_->moment->letNextStart();
    inKernel_ = true;
  }
}

/** In a programmatic launch, no thread may end without having waited for the grid before. */
void BlockRunner::checkPreviousGrid() {
  if (grid_->programmatic && !current_->sawPreviousGrid) {
    fail(CUDA_ERROR_LAUNCH_FAILED,
         "ends without wait_for_previous_grid() in a programmatic launch: the next grid may then "
         "begin before the one before this has ended");
  }
}

}  // namespace emulator

using emulator::BlockRunner;

extern "C" {

void cvaeEmulatorClusterArrive(emulator::Place place) {
  BlockRunner::running()->clusterArrive(place);
}

void cvaeEmulatorClusterWait(emulator::Place place) { BlockRunner::running()->clusterWait(place); }

void* cvaeEmulatorInBlock(void* shared, unsigned int rank, emulator::Place place) {
  return BlockRunner::running()->inBlock(shared, rank, place);
}

void cvaeEmulatorWaitForPreviousGrid() { BlockRunner::running()->waitForPreviousGrid(); }

void cvaeEmulatorLetNextGridStart() { BlockRunner::running()->letNextGridStart(); }
}
