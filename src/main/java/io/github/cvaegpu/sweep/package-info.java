// SPDX-License-Identifier: Apache-2.0
/**
 * Many runs that differ in a few settings.
 *
 * <p>A {@link SweepPlan} is a pure function from a run's index to its settings, a {@link
 * SweepPoint}. A {@link SweepFolder} is where its runs are; each is an ordinary run directory,
 * which {@link io.github.cvaegpu.train.RunQueue} trains. There is no server and no database:
 * processes on one machine or many agree through the folder alone.
 */
package io.github.cvaegpu.sweep;
