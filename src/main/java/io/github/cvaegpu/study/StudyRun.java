// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.TrainingPlan;

/**
 * One of the runs that a study is made of.
 *
 * @param name its folder's name
 * @param role which of the study's models it is
 * @param plan its settings
 */
public record StudyRun(String name, Role role, TrainingPlan plan) {
  /** The run as a queue has it. */
  public NamedPlan named() {
    return new NamedPlan(name, plan);
  }

  /** Which of the study's models a run is. */
  public enum Role {
    /** The beta-VAE with beta = 1. */
    BETA,
    /** The ControlVAE with the study's set point. */
    CONTROL,
    /** A ControlVAE with another set point, to compare the study's with. */
    RIVAL,
    /** The study's set point, held by this program's own rule. */
    HELD
  }
}
