// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lanes.h"

namespace cvae {

/** Parameters and Adam's moments, of one layout; only parameters where nothing is trained. */
struct Parameters {
  float* value;
  float* first_moment;
  float* second_moment;
  /** For tests: the gradients of the last step; else null. */
  float* gradient;
};

/**
 * A step of Adam. With g the gradient, m and v the moments, and t the step from 1:
 *
 *   m = 0.9 m + 0.1 g
 *   v = 0.999 v + 0.001 g^2
 *   p = p - lr / (1 - 0.9^t) * m / (sqrt(v / (1 - 0.999^t)) + 1e-8)
 *
 * An m below 2^-100 is made 0. The mean of a pixel that is seldom lit halves every seven steps and would soon be
 * subnormal, which takes processors a hundred cycles an operation; beside the 1e-8 in the denominator it moves no
 * parameter.
 *
 * Source: D. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, Algorithm 1.
 */
struct Adam {
  /** lr / (1 - 0.9^t) */
  float step_size;
  /** 1 / sqrt(1 - 0.999^t) */
  float root_scale;

  /** Updates sixteen parameters. */
  CVAE_INLINE void update(Parameters all, int64_t at, Lanes g) const {
    if (all.gradient != nullptr) {
      store(all.gradient + at, g);
    }
    constexpr double kBeta1 = 0.9;
    constexpr double kBeta2 = 0.999;
    Lanes m = fma(load(all.first_moment + at), lanes(float(kBeta1)), g * lanes(float(1 - kBeta1)));
    m = select(magnitude(m) < lanes(0x1p-100f), lanes(0), m);
    Lanes v =
        fma(load(all.second_moment + at), lanes(float(kBeta2)), g * g * lanes(float(1 - kBeta2)));
    store(all.first_moment + at, m);
    store(all.second_moment + at, v);
    Lanes scaled = m / fma(sqrt(v), lanes(root_scale), lanes(1e-8f));
    store(all.value + at, fma(scaled, lanes(-step_size), load(all.value + at)));
  }
};

}  // namespace cvae
