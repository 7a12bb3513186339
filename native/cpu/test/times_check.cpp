// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "checks.h"
#include "subject.h"

namespace check {

namespace {

int64_t sum(const std::vector<int64_t>& times) {
  int64_t all = 0;
  for (int64_t time : times) {
    if (time < 0) {
      fail("a phase took %lld ns", static_cast<long long>(time));
    }
    all += time;
  }
  return all;
}

}  // namespace

void check_times() {
  subject() = "times of the phases";
  const Shape shape{60, {40, 30}, 2};
  const int kBatch = 64;
  Random random(1);
  std::vector<uint8_t> pixels = drawn_pixels(int64_t(kBatch) * shape.inputs, 0.3, random);
  std::vector<int32_t> order(kBatch);
  Model model(shape, kBatch, 2);
  model.write(kParameters, drawn_parameters(shape, random));
  const Step step{kBatch, pixels.data(), order.data(), 1, 0, 1, 1e-3f};
  model.step(step);
  if (sum(model.times()) != 0) {
    fail("they are taken though nobody has asked for them");
  }
  auto began = std::chrono::steady_clock::now();
  model.step(step);
  model.step(step);
  int64_t most = std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count();
  std::vector<int64_t> times = model.times();
  for (size_t phase = 0; phase < times.size(); phase++) {
    if (times[phase] == 0) {
      fail("phase %zu took no time", phase);
    }
  }
  if (sum(times) > most) {
    fail("they are %lld ns, of %lld", static_cast<long long>(sum(times)),
         static_cast<long long>(most));
  }
  if (sum(model.times()) != 0) {
    fail("they are told twice");
  }
}

}  // namespace check
