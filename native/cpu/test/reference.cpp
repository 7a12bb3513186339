// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <string.h>

namespace check {

void expect_near(const char* what, int64_t row, int64_t column, double actual, double expected,
                 double tolerance) {
  // Not the other way round: a NaN is near nothing.
  if (!(::fabs(actual - expected) <= tolerance)) {
    fail("%s (%lld, %lld) is %.9g where it should be %.9g, to %.3g", what,
         static_cast<long long>(row), static_cast<long long>(column), actual, expected, tolerance);
  }
}

double value_of(Activation activation, double sum) {
  switch (activation) {
    case Activation::kRelu:
      return sum < 0 ? 0 : sum;
    case Activation::kTanh:
      return ::tanh(sum);
    default:
      return sum;
  }
}

double slope_of(Activation activation, double value) {
  switch (activation) {
    case Activation::kRelu:
      return value > 0 ? 1 : 0;
    case Activation::kTanh:
      return (1 - value) * (1 + value);
    default:
      return 1;
  }
}

double rounding_of(Activation activation, double value) {
  return activation == Activation::kTanh ? 6 * kRounding * ::fabs(value) : 0;
}

Sum output_of(const LayerAt& layer, const std::vector<float>& parameters, const Matrix& x,
              int64_t image, int o) {
  Sum sum;
  sum.add(double(parameters[layer.bias + size_t(o)]));
  const float* w = &parameters[layer.weight + size_t(o) * size_t(layer.in)];
  for (int i = 0; i < layer.in; i++) {
    sum.add(double(w[i]) * double(x.at(image, i)));
  }
  return sum;
}

void expect_linear(const char* what, const LayerAt& layer, const std::vector<float>& parameters,
                   const Matrix& x, const Matrix& y, Activation activation) {
  for (int64_t image = 0; image < x.rows; image++) {
    for (int o = 0; o < layer.out; o++) {
      Sum sum = output_of(layer, parameters, x, image, o);
      double expected = value_of(activation, sum.value);
      expect_near(what, image, o, double(y.at(image, o)), expected,
                  sum.rounding() + rounding_of(activation, expected));
    }
  }
}

void expect_input_gradient(const char* what, const LayerAt& layer,
                           const std::vector<float>& parameters, const Matrix& dy,
                           Activation activation, const Matrix& x, const Matrix& dx) {
  for (int64_t image = 0; image < dy.rows; image++) {
    for (int i = 0; i < layer.in; i++) {
      Sum sum;
      for (int o = 0; o < layer.out; o++) {
        sum.add(double(parameters[layer.weight + size_t(o) * size_t(layer.in) + size_t(i)]) *
                double(dy.at(image, o)));
      }
      // Of no activation, x may be anything.
      double slope =
          activation == Activation::kNone ? 1 : slope_of(activation, double(x.at(image, i)));
      expect_near(what, image, i, double(dx.at(image, i)), sum.value * slope,
                  slope * (sum.rounding() + 3 * kRounding * ::fabs(sum.value)) + 1e-37);
    }
  }
}

void expect_weight_gradient(const char* what, const LayerAt& layer, const Matrix& dy,
                            const Matrix& x, const std::vector<float>& gradients) {
  for (int o = 0; o < layer.out; o++) {
    Sum bias;
    for (int64_t image = 0; image < dy.rows; image++) {
      bias.add(double(dy.at(image, o)));
    }
    expect_near(what, o, -1, double(gradients[layer.bias + size_t(o)]), bias.value,
                bias.rounding());
    for (int i = 0; i < layer.in; i++) {
      Sum sum;
      for (int64_t image = 0; image < dy.rows; image++) {
        sum.add(double(dy.at(image, o)) * double(x.at(image, i)));
      }
      size_t at = layer.weight + size_t(o) * size_t(layer.in) + size_t(i);
      expect_near(what, o, i, double(gradients[at]), sum.value, sum.rounding());
    }
  }
}

void expect_adam(const Step& step, const TrainingState& before, const std::vector<float>& gradients,
                 const TrainingState& after) {
  double step_size = double(step.step_size());
  double root_scale = double(step.root_scale());
  for (size_t i = 0; i < gradients.size(); i++) {
    double g = double(gradients[i]);
    double m = 0.9 * double(before.first_moment[i]) + 0.1 * g;
    double v = 0.999 * double(before.second_moment[i]) + 0.001 * g * g;
    // What cancels keeps the rounding of what it is made of; a mean that is too small is zero.
    double m_rounding =
        4 * kRounding * (::fabs(double(before.first_moment[i])) + ::fabs(0.1 * g)) + 0x1p-100;
    expect_near("first moment", int64_t(i), 0, double(after.first_moment[i]), m, m_rounding);
    expect_near("second moment", int64_t(i), 0, double(after.second_moment[i]), v,
                4 * kRounding * v + 1e-44);
    double root = ::sqrt(double(after.second_moment[i])) * root_scale + 1e-8;
    double change = step_size * double(after.first_moment[i]) / root;
    double p = double(before.parameters[i]) - change;
    expect_near("parameter", int64_t(i), 0, double(after.parameters[i]), p,
                kRounding * (8 * ::fabs(change) + ::fabs(p)) + 1e-44);
  }
}

double noise_of(int64_t seed, uint32_t purpose, uint32_t step, uint32_t row, uint32_t column) {
  uint32_t word[4] = {column / 4, row, step, purpose};
  uint32_t key[2] = {uint32_t(uint64_t(seed)), uint32_t(uint64_t(seed) >> 32)};
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = uint64_t(0xD2511F53u) * word[0];
    uint64_t p1 = uint64_t(0xCD9E8D57u) * word[2];
    uint32_t next[4] = {uint32_t(p1 >> 32) ^ word[1] ^ key[0], uint32_t(p1),
                        uint32_t(p0 >> 32) ^ word[3] ^ key[1], uint32_t(p0)};
    for (int i = 0; i < 4; i++) {
      word[i] = next[i];
    }
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  uint32_t pair = column % 4 / 2 * 2;
  double uniform = double((word[pair] >> 8) + 1) * 0x1p-24;
  double angle = 2 * M_PI * double(word[pair + 1] >> 8) * 0x1p-24;
  double radius = ::sqrt(-2 * ::log(uniform));
  return radius * (column % 2 == 0 ? ::cos(angle) : ::sin(angle));
}

namespace {

bool is(const Likelihood& likelihood, const char* name) {
  return ::strcmp(likelihood.name, name) == 0;
}

double precision_of(const Likelihood& likelihood) {
  return is(likelihood, "gaussian") ? ::exp(-2 * double(likelihood.log_sigma)) : 1;
}

const double kHalfLogTwoPi = ::log(2 * M_PI) / 2;

}  // namespace

double loss_of(const Likelihood& likelihood, double logit, double x) {
  double size = ::fabs(logit);
  if (is(likelihood, "bernoulli")) {
    return (logit > 0 ? logit : 0) - logit * x + ::log1p(::exp(-size));
  }
  if (is(likelihood, "continuous_bernoulli")) {
    return (logit > 0 ? logit : 0) - logit * x + (size == 0 ? 0 : ::log(-::expm1(-size) / size));
  }
  return (x - logit) * (x - logit) * precision_of(likelihood) / 2 + double(likelihood.log_sigma) +
         kHalfLogTwoPi;
}

double mean_of(const Likelihood& likelihood, double logit) {
  if (is(likelihood, "bernoulli")) {
    double u = ::exp(-::fabs(logit));
    return (logit >= 0 ? 1 : u) / (1 + u);
  }
  if (is(likelihood, "continuous_bernoulli")) {
    if (::fabs(logit) < 0.05) {
      double q = logit * logit;
      return 0.5 + logit * (1. / 12 - q * (1. / 720 - q * (1. / 30240 - q / 1209600)));
    }
    return -1 / ::expm1(-logit) - 1 / logit;
  }
  return logit;
}

double gradient_of(const Likelihood& likelihood, double logit, double x) {
  return (mean_of(likelihood, logit) - x) * precision_of(likelihood);
}

double gradient_by_log_sigma(const Likelihood& likelihood, double logit, double x) {
  return 1 - (x - logit) * (x - logit) * precision_of(likelihood);
}

double loss_rounding(const Likelihood& likelihood, double logit, double wrong, double x) {
  // Its slope by the logit is below 1, or the gradient.
  if (is(likelihood, "gaussian")) {
    double slope = (::fabs(logit - x) + wrong) * precision_of(likelihood);
    double error = slope * (wrong + 4 * kRounding * (::fabs(logit) + x + 1));
    return error + 4 * kRounding * (::fabs(double(likelihood.log_sigma)) + 1);
  }
  return wrong + 6 * kRounding * (::fabs(logit) * (1 + x) + 1);
}

double mean_rounding(const Likelihood& likelihood, double logit, double wrong) {
  return is(likelihood, "gaussian") ? wrong + kRounding * ::fabs(logit) : wrong / 4 + 4 * kRounding;
}

double gradient_rounding(const Likelihood& likelihood, double logit, double wrong, double x) {
  if (is(likelihood, "gaussian")) {
    return precision_of(likelihood) *
           (wrong + 4 * kRounding * (::fabs(logit) + x + ::fabs(logit - x)));
  }
  return mean_rounding(likelihood, logit, wrong);
}

std::vector<Likelihood> all_likelihoods() {
  return {{"bernoulli"},
          {"continuous_bernoulli"},
          {"gaussian", -1.25f, false},
          {"gaussian", 0.25f, true}};
}

}  // namespace check
