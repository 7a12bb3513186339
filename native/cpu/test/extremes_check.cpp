// SPDX-License-Identifier: Apache-2.0
//
// Numbers at the ends of what a float holds.
#include "checks.h"
#include "reference.h"

namespace check {

namespace {

/** A step of a model on one image. */
Losses step_on(Model& model, const std::vector<uint8_t>& pixels) {
  const int32_t first = 0;
  return model.step({1, pixels.data(), &first, 1, 0, 1, 1e-3f});
}

void check_logits(const Likelihood& likelihood) {
  subject() = std::string("extreme logits, ") + likelihood.text();
  // One hidden unit that passes on a positive z, and a logit that is as large as its bias.
  const std::vector<float> logits = {0,     1e-30f, -1e-30f, 1,     -1,     20,    -20,
                                     42.4f, -42.4f, 43,      -43,   88,     -88,   90,
                                     -90,   1e4f,   -1e4f,   1e30f, -1e30f, 3e38f, -3e38f};
  Shape shape{int(logits.size()), {1}, 1};
  Layout layout(shape);
  std::vector<float> parameters(layout.size);
  for (size_t p = 0; p < logits.size(); p++) {
    parameters[layout.decoder[1].bias + p] = logits[p];
  }
  std::vector<uint8_t> pixels(logits.size(), 255);
  Model model(shape, 1, 1, true, grey_targets(), {}, likelihood);
  model.write(kParameters, parameters);
  step_on(model, pixels);
  Matrix output = model.matrix(CVAE_OUTPUT, 0, 1, shape.inputs);
  for (size_t p = 0; p < logits.size(); p++) {
    expect_near("dlogits", 0, int64_t(p), double(output.at(0, int64_t(p))),
                gradient_of(likelihood, double(logits[p]), 1), 2 * kRounding);
  }
  model.require_intact();
}

void check_log_variances() {
  const Shape shape{3, {1}, 1};
  Layout layout(shape);
  std::vector<float> parameters(layout.size);
  std::vector<uint8_t> pixels(3, 255);
  Model model(shape, 1, 1);
  subject() = "extreme log variances";
  for (float log_variance : {-1e30f, -3000.f, -180.f, -170.f, -87.f, 0.f, 87.f, 170.f}) {
    parameters[layout.encoder[1].bias + 1] = log_variance;
    model.write(kParameters, parameters);
    step_on(model, pixels);
    float noise = model.matrix(CVAE_NOISE, 0, 1, 1).at(0, 0);
    double z = ::exp(double(log_variance) / 2) * double(noise);
    expect_near("z", 0, 0, double(model.matrix(CVAE_Z, 0, 1, 1).at(0, 0)), z,
                4 * kRounding * ::fabs(z) + 0x1p-126);
  }
  // What overflows is told, not hidden.
  for (float too_large : {200.f, INFINITY, NAN}) {
    parameters[layout.encoder[1].bias + 1] = too_large;
    model.write(kParameters, parameters);
    Losses losses = step_on(model, pixels);
    if (isfinite(losses.kl)) {
      fail("a log variance of %g has a KL divergence of %g", double(too_large), double(losses.kl));
    }
  }
}

/** First moments that are too small to count are zero, all others are not. */
void check_moments() {
  subject() = "small first moments";
  const Shape shape{1, {1}, 1};
  Model model(shape, 1, 1);
  Layout layout(shape);
  // An image of zeros: the gradient of the first weight is 0.
  std::vector<uint8_t> pixels(1, 0);
  for (float sign : {1.f, -1.f}) {
    for (int exponent = -149; exponent <= -20; exponent++) {
      float before = ::ldexpf(sign, exponent);
      std::vector<float> moments(layout.size);
      moments[layout.encoder[0].weight] = before;
      model.write(kFirstMoment, moments);
      step_on(model, pixels);
      float after = model.read(kFirstMoment)[layout.encoder[0].weight];
      // 0.9 of 2^-100 is below it.
      float expected = exponent <= -100 ? 0 : 0.9f * before;
      if (after != expected) {
        fail("of %a there is %a left where it should be %a", double(before), double(after),
             double(expected));
      }
    }
  }
}

}  // namespace

void check_extremes() {
  check_logits({});
  check_logits({"continuous_bernoulli"});
  check_log_variances();
  check_moments();
}

}  // namespace check
