// SPDX-License-Identifier: Apache-2.0
//
// What may not change a bit.
#include <string.h>

#include "checks.h"
#include "reference.h"

namespace check {

namespace {

void expect_bits(const char* what, const std::vector<float>& actual,
                 const std::vector<float>& expected) {
  for (size_t i = 0; i < expected.size(); i++) {
    if (memcmp(&actual[i], &expected[i], sizeof(float)) != 0) {
      fail("%s %zu is %a where it should be %a", what, i, double(actual[i]), double(expected[i]));
    }
  }
}

struct Bits {
  TrainingState state;
  std::vector<float> encoded;
};

/** What becomes of a network. */
Bits trained(const Shape& shape, const KlTerm& term, const Likelihood& likelihood, int batch,
             int threads, bool keeps_gradients, const std::vector<float>& targets,
             const std::vector<float>& parameters, const std::vector<uint8_t>& pixels) {
  Model model(shape, batch, threads, keeps_gradients, targets, term, likelihood);
  model.write(kParameters, parameters);
  std::vector<int32_t> order;
  for (int i = 0; i < batch; i++) {
    order.push_back(batch - 1 - i);
  }
  std::vector<Step> steps;
  for (int number = 0; number < 5; number++) {
    // A smaller one too.
    int images = number == 3 ? (batch + 1) / 2 : batch;
    steps.push_back({images, pixels.data(), order.data(), 11, number, 0.5f, 1e-2f});
  }
  model.steps(steps);
  model.require_intact();
  Matrix mean(batch, shape.latent);
  Matrix log_variance(batch, shape.latent);
  model.encode(batch, pixels.data(), mean, log_variance);
  mean.data.insert(mean.data.end(), log_variance.data.begin(), log_variance.data.end());
  return {TrainingState::of(model), mean.data};
}

void expect_bits(const Bits& actual, const Bits& expected) {
  expect_bits("parameter", actual.state.parameters, expected.state.parameters);
  expect_bits("first moment", actual.state.first_moment, expected.state.first_moment);
  expect_bits("second moment", actual.state.second_moment, expected.state.second_moment);
  expect_bits("posterior", actual.encoded, expected.encoded);
}

}  // namespace

void check_bits(Random& random) {
  Shape shape{random.between(1, 200), {}, random.between(1, 12)};
  for (int layers = random.between(1, 2); layers > 0; layers--) {
    shape.hidden.push_back(random.between(1, 130));
  }
  shape.activation = random.chance(0.5) ? Activation::kRelu : Activation::kTanh;
  int batch = random.between(1, 140);
  const KlTerm terms[] = {{}, {CVAE_KL_DISTANCE, 0.5f}, {CVAE_KL_FREE_BITS, 0.3f}};
  const KlTerm& term = terms[random.between(0, 2)];
  const Likelihood likelihood = all_likelihoods()[size_t(random.between(0, 3))];
  std::string name = shape.name() + ", batch " + std::to_string(batch) + ", " + term.name() + ", " +
                     likelihood.text();
  subject() = name;
  std::vector<float> parameters = drawn_parameters(shape, random, likelihood);
  std::vector<uint8_t> pixels = drawn_pixels(int64_t(batch) * shape.inputs, 0.2, random);
  // A second value of a pixel whose target is zero.
  std::vector<float> targets = grey_targets();
  targets[1] = 0;
  for (uint8_t& pixel : pixels) {
    pixel = pixel == 1 ? 2 : pixel;
  }
  Bits expected = trained(shape, term, likelihood, batch, 1, true, targets, parameters, pixels);

  for (int threads = 1; threads <= 8; threads++) {
    subject() = name + ", " + std::to_string(threads) + " threads";
    expect_bits(
        trained(shape, term, likelihood, batch, threads, false, targets, parameters, pixels),
        expected);
  }

  // The same images, whose zeros all count as lit.
  subject() = name + ", over all pixels instead of the lit ones";
  for (uint8_t& pixel : pixels) {
    pixel = pixel == 0 ? 1 : pixel;
  }
  for (int threads = 1; threads <= 3; threads += 2) {
    expect_bits(
        trained(shape, term, likelihood, batch, threads, false, targets, parameters, pixels),
        expected);
  }
}

void check_changing_density() {
  subject() = "sparse batches after dense ones";
  Random random(5);
  const Shape shape{60, {40, 20}, 3};
  const int batch = 70;
  const double densities[] = {0.9, 0.2, 0.2, 0.9, 0.1};
  const std::vector<float> targets = grey_targets();
  std::vector<int32_t> order;
  for (int i = 0; i < batch; i++) {
    order.push_back(i);
  }
  Model one(shape, batch, 2, false, targets);
  one.write(kParameters, drawn_parameters(shape, random));
  for (int number = 0; number < 5; number++) {
    std::vector<uint8_t> pixels =
        drawn_pixels(int64_t(batch) * shape.inputs, densities[number], random);
    Step step{batch, pixels.data(), order.data(), 11, number, 0.5f, 1e-2f};
    // A model that has seen no batch before goes by this one's density alone.
    Model fresh(shape, batch, 2, false, targets);
    for (Array array : {kParameters, kFirstMoment, kSecondMoment}) {
      fresh.write(array, one.read(array));
    }
    one.step(step);
    fresh.step(step);
    for (Array array : {kParameters, kFirstMoment, kSecondMoment}) {
      expect_bits("number", one.read(array), fresh.read(array));
    }
  }
}

}  // namespace check
