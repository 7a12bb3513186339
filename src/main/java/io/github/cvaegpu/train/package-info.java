// SPDX-License-Identifier: Apache-2.0
/**
 * What a run is, and how it survives being killed at any moment.
 *
 * <p>{@link Trainer} is the loop around the engine; {@link TrainingPlan} says what it trains;
 * {@link RunDirectory} is the folder of a run, in which the {@link Checkpoint} is the truth and the
 * log and the record follow from it. A {@link RunObserver} is told of a run, and a {@link RunQueue}
 * trains several. All of them know engines by their interface only.
 */
package io.github.cvaegpu.train;
