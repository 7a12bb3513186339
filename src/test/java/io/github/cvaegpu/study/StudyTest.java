// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.AntiWindup;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.study.StudyRun.Role;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.List;
import org.junit.jupiter.api.Test;

class StudyTest {
  private static Study study(List<Double> rates, int epochs, int seeds, List<Double> setPoints) {
    return new Study(rates, epochs, seeds, setPoints, false);
  }

  @Test
  void eachRateAndSeedHasAPairAndItsRivals() {
    Study study = study(List.of(1e-3, 1e-4), 200, 2, List.of(8.5));
    assertEquals(
        List.of(
            "beta-lr0.001-seed0",
            "control-lr0.001-seed0",
            "control-kl8.5-lr0.001-seed0",
            "beta-lr0.0001-seed0",
            "control-lr0.0001-seed0",
            "control-kl8.5-lr0.0001-seed0",
            "beta-lr0.001-seed1",
            "control-lr0.001-seed1",
            "control-kl8.5-lr0.001-seed1",
            "beta-lr0.0001-seed1",
            "control-lr0.0001-seed1",
            "control-kl8.5-lr0.0001-seed1"),
        study.runs().stream().map(StudyRun::name).toList());
  }

  @Test
  void theOwnRuleHoldsTheStudysSetPointBesideIt() {
    List<StudyRun> runs = new Study(List.of(1e-3), 3, 1, List.of(8.5), true).runs();
    assertEquals(
        List.of(
            "beta-lr0.001-seed0",
            "control-lr0.001-seed0",
            "hold-lr0.001-seed0",
            "control-kl8.5-lr0.001-seed0"),
        runs.stream().map(StudyRun::name).toList());
    assertEquals(Role.HELD, runs.get(2).role());
    assertEquals(new HoldRule(9.97), runs.get(2).plan().rule());
    assertEquals(3, runs.get(2).plan().schedule().epochs());
  }

  @Test
  void runsAreFoundByTheirRateAndRole() {
    Study study = study(List.of(1e-3, 1e-4), 1, 2, List.of(8.0, 12.0));
    assertEquals(
        List.of("control-lr0.0001-seed0", "control-lr0.0001-seed1"),
        study.runs(1e-4, Role.CONTROL).stream().map(StudyRun::name).toList());
  }

  @Test
  void theSettingsAreTheStudys() {
    TrainingPlan control = study(List.of(1e-3), 200, 1, List.of()).runs().get(1).plan();
    assertEquals(new PiRule(9.97, 0.01, 0.0001, 0.01, 10, AntiWindup.STUDY), control.rule());
    assertEquals(128, control.batchSize());
    assertEquals(List.of(400, 50), control.hidden());
    assertEquals(2, control.latent());
    TrainingPlan beta = study(List.of(1e-3), 200, 1, List.of()).runs().get(0).plan();
    assertEquals(new ConstantRule(1), beta.rule());
    assertEquals(0, beta.seed());
  }

  @Test
  void refusesWhatCannotBeRun() {
    refused("A study needs a learning rate: name one or more with --lr.", List.of(), 1, List.of());
    refused("--lr names a value twice.", List.of(1e-3, 1e-3), 1, List.of());
    refused("--set-points names a value twice.", List.of(1e-3), 1, List.of(8.0, 8.0));
    refused(
        "The set point 9.97 is the study's own; --set-points names others.",
        List.of(1e-3),
        1,
        List.of(9.97));
    refused("--seeds must be 1 or more, not 0.", List.of(1e-3), 0, List.of());
    refused("The learning rate must be a positive number, not 0.0.", List.of(0.0), 1, List.of());
  }

  private static void refused(
      String sentence, List<Double> rates, int seeds, List<Double> setPoints) {
    var e = assertThrows(InputException.class, () -> study(rates, 1, seeds, setPoints));
    assertEquals(sentence, e.getMessage());
  }
}
