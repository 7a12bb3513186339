// SPDX-License-Identifier: Apache-2.0
/**
 * The engine for CPUs: the step of native/cpu, bound, and the same in plain Java, on one team of
 * threads.
 *
 * <p>{@link TrainingStep} draws the step as boxes; {@link JavaTrainee} has it done over and over.
 * Sums have an order that depends on no thread, and loops a form that the compiler makes vectors
 * of: {@code docs/design.md} says what both take.
 */
package io.github.cvaegpu.engine.cpu;
