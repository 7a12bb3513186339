// SPDX-License-Identifier: Apache-2.0
#include "cluster.h"

#include <algorithm>
#include <chrono>

#include "place.h"
#include "report.h"

namespace emulator {
namespace {

/** How often a block that waits looks whether the grid was cancelled. */
constexpr auto patience = std::chrono::milliseconds(5);

std::string name(uint3 block) { return format("block (%u,%u,%u)", block.x, block.y, block.z); }

}  // namespace

Cluster::Cluster(unsigned size, const std::atomic<bool>& cancelled)
    : cancelled_(cancelled), blocks_(size) {
  reset();
}

/** For the next cluster of the grid. */
void Cluster::reset() {
  for (Block& block : blocks_) {
    block.state = State::running;
    block.waits = 0;
    block.uses.assign(blocks_.size(), Use{});
  }
  arrived_ = ended_ = 0;
  coming_.clear();
  passed_ = 0;
}

void Cluster::begin(unsigned rank, uint3 blockIdx, char* shared, BlockCheck* check) {
  std::lock_guard<std::mutex> lock(mutex_);
  blocks_[rank].blockIdx = blockIdx;
  blocks_[rank].shared = shared;
  blocks_[rank].check = check;
}

void Cluster::arrive(const Knowledge& done) {
  std::lock_guard<std::mutex> lock(mutex_);
  coming_.join(done);
  if (++arrived_ == size()) {
    arrived_ = 0;
    done_ = coming_;
    coming_.clear();
    passed_++;
    for (Block& block : blocks_) {
      block.state = block.state == State::waiting ? State::running : block.state;
    }
    changed_.notify_all();
  }
}

void Cluster::goOn(unsigned rank, unsigned barrier) {
  blocks_[rank].waits = std::max(blocks_[rank].waits, barrier + 1);
}

bool Cluster::await(unsigned rank, unsigned barrier, Place place, std::string* wrong) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (hasPassed(barrier)) {
    return true;
  }
  blocks_[rank].state = State::waiting;
  blocks_[rank].place = place;
  *wrong = divergence();
  while (wrong->empty() && !hasPassed(barrier) && !cancelled_) {
    changed_.wait_for(lock, patience);
  }
  return hasPassed(barrier);
}

/** Who waits where, if nobody is left who could come; else empty. */
std::string Cluster::divergence() const {
  auto in = [this](State state) {
    return std::count_if(blocks_.begin(), blocks_.end(),
                         [state](const Block& block) { return block.state == state; });
  };
  if (in(State::running) > 0 || in(State::waiting) == 0) {
    return "";
  }
  std::string text = format("barrier divergence in a cluster of %u blocks", size());
  for (const Block& block : blocks_) {
    text += "; " + name(block.blockIdx);
    text += block.state == State::ended
                ? format(" has ended after %u of its barriers", block.waits)
                : " waits at a cluster's barrier in " + emulator::text(block.place);
  }
  return text;
}

char* Cluster::use(unsigned user, unsigned owner, unsigned arrivals, Place place) {
  // Only the user's thread writes it, and it is read when all blocks have ended.
  blocks_[user].uses[owner] = {true, arrivals, place};
  return blocks_[owner].shared;
}

/** A use after which its owner may have ended at once, whether or not it had; else empty. */
std::string Cluster::useAfterEnd() const {
  for (const Block& user : blocks_) {
    for (unsigned owner = 0; owner < size(); owner++) {
      const Use& use = user.uses[owner];
      if (use.made && blocks_[owner].waits <= use.arrivals) {
        return name(user.blockIdx) + " uses shared memory of " + name(blocks_[owner].blockIdx) +
               " at " + emulator::text(use.place) +
               ", which may have ended: a cluster's barrier is missing after it";
      }
    }
  }
  return "";
}

void Cluster::leave(unsigned rank, std::string* wrong) {
  std::unique_lock<std::mutex> lock(mutex_);
  const unsigned generation = generation_;
  blocks_[rank].state = State::ended;
  if (++ended_ == size()) {
    *wrong = useAfterEnd();
    reset();
    generation_++;
    changed_.notify_all();
    return;
  }
  *wrong = divergence();
  while (wrong->empty() && generation_ == generation && !cancelled_) {
    changed_.wait_for(lock, patience);
  }
}

}  // namespace emulator
