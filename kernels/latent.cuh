// SPDX-License-Identifier: Apache-2.0
//
// A latent dimension: posterior, sample, KL divergence. With m the posterior mean, s the log variance and e
// the noise,
//
//   z  = m + exp(s / 2) e
//   KL = 1/2 sum over latent dimensions of m^2 + (exp(s) - 1 - s)
//
//   dm = dz + w m
//   ds = dz exp(s / 2) e / 2 + w (exp(s) - 1) / 2
//
// with w the weight of the dimension's KL divergence: beta, or what a kernel of latent.cu makes of the batch.
//
// exp(s) - 1 is expm1(s), right to its last digits however small s is. The CPU engine, which has exp(s) at
// hand, takes the difference, whose error near s = 0 is up to 2e-7, the rounding of the 1: no digit of s may
// be left then, but KL is off by less than 2e-7 nats a dimension, and ds by w times that.
#pragma once

struct LatentSample {
  float z;
  float kl;
};

__device__ inline float divergence(float mean, float log_variance) {
  return 0.5f * fmaf(mean, mean, expm1f(log_variance) - log_variance);
}

__device__ inline LatentSample sample(float mean, float log_variance, float noise) {
  float z = fmaf(expf(0.5f * log_variance), noise, mean);
  return {z, divergence(mean, log_variance)};
}

struct HeadGradient {
  float mean;
  float log_variance;
};

__device__ inline HeadGradient head_gradient(float mean, float log_variance, float noise, float dz,
                                             float kl_weight) {
  float through_z = 0.5f * dz * expf(0.5f * log_variance) * noise;
  return {fmaf(kl_weight, mean, dz), fmaf(0.5f * kl_weight, expm1f(log_variance), through_z)};
}
