// SPDX-License-Identifier: Apache-2.0
//
// Each phase of a step in double precision, from what the library gave the phase: so that a check can be as
// strict as the rounding of that phase alone.
#pragma once

#include "subject.h"

namespace check {

/** A sum of products, and the sum of their magnitudes, by which its rounding is bounded. */
struct Sum {
  double value = 0;
  double magnitude = 0;
  int terms = 0;

  void add(double term) {
    value += term;
    magnitude += ::fabs(term);
    terms++;
  }

  /** Most that float32 can be wrong by, in any order. */
  double rounding() const { return (terms + 2) * kRounding * magnitude + 1e-37; }
};

/** Fails if a number is farther from what it should be than it may. */
void expect_near(const char* what, int64_t row, int64_t column, double actual, double expected,
                 double tolerance);

/** What an activation makes of a sum; itself, if there is none. */
double value_of(Activation activation, double sum);

/** Its slope, from what it made. */
double slope_of(Activation activation, double value);

/** Most that the library can be wrong by beyond the rounding of the sum: tanh to 3 ulp. */
double rounding_of(Activation activation, double value);

/** An output of a layer before any activation. */
Sum output_of(const LayerAt& layer, const std::vector<float>& parameters, const Matrix& x,
              int64_t image, int o);

/** y = f(x W^T + b). */
void expect_linear(const char* what, const LayerAt& layer, const std::vector<float>& parameters,
                   const Matrix& x, const Matrix& y, Activation activation);

/** dx = (dy W) f'(x), of an activation that made x. */
void expect_input_gradient(const char* what, const LayerAt& layer,
                           const std::vector<float>& parameters, const Matrix& dy,
                           Activation activation, const Matrix& x, const Matrix& dx);

/** dW = dy^T x and db = sums of dy. */
void expect_weight_gradient(const char* what, const LayerAt& layer, const Matrix& dy,
                            const Matrix& x, const std::vector<float>& gradients);

/** Parameters and moments of a model, before and after. */
struct TrainingState {
  std::vector<float> parameters;
  std::vector<float> first_moment;
  std::vector<float> second_moment;

  static TrainingState of(const Model& model) {
    return {model.read(kParameters), model.read(kFirstMoment), model.read(kSecondMoment)};
  }

  void restore(Model& model) const {
    model.write(kParameters, parameters);
    model.write(kFirstMoment, first_moment);
    model.write(kSecondMoment, second_moment);
  }
};

void expect_adam(const Step& step, const TrainingState& before, const std::vector<float>& gradients,
                 const TrainingState& after);

/** Standard normal noise: Philox4x32-10 and Box-Muller. */
double noise_of(int64_t seed, uint32_t purpose, uint32_t step, uint32_t row, uint32_t column);

/** What a likelihood makes of a logit and a target. */
double loss_of(const Likelihood& likelihood, double logit, double x);
double mean_of(const Likelihood& likelihood, double logit);
double gradient_of(const Likelihood& likelihood, double logit, double x);
double gradient_by_log_sigma(const Likelihood& likelihood, double logit, double x);

/** Most that each can be wrong by, given how wrong the logit may be. */
double loss_rounding(const Likelihood& likelihood, double logit, double wrong, double x);
double mean_rounding(const Likelihood& likelihood, double logit, double wrong);
double gradient_rounding(const Likelihood& likelihood, double logit, double wrong, double x);

/** All that there are, the Gaussian with log sigma given and learned. */
std::vector<Likelihood> all_likelihoods();

}  // namespace check
