// SPDX-License-Identifier: Apache-2.0
//
// What a pixel costs under each likelihood, by the decoder's number for it, the logit. A struct a likelihood, with the
// formulas that Likelihood.java has under the same name in double; the kernels of loss.cu are made of them.

#pragma once

struct PixelLoss {
  float loss;
  float gradient;  // of the loss, by the logit
};

// Binary cross-entropy of sigmoid outputs. With l the logit, x the target and u = exp(-|l|), which is in [0, 1],
//
//   loss = max(l, 0) - l x + log(1 + u)
//   dl   = sigmoid(l) - x,      sigmoid(l) = (l >= 0 ? 1 : u) / (1 + u)
//
// No logarithm of 0 and no overflow for any finite logit.
struct Bernoulli {
  __device__ static inline PixelLoss pixel(float logit, float target) {
    float u = expf(-fabsf(logit));
    float loss = fmaxf(logit, 0.0f) + log1pf(u) - logit * target;
    return {loss, (logit >= 0.0f ? 1.0f : u) / (1.0f + u) - target};
  }
};
