// SPDX-License-Identifier: Apache-2.0
//
// What is computed of a likelihood: a struct each, of the same members, by the names of the enum Likelihood of
// package model, where the formulas are.
#pragma once

#include "functions.h"

namespace cvae {

struct LossAndGradient {
  Lanes loss;
  Lanes gradient;
};

/**
 * Binary cross-entropy of sigmoid outputs, from the logits l and the targets x. With u = exp(-|l|), which is in
 * (0, 1]:
 *
 *   loss      = max(l, 0) - l x + log(1 + u)
 *   dloss/dl  = sigmoid(l) - x,   sigmoid(l) = (l >= 0 ? 1 : u) / (1 + u)
 *
 * No logarithm of 0 and no overflow for any finite logit.
 */
struct Bernoulli {
  static CVAE_INLINE LossAndGradient loss_and_gradient(Lanes logit, Lanes x) {
    Lanes u = exp_of_non_positive(-magnitude(logit));
    return {loss(logit, x, u), sigmoid(logit, u) - x};
  }

  static CVAE_INLINE Lanes loss(Lanes logit, Lanes x) {
    return loss(logit, x, exp_of_non_positive(-magnitude(logit)));
  }

  static CVAE_INLINE Lanes mean(Lanes logit) {
    return sigmoid(logit, exp_of_non_positive(-magnitude(logit)));
  }

 private:
  static CVAE_INLINE Lanes loss(Lanes logit, Lanes x, Lanes u) {
    return relu(logit) + log1p(u) - logit * x;
  }

  static CVAE_INLINE Lanes sigmoid(Lanes logit, Lanes u) {
    return select(logit < lanes(0), u, lanes(1)) / (u + lanes(1));
  }
};

/**
 * The density on [0, 1] that is proportional to exp(l x), by the logit l and the target x. With a = |l| and u = exp(-a),
 * from a = 1 on:
 *
 *   loss  = max(l, 0) - log(a / (1 - u)) - l x
 *   mean  = 1 / (1 - u) - 1 / a  for l > 0,   1 / a - u / (1 - u)  for l < 0
 *
 * Below, where these are differences of numbers that are nearly the same, by series in l, of which the first term left
 * out is below 3e-9: less than an ulp.
 */
struct ContinuousBernoulli {
  CVAE_INLINE LossAndGradient loss_and_gradient(Lanes logit, Lanes x) const {
    const Far far = far_of(logit);
    return {loss(logit, x, far), mean(logit, far) - x};
  }

  CVAE_INLINE Lanes loss(Lanes logit, Lanes x) const { return loss(logit, x, far_of(logit)); }

  CVAE_INLINE Lanes mean(Lanes logit) const { return mean(logit, far_of(logit)); }

 private:
  /** What both need of a logit from 1 on; of one nearer to 0, of 1. */
  struct Far {
    Mask is_near;
    Lanes size;
    Lanes u;
  };

  static CVAE_INLINE Far far_of(Lanes logit) {
    Lanes size = magnitude(logit);
    Lanes far = at_least(size, lanes(1));
    return {size < lanes(1), far, exp_of_non_positive(-far)};
  }

  static CVAE_INLINE Lanes loss(Lanes logit, Lanes x, const Far& far) {
    Lanes q = logit * logit;
    Lanes p = fma(q, lanes(-1.f / 9676800), lanes(1.f / 181440));
    p = fma(q, p, lanes(-1.f / 2880));
    p = fma(q, p, lanes(1.f / 24));
    Lanes near = fma(logit, lanes(0.5f) - x, q * p);
    // What cancels first, so that the logarithm keeps its digits.
    return select(far.is_near, near, relu(logit) - logit * x - log(far.size / (lanes(1) - far.u)));
  }

  static CVAE_INLINE Lanes mean(Lanes logit, const Far& far) {
    Lanes q = logit * logit;
    Lanes p = fma(q, lanes(1.f / 47900160), lanes(-1.f / 1209600));
    p = fma(q, p, lanes(1.f / 30240));
    p = fma(q, p, lanes(-1.f / 720));
    p = fma(q, p, lanes(1.f / 12));
    Lanes near = fma(logit, p, lanes(0.5f));
    Lanes rest = lanes(1) - far.u;
    Lanes inverse = lanes(1) / far.size;
    Lanes below = inverse - far.u / rest;
    Lanes above = lanes(1) / rest - inverse;
    return select(far.is_near, near, select(logit < lanes(0), below, above));
  }
};

/**
 * A normal distribution around the mean m, by the logarithm s of its standard deviation:
 *
 *   loss      = (x - m)^2 exp(-2 s) / 2 + s + log(2 pi) / 2
 *   dloss/dm  = (m - x) exp(-2 s)
 */
struct Gaussian {
  static constexpr double kHalfLogTwoPi = 0.91893853320467274178;

  Lanes precision;
  Lanes constant;

  explicit Gaussian(float log_sigma)
      : precision(exp(lanes(-2 * log_sigma))), constant(lanes(log_sigma + float(kHalfLogTwoPi))) {}

  CVAE_INLINE LossAndGradient loss_and_gradient(Lanes mean, Lanes x) const {
    Lanes difference = mean - x;
    Lanes gradient = difference * precision;
    return {fma(lanes(0.5f) * difference, gradient, constant), gradient};
  }

  CVAE_INLINE Lanes loss(Lanes mean, Lanes x) const { return loss_and_gradient(mean, x).loss; }

  CVAE_INLINE Lanes mean(Lanes mean) const { return mean; }

  /**
   * The gradient of a batch's loss by s: a number a pixel, less twice the squared errors' part of the loss.
   *
   * @param loss the sum over the batch
   * @param pixels of the batch
   */
  static float gradient_by_log_sigma(double loss, int64_t pixels, float log_sigma) {
    double n = double(pixels);
    return float(n - 2 * (loss - n * (double(log_sigma) + kHalfLogTwoPi)));
  }
};

/** Names of the likelihoods, which are known by their places here. */
constexpr const char* kLikelihoods[] = {"bernoulli", "continuous_bernoulli", "gaussian"};

/** A likelihood's place; -1 if there is none of that name. */
inline int likelihood_of(const char* name) {
  for (int i = 0; i < int(sizeof kLikelihoods / sizeof kLikelihoods[0]); i++) {
    if (strcmp(kLikelihoods[i], name) == 0) {
      return i;
    }
  }
  return -1;
}

/** Calls call(a likelihood); with log_sigma for the one that has it. */
template <typename Call>
inline void with_likelihood(int likelihood, float log_sigma, Call call) {
  switch (likelihood) {
    case 0:
      call(Bernoulli());
      break;
    case 1:
      call(ContinuousBernoulli());
      break;
    case 2:
      call(Gaussian(log_sigma));
      break;
    default:
      __builtin_trap();
  }
}

}  // namespace cvae
