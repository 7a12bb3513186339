// SPDX-License-Identifier: Apache-2.0
/**
 * The published study over again: its runs, its figures, and which of its sentences hold.
 *
 * <p>{@link Study} lists the runs, {@link StudyRunner} trains what is missing, {@link Claims}
 * judges the sentences by the figures of the runs alone. The set point is calibrated here too, by
 * two short trainings.
 */
package io.github.cvaegpu.study;
