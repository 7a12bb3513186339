// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/**
 * One of several runs.
 *
 * @param name its folder's name
 * @param plan its settings
 */
public record NamedPlan(String name, TrainingPlan plan) {}
