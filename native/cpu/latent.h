// SPDX-License-Identifier: Apache-2.0
//
// A latent dimension of sixteen images: posterior, sample, KL divergence. With m the posterior mean, s the log
// variance and e the noise:
//
//   z  = m + exp(s/2) e
//   KL = 1/2 sum over latent dimensions of m^2 + exp(s) - s - 1
//
//   dm = dz + w m
//   ds = dz exp(s/2) e / 2 + w (exp(s) - 1) / 2
//
// w is the weight of the dimension's KL divergence, see kl_term.h.
#pragma once

#include "functions.h"

namespace cvae {

struct LatentSample {
  Lanes z;
  /** Twice the dimension's KL divergence. */
  Lanes twice_kl;
};

CVAE_INLINE Lanes deviation_of(Lanes log_variance) { return exp(log_variance * lanes(0.5f)); }

/** Twice a dimension's KL divergence. */
CVAE_INLINE Lanes twice_kl_of(Lanes mean, Lanes log_variance, Lanes deviation) {
  return mean * mean + deviation * deviation - log_variance - lanes(1);
}

CVAE_INLINE LatentSample sample(Lanes mean, Lanes log_variance, Lanes noise) {
  Lanes deviation = deviation_of(log_variance);
  return {fma(deviation, noise, mean), twice_kl_of(mean, log_variance, deviation)};
}

struct HeadGradient {
  Lanes mean;
  Lanes log_variance;
};

CVAE_INLINE HeadGradient head_gradient(Lanes mean, Lanes log_variance, Lanes noise, Lanes dz,
                                       float kl_weight) {
  Lanes deviation = deviation_of(log_variance);
  Lanes through_z = dz * deviation * noise * lanes(0.5f);
  return {fma(mean, lanes(kl_weight), dz),
          fma(deviation * deviation - lanes(1), lanes(0.5f * kl_weight), through_z)};
}

}  // namespace cvae
