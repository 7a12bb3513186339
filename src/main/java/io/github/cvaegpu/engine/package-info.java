// SPDX-License-Identifier: Apache-2.0
/**
 * The seam between what is trained and what it is trained on.
 *
 * <p>{@link Engine} is the interface that the CPU's engine and the GPU's implement: an epoch, an
 * evaluation, and the state that goes in and comes out. A trainer knows this package alone; which
 * engine there is, the command line decides.
 */
package io.github.cvaegpu.engine;
