// SPDX-License-Identifier: Apache-2.0
//
// What the KL divergence adds to the loss of an image, as KlTerm of package model has it, with KL_j the mean over the
// batch in latent dimension j and KL their sum; and the weight by which a step multiplies the gradient of KL_j:
//
//                                               weight
//   weighted    beta KL                         beta
//   distance    gamma |KL - C|                  gamma if KL > C, -gamma if KL < C, 0 if they are equal
//   free bits   beta sum of max(lambda, KL_j)   beta if KL_j > lambda, else 0
#pragma once

#include "model.h"

namespace cvae {

struct KlTerm {
  /** A cvae_kl_term. */
  int form;
  /** Gamma or lambda, if it has one of them. */
  float given;
};

/** The weight of a distance, with a step's KL divergence and C. */
inline float distance_weight(float gamma, float kl, float c) {
  if (kl > c) {
    return gamma;
  }
  return kl < c ? -gamma : 0;
}

/** Weights of the KL divergence in each latent dimension, which may be one and the same. */
struct KlWeights {
  /** (latent), or null */
  const float* of_each;
  float of_all;

  float of(int64_t dimension) const { return of_each == nullptr ? of_all : of_each[dimension]; }
};

}  // namespace cvae
