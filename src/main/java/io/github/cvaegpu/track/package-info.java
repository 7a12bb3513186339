// SPDX-License-Identifier: Apache-2.0
/**
 * Runs shown to other programs while they train: TensorBoard's event files, lines of JSON, and an
 * MLflow server.
 *
 * <p>{@link Trackers} are told of a run and tell each {@link Tracker} on a thread of its own. One
 * that is slow misses rows, one that fails is told no more, and both are said; the run goes on to
 * the same bits, as fast as without. A tracker's copy is for looking at: the run's own folder has
 * everything and is the truth.
 */
package io.github.cvaegpu.track;
