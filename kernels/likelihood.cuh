// SPDX-License-Identifier: Apache-2.0
//
// What a pixel costs under each likelihood, and its mean, by the decoder's number for it, the logit. A struct a likelihood, with the
// formulas that Likelihood.java has under the same name in double; the kernels of loss.cu are made of them. Each is made with where the
// logarithm of a standard deviation is, which one of them has.

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
  __device__ explicit Bernoulli(const float*) {}

  __device__ inline PixelLoss pixel(float logit, float target) const {
    float u = expf(-fabsf(logit));
    float loss = fmaxf(logit, 0.0f) + log1pf(u) - logit * target;
    return {loss, sigmoid(logit, u) - target};
  }

  __device__ inline float mean(float logit) const { return sigmoid(logit, expf(-fabsf(logit))); }

  // u: exp(-|logit|)
  __device__ static inline float sigmoid(float logit, float u) {
    return (logit >= 0.0f ? 1.0f : u) / (1.0f + u);
  }
};

// The density on [0, 1] that is proportional to exp(l x). With a = |l| and u = exp(-a), from a = 1 on,
//
//   loss = max(l, 0) - log(a / (1 - u)) - l x
//   dl   = mean - x,      mean = 1 / (1 - u) - 1 / a for l > 0, 1 / a - u / (1 - u) for l < 0
//
// Below, where these are differences of numbers that are nearly the same, by series in l, of which the first term left out is below
// 3e-9: less than an ulp.
struct ContinuousBernoulli {
  __device__ explicit ContinuousBernoulli(const float*) {}

  __device__ inline PixelLoss pixel(float logit, float target) const {
    return {loss(logit, target), mean(logit) - target};
  }

  __device__ inline float mean(float logit) const {
    float a = fabsf(logit);
    if (a < 1.0f) {
      float q = logit * logit;
      float p = 1.0f / 30240 - q * (1.0f / 1209600 - q * (1.0f / 47900160));
      return 0.5f + logit * (1.0f / 12 - q * (1.0f / 720 - q * p));
    }
    float u = expf(-a);
    return logit < 0.0f ? 1.0f / a - u / (1.0f - u) : 1.0f / (1.0f - u) - 1.0f / a;
  }

  __device__ static inline float loss(float logit, float target) {
    float a = fabsf(logit);
    if (a < 1.0f) {
      float q = logit * logit;
      float p = 1.0f / 2880 - q * (1.0f / 181440 - q * (1.0f / 9676800));
      return logit * (0.5f - target) + q * (1.0f / 24 - q * p);
    }
    // What cancels first, so that the logarithm keeps its digits.
    return fmaxf(logit, 0.0f) - logit * target - logf(a / (1.0f - expf(-a)));
  }
};

// log(2 pi) / 2
#define HALF_LOG_TWO_PI 0.91893853320467274178

// A normal distribution around the logit m with the standard deviation exp(s).
//
//   loss = (x - m)^2 exp(-2 s) / 2 + s + log(2 pi) / 2
//   dm   = (m - x) exp(-2 s),      mean = m
struct Gaussian {
  float precision;
  float constant;

  __device__ explicit Gaussian(const float* log_sigma)
      : precision(expf(-2.0f * *log_sigma)), constant(*log_sigma + (float)HALF_LOG_TWO_PI) {}

  __device__ inline PixelLoss pixel(float logit, float target) const {
    float difference = logit - target;
    float gradient = difference * precision;
    return {0.5f * difference * gradient + constant, gradient};
  }

  __device__ inline float mean(float logit) const { return logit; }
};
