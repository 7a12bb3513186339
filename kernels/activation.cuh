// SPDX-License-Identifier: Apache-2.0
//
// What a hidden layer makes of its sums. A struct an activation, with the formulas that Activation.java has under the
// same name in double; kernels of linear.cu and latent.cu are made of them. Those of ReLU have plain names, the others
// end with the activation's. The fused kernels have ReLU alone.

#pragma once

#include "relu.cuh"

// value(sum), and gradient: the one by the sum, from that by the value.

struct Relu {
  __device__ static inline float value(float sum) { return rectified(sum); }

  __device__ static inline float gradient(float by_value, float value) {
    return value > 0.0f ? by_value : 0.0f;
  }
};

struct Tanh {
  __device__ static inline float value(float sum) { return tanhf(sum); }

  __device__ static inline float gradient(float by_value, float value) {
    return by_value * fmaf(-value, value, 1.0f);
  }
};
