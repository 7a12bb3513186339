// SPDX-License-Identifier: Apache-2.0
/**
 * The engine for CPUs: matrix products by OpenBLAS, all else by kernels with the Vector API, on one
 * team of threads.
 *
 * <p>{@link TrainingStep} draws the step as a row of phases; {@link JavaTrainee} has it done over
 * and over. Sums have an order that depends on no thread, and kernels a form that the compiler
 * keeps in registers: {@code docs/design.md} says what both take.
 */
package io.github.cvaegpu.engine.cpu;
