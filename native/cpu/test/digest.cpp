// SPDX-License-Identifier: Apache-2.0
//
//   cpu-bits              prints the digests of what networks become, for bits.txt
//   cpu-bits check FILE [MOST [THREADS]]
//                         trains them by so many threads (1,2,3,4,5,6,7,8) and compares; leaves out what takes more
//                         than MOST million products, a parameter and an image having one in each step
//
// The same on every processor: all numbers that go in are made of integers, exact products and roundings that
// IEEE 754 defines.
#include <string.h>

#include <set>

#include "sha256.h"
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
          {{50, {40, 20}, 3}, 33, 0.3, {300}},
          {{100, {37, 20}, 5}, 50, 0.2, {10, 300}},
          {{196, {97, 31, 9}, 17}, 33, 0.7, {10, 300}},
          {{225, {130}, 3}, 150, 0.3, {5, 200}},
          {{784, {400, 50}, 2}, 128, 0.2, {3, 60, 300}},
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

/** By messages whose digests NIST has published. */
void require_sha256() {
  struct Example {
    std::string message;
    const char* digest;
  };
  const Example examples[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1000000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  for (const Example& example : examples) {
    subject() = "SHA-256 of " + std::to_string(example.message.size()) + " bytes";
    Sha256 sha;
    // Across the ends of blocks.
    size_t first = example.message.size() / 3;
    sha.add(example.message.data(), first);
    sha.add(example.message.data() + first, example.message.size() - first);
    std::string digest = sha.digest();
    if (digest != example.digest) {
      fail("%s, where NIST has %s", digest.c_str(), example.digest);
    }
  }
}

/** SHA-256 of the parameters and both moments, of each float the four bytes from the lowest. */
std::string digest(const Model& model) {
  Sha256 sha;
  for (Array array : {kParameters, kFirstMoment, kSecondMoment}) {
    std::vector<float> floats = model.read(array);
    for (float value : floats) {
      if (!isfinite(value)) {
        fail("a number is not finite");
      }
    }
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "other bytes of the same floats");
    sha.add(floats.data(), floats.size() * sizeof(float));
  }
  return sha.digest();
}

std::string line(const Case& one, int steps, const Model& model) {
  return name(one) + " after " + std::to_string(steps) + ": " + digest(model);
}

/** Millions. */
double products(const Case& one, int steps) {
  bool learns_sigma = one.likelihood.learns_sigma;
  return double(Layout(one.shape, learns_sigma).size) * one.batch * steps / 1e6;
}

/** Trains a network and gives a line for each number of steps that takes no more than so many million products. */
std::vector<std::string> lines(const Case& one, int threads, double most) {
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
    if (products(one, end) > most) {
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

int compare(const char* file, double most, const char* threads) {
  std::set<std::string> expected = read(file);
  int compared = 0;
  for (const Case& one : cases()) {
    for (const char* next = threads; next != nullptr; next = strchr(next, ',')) {
      next += *next == ',';
      int by = atoi(next);
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
  printf("%s: %d digests by %s threads are those of %s\n", cvae_isa(), compared, threads, file);
  return 0;
}

}  // namespace

}  // namespace check

int main(int count, char** arguments) {
  using namespace check;
  require_sha256();
  if (count == 1) {
    for (const Case& one : cases()) {
      for (const std::string& line : lines(one, 2, HUGE_VAL)) {
        puts(line.c_str());
      }
    }
    return 0;
  }
  if (count < 3 || strcmp(arguments[1], "check") != 0) {
    fprintf(stderr, "cpu-bits [check FILE [MOST [THREADS]]]\n");
    return 2;
  }
  return compare(arguments[2], count > 3 ? atof(arguments[3]) : HUGE_VAL,
                 count > 4 ? arguments[4] : "1,2,3,4,5,6,7,8");
}
