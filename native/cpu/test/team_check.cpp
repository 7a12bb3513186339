// SPDX-License-Identifier: Apache-2.0
//
// The team's barrier and claims, under ThreadSanitizer: each unit of a phase is done once, after all of the phase
// before, and what it wrote is seen. Found through -I, so that a planted fault can stand in its place.
#include "team.h"

#include <memory>
#include <thread>
#include <vector>

#include "check.h"

namespace check {

namespace {

constexpr int kCalls = 20;
constexpr int kPhases = 25;

/** Units of a phase's sections. */
int64_t units_of(int phase, int section) { return (phase * 13 + section * 7) % 41; }

int sections_of(int phase) { return phase % 4 == 3 ? 5 : 1; }

struct Shared {
  /** Of each unit of two phases that follow each other: which phase did it last. Not atomic. */
  std::vector<int> done[2] = {std::vector<int>(512), std::vector<int>(512)};
};

size_t place(int section, int64_t unit) { return size_t(section * 64 + unit); }

/** All units of the phase before have been done, and are seen to. */
void look_back(const Shared& shared, int call, int phase) {
  if (phase == 0) {
    return;
  }
  int before = phase - 1;
  for (int section = 0; section < sections_of(before); section++) {
    for (int64_t unit = 0; unit < units_of(before, section); unit++) {
      int done = shared.done[before % 2][place(section, unit)];
      if (done != call * kPhases + phase) {
        fail("phase %d of call %d begins before unit %d of section %d is done", phase, call,
             int(unit), section);
      }
    }
  }
}

void do_unit(Shared& shared, int call, int phase, int section, int64_t unit) {
  look_back(shared, call, phase);
  int& done = shared.done[phase % 2][place(section, unit)];
  int mark = call * kPhases + phase + 1;
  if (done == mark) {
    fail("unit %d of phase %d is done twice", int(unit), phase);
  }
  done = mark;
  if (unit % 16 == 1) {
    // A thread that is slow, whose units others take.
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

void take_part(cvae::Team& team, Shared& shared, int member) {
  for (int call = 0; call < kCalls; call++) {
    cvae::Team::Member self(team, member);
    for (int phase = 0; phase < kPhases; phase++) {
      if (sections_of(phase) == 1) {
        self.run(units_of(phase, 0), [&](int64_t unit) { do_unit(shared, call, phase, 0, unit); });
      } else {
        self.run_sections(
            sections_of(phase), [&](int section) { return units_of(phase, section); },
            [&](int section, int64_t unit) { do_unit(shared, call, phase, section, unit); });
      }
    }
    // What the lead does between two calls.
    if (self.is_lead()) {
      look_back(shared, call, kPhases);
    }
  }
}

void check_team(int threads, bool has_cores) {
  subject() = std::to_string(threads) + " threads" + (has_cores ? " with cores" : "");
  auto team = std::make_unique<cvae::Team>();
  team->begin(threads, has_cores);
  Shared shared;
  std::vector<std::thread> others;
  for (int member = 1; member < threads; member++) {
    others.emplace_back([&, member] { take_part(*team, shared, member); });
  }
  take_part(*team, shared, 0);
  for (std::thread& other : others) {
    other.join();
  }
}

}  // namespace

}  // namespace check

int main() {
  for (int threads : {1, 2, 3, 5, 8}) {
    check::check_team(threads, false);
    check::check_team(threads, true);
  }
  puts("the team's barrier and claims are right");
  return 0;
}
