// SPDX-License-Identifier: Apache-2.0
/**
 * The seam between what is trained and what it is trained on.
 *
 * <p>{@link Accelerator} is a device with an engine's code on it; it makes a {@link VaeModel},
 * which encodes, decodes and scores, or a {@link Trainee}, which can be trained as well, an epoch
 * at a time. A trainer knows this package alone; which engine there is, the command line decides.
 */
package io.github.cvaegpu.engine;
