// SPDX-License-Identifier: Apache-2.0
//
//   cpu-bits                           prints the digests of what networks become, for bits.txt
//   cpu-bits check FILE [MOST [THREADS]]   trains them by 1 to THREADS threads, for MOST steps at most, and compares
//
// The same on every processor: all numbers that go in are made of integers, exact products and roundings that
// IEEE 754 defines.
#include <string.h>

#include <set>

#include "subject.h"

namespace check {

namespace {

struct Case {
  Shape shape;
  int batch;
  double density;
  /** After which a digest is taken; ascending. */
  std::vector<int> steps;
  KlTerm kl_term = {};
  Likelihood likelihood = {};
};

/** The first steps of each are few enough for an emulated processor. */
std::vector<Case> cases() {
  return {{{1, {1}, 1}, 1, 1, {20, 300}},
          {{35, {11}, 2}, 16, 0.2, {20, 300}},
          {{35, {11}, 2}, 16, 0.9, {20, 300}},
          {{100, {37, 20}, 5}, 50, 0.2, {10, 300}},
          {{196, {97, 31, 9}, 17}, 33, 0.7, {10, 300}},
          {{225, {130}, 3}, 150, 0.3, {5, 200}},
          {{784, {400, 50}, 2}, 128, 0.2, {3, 60}},
          {{784, {400, 50}, 10}, 100, 0.8, {3, 30}},
          {{784, {512, 256}, 64}, 32, 0.2, {2, 25}},
          {{100, {37, 20}, 5}, 50, 0.2, {10, 300}, {CVAE_KL_DISTANCE, 0.25f}},
          {{100, {37, 20}, 5}, 50, 0.2, {10, 300}, {CVAE_KL_FREE_BITS, 0.1f}},
          {{1, {1}, 1, Activation::kTanh}, 1, 1, {20, 300}},
          {{100, {37, 20}, 5, Activation::kTanh}, 50, 0.2, {10, 300}},
          {{196, {97, 31, 9}, 17, Activation::kTanh}, 33, 0.7, {10, 300}},
          {{225, {130}, 3, Activation::kTanh}, 150, 0.3, {5, 200}},
          {{100, {37, 20}, 5}, 50, 0.2, {10, 300}, {}, {"continuous_bernoulli"}},
          {{100, {37, 20}, 5}, 50, 0.2, {10, 300}, {}, {"gaussian", -1.5f, false}},
          {{100, {37, 20}, 5}, 50, 0.2, {10, 300}, {}, {"gaussian", 0, true}}};
}

std::string name(const Case& one) {
  return one.shape.name() + " batch " + std::to_string(one.batch) + " lit " +
         std::to_string(int(one.density * 100 + 0.5)) + "%" +
         (one.kl_term.form == CVAE_KL_WEIGHTED ? "" : " " + one.kl_term.name()) +
         (strcmp(one.likelihood.name, Likelihood().name) == 0 ? "" : " " + one.likelihood.text());
}

/** FNV-1a of 64 bits (G. Fowler et al.), of the bytes of floats from the lowest. */
uint64_t digest(const std::vector<float>& floats) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (float value : floats) {
    if (!isfinite(value)) {
      fail("a number is not finite");
    }
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++) {
      hash = (hash ^ (bits >> (8 * i) & 0xff)) * 0x100000001b3u;
    }
  }
  return hash;
}

std::string line(const Case& one, int steps, const Model& model) {
  char digests[64];
  snprintf(digests, sizeof digests, "%016llx %016llx %016llx",
           static_cast<unsigned long long>(digest(model.read(kParameters))),
           static_cast<unsigned long long>(digest(model.read(kFirstMoment))),
           static_cast<unsigned long long>(digest(model.read(kSecondMoment))));
  return name(one) + " after " + std::to_string(steps) + ": " + digests;
}

/** Trains a network and gives a line for each number of steps up to the most. */
std::vector<std::string> lines(const Case& one, int threads, int most) {
  Random random(uint64_t(one.shape.inputs) * 1000 + uint64_t(one.batch));
  int count = 3 * one.batch;
  std::vector<uint8_t> pixels =
      drawn_pixels(int64_t(count) * one.shape.inputs, one.density, random);
  std::vector<int32_t> order(static_cast<size_t>(count));
  for (int i = 0; i < count; i++) {
    order[size_t(i)] = int32_t((int64_t(i) * 7919 + 3) % count);
  }
  Model model(one.shape, one.batch, threads, false, grey_targets(), one.kl_term, one.likelihood);
  model.write(kParameters, drawn_parameters(one.shape, random, one.likelihood));
  std::vector<std::string> lines;
  int done = 0;
  for (int end : one.steps) {
    if (end > most) {
      break;
    }
    std::vector<Step> steps;
    for (; done < end; done++) {
      // The last of three is a smaller one.
      int images = done % 3 == 2 ? (one.batch + 1) / 2 : one.batch;
      steps.push_back({images, pixels.data(), &order[size_t(done % 3 * one.batch)], 99, done,
                       float(done) * 0.0625f, 1e-3f});
    }
    model.steps(steps);
    model.require_intact();
    lines.push_back(line(one, end, model));
  }
  return lines;
}

std::set<std::string> read(const char* file) {
  FILE* in = fopen(file, "r");
  if (in == nullptr) {
    fail("%s cannot be read", file);
  }
  std::set<std::string> lines;
  char buffer[256];
  while (fgets(buffer, sizeof buffer, in) != nullptr) {
    buffer[strcspn(buffer, "\n")] = 0;
    lines.insert(buffer);
  }
  fclose(in);
  return lines;
}

int compare(const char* file, int most, int threads) {
  std::set<std::string> expected = read(file);
  int compared = 0;
  for (const Case& one : cases()) {
    for (int by = 1; by <= threads; by++) {
      subject() = name(one) + ", " + std::to_string(by) + " threads, " + cvae_isa();
      for (const std::string& line : lines(one, by, most)) {
        if (expected.count(line) == 0) {
          fail("%s does not have: %s", file, line.c_str());
        }
        compared++;
      }
    }
  }
  subject() = file;
  if (compared == 0) {
    fail("nothing was compared");
  }
  printf("%s: %d digests by 1 to %d threads are those of %s\n", cvae_isa(), compared, threads,
         file);
  return 0;
}

}  // namespace

}  // namespace check

int main(int count, char** arguments) {
  using namespace check;
  if (count == 1) {
    for (const Case& one : cases()) {
      for (const std::string& line : lines(one, 2, 1 << 30)) {
        puts(line.c_str());
      }
    }
    return 0;
  }
  if (count < 3 || strcmp(arguments[1], "check") != 0) {
    fprintf(stderr, "cpu-bits [check FILE [MOST [THREADS]]]\n");
    return 2;
  }
  return compare(arguments[2], count > 3 ? atoi(arguments[3]) : 1 << 30,
                 count > 4 ? atoi(arguments[4]) : 8);
}
