// SPDX-License-Identifier: Apache-2.0
//
// A latent dimension of sixteen images: posterior, sample, KL divergence. With m the posterior mean, s the log
// variance and e the noise:
//
//   z  = m + exp(s/2) e
//   KL = 1/2 sum over latent dimensions of m^2 + exp(s) - s - 1
//
//   dm = dz + beta m
//   ds = dz exp(s/2) e / 2 + beta (exp(s) - 1) / 2
#pragma once

#include "functions.h"

namespace cvae {

struct LatentSample {
  Lanes z;
  /** Twice the dimension's KL divergence. */
  Lanes twice_kl;
};

CVAE_INLINE LatentSample sample(Lanes mean, Lanes log_variance, Lanes noise) {
  Lanes deviation = exp(log_variance * lanes(0.5f));
  return {fma(deviation, noise, mean),
          mean * mean + deviation * deviation - log_variance - lanes(1)};
}

struct HeadGradient {
  Lanes mean;
  Lanes log_variance;
};

CVAE_INLINE HeadGradient head_gradient(Lanes mean, Lanes log_variance, Lanes noise, Lanes dz,
                                       float beta) {
  Lanes deviation = exp(log_variance * lanes(0.5f));
  Lanes through_z = dz * deviation * noise * lanes(0.5f);
  return {fma(mean, lanes(beta), dz),
          fma(deviation * deviation - lanes(1), lanes(0.5f * beta), through_z)};
}

}  // namespace cvae
