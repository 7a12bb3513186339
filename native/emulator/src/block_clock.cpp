// SPDX-License-Identifier: Apache-2.0
#include "block_clock.h"

#include <algorithm>

namespace emulator {
namespace {

constexpr std::uint64_t threadsInKey = 1 << 11;
constexpr std::uint64_t wholeBlock = 1 << 10;
/** More than a clock goes on by while the threads of a block come to a cluster's barrier. */
constexpr std::uint64_t leap = 1 << 16;

std::uint64_t keyOf(std::uint32_t block, std::uint64_t thread) {
  return block * threadsInKey + thread;
}

}  // namespace

void Knowledge::add(Entry entry) {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), entry,
                             [](const Entry& a, const Entry& b) { return a.key < b.key; });
  if (at != entries_.end() && at->key == entry.key) {
    at->clock = std::max(at->clock, entry.clock);
  } else {
    entries_.insert(at, entry);
  }
}

void Knowledge::join(const Knowledge& other) {
  if (entries_.empty()) {
    entries_ = other.entries_;
    return;
  }
  for (const Entry& entry : other.entries_) {
    add(entry);
  }
}

void Knowledge::addBlock(std::uint32_t block, std::uint64_t before) {
  if (before > 0) {
    add({keyOf(block, wholeBlock), before - 1});
  }
}

void Knowledge::addThread(std::uint32_t block, std::uint32_t thread, std::uint64_t upTo) {
  add({keyOf(block, thread), upTo});
}

std::uint64_t Knowledge::clockOf(std::uint64_t key) const {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), key,
                             [](const Entry& entry, std::uint64_t k) { return entry.key < k; });
  return at != entries_.end() && at->key == key ? at->clock : 0;
}

bool Knowledge::covers(const Stamp& stamp) const {
  return !entries_.empty() && (clockOf(keyOf(stamp.block(), wholeBlock)) >= stamp.clock() ||
                               clockOf(keyOf(stamp.block(), stamp.thread())) >= stamp.clock());
}

void BlockClock::begin(std::uint32_t block, unsigned threads) {
  block_ = block & Stamp::maxBlock;
  floor_ = 1;
  now_.assign(threads, 1);
  lanes_.clear();
  foreign_.clear();
  learnt_.clear();
  cluster_.clear();
  coming_.clear();
  goneOn_.assign(threads, false);
  goneOnCount_ = comeCount_ = 0;
}

void BlockClock::barrier() {
  floor_ = *std::max_element(now_.begin(), now_.end()) + 1;
  std::fill(now_.begin(), now_.end(), floor_);
  for (Learnt& learnt : learnt_) {
    foreign_.join(learnt.known);
    learnt.known.clear();
  }
}

void BlockClock::arrive(unsigned thread) {
  if (comeCount_++ == 0) {
    comingMark_ = *std::max_element(now_.begin(), now_.end()) + leap;
  }
  if (!learnt_.empty()) {
    coming_.join(learnt_[thread].known);
  }
  now_[thread] = comingMark_;
}

Knowledge BlockClock::arrived() {
  comeCount_ = 0;
  mark_ = comingMark_;
  Knowledge all = foreign_;
  all.join(coming_);
  coming_.clear();
  all.addBlock(block_, mark_);
  return all;
}

void BlockClock::goOn(unsigned thread, const Knowledge& cluster) {
  if (goneOnCount_ == 0) {
    cluster_ = cluster;
  }
  goneOn_[thread] = true;
  if (++goneOnCount_ == now_.size()) {
    floor_ = std::max(floor_, mark_);
    foreign_.join(cluster_);
    goneOn_.assign(now_.size(), false);
    goneOnCount_ = 0;
  }
}

void BlockClock::meet(unsigned warp, unsigned lanes) {
  if (lanes_.empty()) {
    lanes_.resize(now_.size() * 32);
  }
  const unsigned first = warp * 32;
  std::uint64_t joined[32] = {};
  Knowledge known;
  for (unsigned rest = lanes; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<unsigned>(__builtin_ctz(rest));
    const std::uint64_t* own = lanesOf(first + lane);
    for (unsigned i = 0; i < 32; i++) {
      joined[i] = std::max(joined[i], own[i]);
    }
    joined[lane] = std::max(joined[lane], now_[first + lane]);
    if (!learnt_.empty()) {
      known.join(learnt_[first + lane].known);
    }
  }
  for (unsigned rest = lanes; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<unsigned>(__builtin_ctz(rest));
    std::copy(joined, joined + 32, lanesOf(first + lane));
    now_[first + lane]++;
    if (!learnt_.empty()) {
      learnt_[first + lane].known = known;
    }
  }
}

BlockClock::Learnt& BlockClock::learnt(unsigned thread) {
  if (learnt_.empty()) {
    learnt_.resize(now_.size());
  }
  return learnt_[thread];
}

Knowledge BlockClock::release(unsigned thread) {
  Knowledge all = foreign_;
  if (hasGoneOn(thread)) {
    all.join(cluster_);
  }
  if (!learnt_.empty()) {
    all.join(learnt_[thread].known);
  }
  all.addBlock(block_, floor_);
  if (!lanes_.empty()) {
    const unsigned first = thread / 32 * 32;
    for (unsigned lane = 0; lane < 32 && first + lane < now_.size(); lane++) {
      all.addThread(block_, first + lane, lanesOf(thread)[lane]);
    }
  }
  all.addThread(block_, thread, now_[thread]++);
  return all;
}

void BlockClock::acquire(unsigned thread, const Knowledge& knowledge) {
  if (!knowledge.isEmpty()) {
    learnt(thread).known.join(knowledge);
  }
}

void BlockClock::fence(unsigned thread) {
  Learnt& own = learnt(thread);
  own.known.join(own.found);
  own.found.clear();
  own.fenced = release(thread);
}

const Knowledge& BlockClock::fenced(unsigned thread) const {
  static const Knowledge nothing;
  return learnt_.empty() ? nothing : learnt_[thread].fenced;
}

void BlockClock::found(unsigned thread, const Knowledge& knowledge) {
  if (!knowledge.isEmpty()) {
    learnt(thread).found.join(knowledge);
  }
}

bool BlockClock::learntHere(const Stamp& stamp, unsigned thread) const {
  if (!lanes_.empty() && stamp.warp() == thread / 32 &&
      lanesOf(thread)[stamp.thread() % 32] >= stamp.clock()) {
    return true;
  }
  return learntOf(stamp, thread);
}

bool BlockClock::learntOf(const Stamp& stamp, unsigned thread) const {
  return foreign_.covers(stamp) || (hasGoneOn(thread) && cluster_.covers(stamp)) ||
         (!learnt_.empty() && learnt_[thread].known.covers(stamp));
}

}  // namespace emulator
