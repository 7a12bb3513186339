// SPDX-License-Identifier: Apache-2.0
/**
 * What sets the weight of the KL divergence at every step: a rule, of which there are some that
 * hold the KL divergence and some that only follow a plan.
 *
 * <p>{@link BetaRule} is what a plan has: the kind of rule and its settings. It makes the {@link
 * BetaController} that a training asks at every step; {@link HoldController} is that of this
 * program's own rule. {@link ControlWatch} says while a run goes on how it holds its KL divergence,
 * {@link ControlReport} afterwards. All of it is arithmetic on numbers that it is given: nothing
 * here knows of engines, files or random numbers.
 */
package io.github.cvaegpu.control;
