// SPDX-License-Identifier: Apache-2.0
//
// Threads that go through the phases of a step together. The threads are the caller's; here they share out the
// work of a phase and wait for each other at its end.
//
// A phase is cut into units, whose results do not depend on who computes them. Each thread has units of its
// own, the same ones in every step, whose data stay in its cache; one that has finished its own takes what
// others have not begun. So a thread whose core is taken away for a while keeps nobody waiting for longer than
// its unit takes.
#pragma once

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

#include "lanes.h"

namespace cvae {

constexpr int kMaxThreads = 256;

/** Nanoseconds of a clock that only goes forward. */
inline int64_t now() {
  // Not the library's function, which came with a later version of it.
  timespec time;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

class Team {
 public:
  /**
   * @param threads from 1 to kMaxThreads
   * @param has_cores whether each thread has a core, so that waiting by spinning takes none from another
   */
  void begin(int threads, bool has_cores) {
    threads_ = threads;
    spins_ = has_cores ? spins_of(kSpinNanos) : 0;
  }

  int threads() const { return threads_; }

  /** Waits for all threads; what they wrote before is visible after. */
  void wait() {
    uint32_t mine = generation_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      // Ordered with a sleeper's count: either it is seen here, or the sleeper sees the new generation.
      generation_.store(mine + 1, std::memory_order_seq_cst);
      if (sleepers_.load(std::memory_order_seq_cst) != 0) {
        futex(FUTEX_WAKE_PRIVATE, kMaxThreads, nullptr);
      }
      return;
    }
    for (int spun = 0; spun < spins_; spun++) {
      if (generation_.load(std::memory_order_acquire) != mine) {
        return;
      }
      pause();
    }
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    while (generation_.load(std::memory_order_seq_cst) == mine) {
      futex(FUTEX_WAIT_PRIVATE, mine, nullptr);
    }
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  /** A thread's part in a run of phases. Each thread has its own, and all call the same methods in turn. */
  class Member {
   public:
    Member(Team& team, int index) : team_(team), index_(index) {
      team_.claims_[0][index_].next.store(0, std::memory_order_relaxed);
      team_.wait();
    }

    bool is_lead() const { return index_ == 0; }

    /** Runs body(unit) for each of `units` units, all threads together, and waits for the last of them. */
    template <typename Body>
    void run(int64_t units, Body body) {
      run_sections(1, [&](int) { return units; }, [&](int, int64_t unit) { body(unit); });
    }

    /**
     * Runs body(section, unit) for each of the units(section) units of each section. A thread's own are a share of
     * each section, so that its data are those of the phase that used to cut one section alike.
     */
    template <typename Units, typename Body>
    void run_sections(int sections, Units units, Body body) {
      // Nobody is in the phase that used these any more, and nobody is in the one that will.
      team_.claims_[(phase_ + 1) & 1][index_].next.store(0, std::memory_order_relaxed);
      for (int i = 0; i < team_.threads_; i++) {
        int owner = index_ + i < team_.threads_ ? index_ + i : index_ + i - team_.threads_;
        take_from(owner, sections, units, body);
      }
      phase_++;
      team_.wait();
    }

   private:
    /** A thread's share of a section's units. */
    struct Share {
      int64_t first;
      int64_t count;
    };

    Share share_of(int owner, int64_t units) const {
      int64_t first = units * owner / team_.threads_;
      return {first, units * (owner + 1) / team_.threads_ - first};
    }

    /** Does what a thread has of a phase, this one or another, and nobody has begun. */
    template <typename Units, typename Body>
    void take_from(int owner, int sections, Units& units, Body& body) {
      std::atomic<int64_t>& next = team_.claims_[phase_ & 1][owner].next;
      int64_t all = 0;
      for (int s = 0; s < sections; s++) {
        all += share_of(owner, units(s)).count;
      }
      int section = 0;
      int64_t before = 0;
      Share share = share_of(owner, units(0));
      while (next.load(std::memory_order_relaxed) < all) {
        int64_t taken = next.fetch_add(1, std::memory_order_relaxed);
        if (taken >= all) {
          return;
        }
        while (taken >= before + share.count) {
          before += share.count;
          share = share_of(owner, units(++section));
        }
        body(section, share.first + taken - before);
      }
    }

    Team& team_;
    const int index_;
    unsigned phase_ = 0;
  };

 private:
  /**
   * How long a waiting thread spins before it sleeps: longer than the others take for the rest of their units, and
   * no longer. A thread that sleeps leaves its core to another of the team whose own was taken.
   */
  static constexpr int64_t kSpinNanos = 6000;

  /** How many looks at the barrier take so long: a pause takes from 1 to 50 nanoseconds, by the processor. */
  int spins_of(int64_t nanos) const {
    constexpr int kLooks = 200;
    int64_t fastest = INT64_MAX;
    // More than once, for the processor may be taken away meanwhile.
    for (int i = 0; i < 5; i++) {
      int64_t start = now();
      for (int spun = 0; spun < kLooks && generation_.load(std::memory_order_acquire) == 0;
           spun++) {
        pause();
      }
      int64_t took = now() - start;
      fastest = took < fastest ? took : fastest;
    }
    return int(nanos * kLooks / (fastest > 0 ? fastest : 1));
  }

  /** How many of its own units of a phase a thread has had taken. In a cache line of its own. */
  struct alignas(64) Claim {
    std::atomic<int64_t> next;
  };

  void futex(int operation, uint32_t value, const timespec* timeout) {
    static_assert(sizeof generation_ == sizeof(uint32_t), "what a futex is");
    syscall(SYS_futex, &generation_, operation, value, timeout, nullptr, 0);
  }

  int threads_ = 1;
  int spins_ = 0;
  alignas(64) std::atomic<int> arrived_{0};
  std::atomic<int> sleepers_{0};
  alignas(64) std::atomic<uint32_t> generation_{0};
  Claim claims_[2][kMaxThreads];
};

}  // namespace cvae
