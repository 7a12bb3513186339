// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check.h"

namespace check {

/** Elementary functions against double precision, as exactly as functions.h and noise.h promise. */
void check_functions();

/** A few steps of a random network, phase by phase. */
void check_steps(Random& random);

/** The same with networks and batches that are far from the usual sizes. */
void check_far_sizes();

/** Encodes, decodes and scores with a random network. */
void check_inference(Random& random);

/** Logits, log variances and moments at the ends of what a float holds. */
void check_extremes();

/** What a model tells of the time that its phases take. */
void check_times();

/** The same bits on any number of threads, over lit pixels or all, with gradients kept or not. */
void check_bits(Random& random);

/** The same bits whatever the batch before was like. */
void check_changing_density();

}  // namespace check
