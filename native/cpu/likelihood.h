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

/** Names of the likelihoods, which are known by their places here. */
constexpr const char* kLikelihoods[] = {"bernoulli"};

/** A likelihood's place; -1 if there is none of that name. */
inline int likelihood_of(const char* name) {
  for (int i = 0; i < int(sizeof kLikelihoods / sizeof kLikelihoods[0]); i++) {
    if (strcmp(kLikelihoods[i], name) == 0) {
      return i;
    }
  }
  return -1;
}

/** Calls call(L()) with a likelihood. */
template <typename Call>
inline void with_likelihood(int likelihood, Call call) {
  switch (likelihood) {
    case 0:
      call(Bernoulli());
      break;
    default:
      __builtin_trap();
  }
}

}  // namespace cvae
