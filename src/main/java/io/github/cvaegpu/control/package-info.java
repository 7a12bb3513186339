// SPDX-License-Identifier: Apache-2.0
/**
 * What sets beta at every step: a constant, or a PI controller that holds the KL divergence at a
 * set point and cannot latch at a limit.
 *
 * <p>{@link BetaController} is what a training asks and {@link PiController} the controller; {@link
 * ControlReport} says afterwards how well the set point was held. All of it is arithmetic on
 * numbers that it is given: nothing here knows of engines, files or random numbers.
 */
package io.github.cvaegpu.control;
