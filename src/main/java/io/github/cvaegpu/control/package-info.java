// SPDX-License-Identifier: Apache-2.0
/**
 * What sets beta at every step: a constant, or a PI controller that holds the KL divergence at a
 * set point and cannot latch at a limit.
 *
 * <p>{@link BetaRule} is what a plan has: the kind of rule and its settings. It makes the {@link
 * BetaController} that a training asks at every step; {@link PiController} is the one that holds a
 * set point, and {@link ControlReport} says afterwards how well it did. All of it is arithmetic on
 * numbers that it is given: nothing here knows of engines, files or random numbers.
 */
package io.github.cvaegpu.control;
