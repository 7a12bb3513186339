// SPDX-License-Identifier: Apache-2.0
/**
 * The published study over again: its runs, its figures, and which of its sentences hold.
 *
 * <p>{@link Study} lists the runs, {@link io.github.cvaegpu.train.RunQueue} trains what is missing,
 * {@link StudyReport} measures them, and {@link Claims} judges the sentences by their figures
 * alone.
 */
package io.github.cvaegpu.study;
