// SPDX-License-Identifier: Apache-2.0
//
// A model on the CPU: what package engine.cpu calls.
//
// Every function that takes a `member` is called by all of a model's threads, with their numbers from 0 and the
// same arguments; each returns when all are done.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct cvae_model cvae_model;

/** Raised with every change of a function here. */
int cvae_interface(void);

/** The instruction set that this library is compiled for. */
const char* cvae_isa(void);

/** The number of an activation, by its name in lower case; -1 if there is none of it. */
int cvae_activation(const char* name);

/** The number of a likelihood, by its name in lower case; -1 if there is none of it. */
int cvae_likelihood(const char* name);

/** What the KL divergence adds to the loss; see kl_term.h. */
enum cvae_kl_term { CVAE_KL_WEIGHTED, CVAE_KL_DISTANCE, CVAE_KL_FREE_BITS };

/**
 * A model; its parameters are zero.
 *
 * @param hidden (hidden_layers) widths
 * @param activation the number of one that there is, of the hidden layers
 * @param batch most images of a step; 0 if it will not be trained
 * @param keeps_gradients whether a step keeps its gradients, for tests
 * @param threads that will call
 * @param has_cores whether each of them has a core to itself
 * @param likelihood the number of one that there is
 * @param log_sigma logarithm of the standard deviation of a likelihood that has one
 * @param learns_sigma whether that is a parameter instead, behind those of the layers
 * @param kl_term a cvae_kl_term
 * @param kl_given gamma of a distance, or lambda of free bits, finite
 * @param targets (256) the target of each value of a pixel; that of 0 is 0
 * @return null if there is too little memory
 */
cvae_model* cvae_create(int inputs, int hidden_layers, const int32_t* hidden, int latent,
                        int activation, int64_t batch, int keeps_gradients, int threads,
                        int has_cores, int likelihood, float log_sigma, int learns_sigma,
                        int kl_term, float kl_given, const float* targets);

void cvae_destroy(cvae_model* model);

/**
 * Copies parameters (0), first moments (1), second moments (2) or gradients (3), laid out as ParameterLayout of package model
 * has them.
 */
void cvae_write(cvae_model* model, int which, const float* from);
void cvae_read(const cvae_model* model, int which, float* to);

/**
 * Trains a step.
 *
 * @param images from 1 to the model's batch
 * @param pixels of all images, (any number, inputs)
 * @param order (images) which of them
 * @param number beta; C of a distance
 * @param step_size and root_scale: see Adam
 * @param losses null, or receives means over the images, in nats: reconstruction loss, KL divergence
 */
void cvae_step(cvae_model* model, int member, int64_t images, const uint8_t* pixels,
               const int32_t* order, int64_t seed, int purpose, int step, float number,
               float step_size, float root_scale, float* losses);

/** Memory for the pixels of many images, in large pages where there are some; null if there is too little. */
void* cvae_allocate(int64_t bytes);
void cvae_free(void* memory, int64_t bytes);

/** Most images or points of the calls below. */
int cvae_chunk(void);

/** Posterior means and log variances: (images, latent) each. */
void cvae_encode(cvae_model* model, int member, int64_t images, const uint8_t* pixels, float* mean,
                 float* log_variance);

/** Means of the pixels, (points, inputs), for latent points (points, latent). */
void cvae_decode(cvae_model* model, int member, int64_t points, const float* z, float* mean);

/**
 * What the likelihood makes means of, (points, inputs), and the loss of a black image, (points): log p(x|z) is the sum
 * of x times the logits, scaled as the likelihood has it, less log_partition and what depends on x alone.
 */
void cvae_logits(cvae_model* model, int member, int64_t points, const float* z, float* logits,
                 float* log_partition);

/** Reconstruction loss of each image, (images) in nats, under a latent point of its own, (images, latent). */
void cvae_score(cvae_model* model, int member, int64_t images, const uint8_t* pixels,
                const float* z, float* loss);

/**
 * Nanoseconds of each phase of the steps since the last call, see Phase; from the first call on they are taken.
 *
 * @param times receives cvae_phases() numbers
 */
void cvae_times(cvae_model* model, int64_t* times);
int cvae_phases(void);

/** For the benchmark: fused multiplications and additions, as many at a time as a tile has; and how many that is. */
float cvae_fma(int64_t rounds);
int64_t cvae_fma_flops(int64_t rounds);

/** For the benchmark: reads and writes all of some floats, so many times. */
void cvae_change(float* floats, int64_t count, int64_t rounds);

/** What a step leaves: activations, and gradients by them of the same names with a d before. */
enum cvae_which {
  CVAE_X,
  CVAE_ENCODED,
  CVAE_HEADS,
  CVAE_NOISE,
  CVAE_Z,
  CVAE_DECODED,
  /** Gradients by the logits. */
  CVAE_OUTPUT,
  CVAE_D_DECODED,
  CVAE_D_Z,
  CVAE_D_HEADS,
  CVAE_D_ENCODED
};

/**
 * For tests: copies a matrix of the last step.
 *
 * @param which a cvae_which
 * @param layer of the encoder or decoder, where there are several
 * @param to receives (images, features)
 * @return features
 */
int64_t cvae_matrix(const cvae_model* model, int which, int layer, float* to);

/** For tests: whether nothing has been written beyond the end of a buffer. */
int cvae_is_intact(const cvae_model* model);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
