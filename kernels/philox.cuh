// SPDX-License-Identifier: Apache-2.0
//
// Philox4x32-10 (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and normal
// numbers from it: word for word what the classes Philox and GaussianNoise of package random compute.
#pragma once

struct PhiloxBlock {
  unsigned int words[4];
};

/** High half of a product of two words. */
__device__ inline unsigned int multiply_high(unsigned int a, unsigned int b) {
  return (unsigned int)(((unsigned long long)a * b) >> 32);
}

/** The block of (key, counter). Pure: nothing depends on who asks, or when. */
__device__ inline PhiloxBlock philox(unsigned int key0, unsigned int key1, unsigned int x0,
                                     unsigned int x1, unsigned int x2, unsigned int x3) {
  const unsigned int M0 = 0xD2511F53u;
  const unsigned int M1 = 0xCD9E8D57u;
#pragma unroll
  for (int round = 0; round < 10; round++) {
    unsigned int high0 = multiply_high(M0, x0);
    unsigned int low0 = M0 * x0;
    unsigned int high1 = multiply_high(M1, x2);
    unsigned int low1 = M1 * x2;
    x0 = high1 ^ x1 ^ key0;
    x1 = low1;
    x2 = high0 ^ x3 ^ key1;
    x3 = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{x0, x1, x2, x3}};
}

/**
 * Two standard normal numbers from two words, by the Box-Muller transform.
 *
 * In double, and rounded once, as on the CPU: the same bits but for rare last places. There are few of
 * them, batch times latent dimensions.
 */
__device__ inline void normal_pair(unsigned int word0, unsigned int word1, float* first,
                                   float* second) {
  double above_zero = ((word0 >> 8) + 1) * 0x1p-24;  // (0, 1]
  double turns = (word1 >> 8) * 0x1p-24;             // [0, 1)
  double radius = sqrt(-2.0 * log(above_zero));
  double sine;
  double cosine;
  sincospi(2.0 * turns, &sine, &cosine);
  *first = (float)(radius * cosine);
  *second = (float)(radius * sine);
}

/**
 * Four normal numbers of a row of a step's noise, those of (seed, stream, step, row, dimension).
 *
 * @param block dimensions 4 block .. 4 block + 3
 * @param noise (latent) of the row, =, as far as it goes
 */
__device__ inline void noise_quad(unsigned int seed_low, unsigned int seed_high,
                                  unsigned int stream, unsigned long long step, int row, int block,
                                  int latent, float* noise) {
  PhiloxBlock random = philox(seed_low, seed_high, block, row, (unsigned int)step, stream);
  float normals[4];
  normal_pair(random.words[0], random.words[1], &normals[0], &normals[1]);
  normal_pair(random.words[2], random.words[3], &normals[2], &normals[3]);
#pragma unroll
  for (int i = 0; i < 4; i++) {
    if (4 * block + i < latent) {
      noise[4 * block + i] = normals[i];
    }
  }
}
