// SPDX-License-Identifier: Apache-2.0
//
// What a pixel costs under each likelihood, and its mean, by the decoder's number for it, the logit. A struct a likelihood, with the
// formulas that Likelihood.java has under the same name in double; the kernels of loss.cu are made of them.

#pragma once

struct PixelLoss {
  float loss;
  float gradient;  // of the loss, by the logit
};

// Binary cross-entropy of sigmoid outputs. With l the logit, x the target and u = exp(-|l|), which is in [0, 1],
//
//   loss = max(l, 0) - l x + log(1 + u)
//   dl   = mean - x,      mean = sigmoid(l) = (l >= 0 ? 1 : u) / (1 + u)
//
// No logarithm of 0 and no overflow for any finite logit.
struct Bernoulli {
  __device__ static inline PixelLoss pixel(float logit, float target) {
    float u = expf(-fabsf(logit));
    float loss = fmaxf(logit, 0.0f) + log1pf(u) - logit * target;
    return {loss, sigmoid(logit, u) - target};
  }

  __device__ static inline float mean(float logit) { return sigmoid(logit, expf(-fabsf(logit))); }

  // u: exp(-|logit|)
  __device__ static inline float sigmoid(float logit, float u) {
    return (logit >= 0.0f ? 1.0f : u) / (1.0f + u);
  }
};
