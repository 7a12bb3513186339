// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.study.StudyRun.Role;
import io.github.cvaegpu.train.Schedule;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;

/**
 * The published study over again: a beta-VAE and a ControlVAE with the study's settings, its
 * anti-windup included, for each learning rate and seed.
 *
 * @param learningRates Adam's step sizes, one or more, no two the same
 * @param epochs passes over the training images
 * @param seeds seeds 0 to seeds - 1
 * @param setPoints further set points of the KL divergence, to compare the study's with
 * @param isOwnRuleTried whether this program's own rule holds the study's set point beside it
 */
public record Study(
    List<Double> learningRates,
    int epochs,
    int seeds,
    List<Double> setPoints,
    boolean isOwnRuleTried) {

  /** Seed of the ten digits that are shown, as in the study. */
  public static final long SHOWN_SEED = 10;

  /** Refuses what cannot be run, with an {@link InputException}. */
  public Study {
    learningRates = List.copyOf(learningRates);
    setPoints = List.copyOf(setPoints);
    if (learningRates.isEmpty()) {
      throw new InputException("A study needs a learning rate: name one or more with --lr.");
    }
    requireDistinct("--lr", learningRates);
    requireDistinct("--set-points", setPoints);
    if (setPoints.contains(setPoint())) {
      throw new InputException(
          "The set point %s is the study's own; --set-points names others."
              .formatted(plain(setPoint())));
    }
    if (seeds < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "--seeds must be 1 or more, not %d.", seeds));
    }
    // What no run can use is refused here, before any of them is trained.
    runs(learningRates, epochs, seeds, setPoints, isOwnRuleTried);
  }

  private static void requireDistinct(String option, List<Double> values) {
    if (new HashSet<>(values).size() < values.size()) {
      throw new InputException("%s names a value twice.".formatted(option));
    }
  }

  /** The study's set point, in nats per image. */
  public static double setPoint() {
    return PiRule.study().setPoint();
  }

  /** All runs: for each learning rate and seed the beta-VAE, the ControlVAE and its rivals. */
  public List<StudyRun> runs() {
    return runs(learningRates, epochs, seeds, setPoints, isOwnRuleTried);
  }

  /** The runs of a learning rate that have a role, by seed. */
  public List<StudyRun> runs(double learningRate, Role role) {
    return runs().stream()
        .filter(run -> run.role() == role && run.plan().learningRate() == learningRate)
        .toList();
  }

  private static List<StudyRun> runs(
      List<Double> learningRates,
      int epochs,
      int seeds,
      List<Double> setPoints,
      boolean isOwnRuleTried) {
    List<StudyRun> runs = new ArrayList<>();
    for (int seed = 0; seed < seeds; seed++) {
      for (double rate : learningRates) {
        String suffix = String.format(Locale.ROOT, "-lr%s-seed%d", plain(rate), seed);
        runs.add(
            new StudyRun(
                "beta" + suffix, Role.BETA, plan(new ConstantRule(1), epochs, rate, seed)));
        runs.add(
            new StudyRun(
                "control" + suffix, Role.CONTROL, plan(PiRule.study(), epochs, rate, seed)));
        if (isOwnRuleTried) {
          runs.add(
              new StudyRun(
                  "hold" + suffix, Role.HELD, plan(new HoldRule(setPoint()), epochs, rate, seed)));
        }
        for (double setPoint : setPoints) {
          runs.add(
              new StudyRun(
                  "control-kl" + plain(setPoint) + suffix,
                  Role.RIVAL,
                  plan(PiRule.study().aimedAt(setPoint), epochs, rate, seed)));
        }
      }
    }
    return runs;
  }

  private static TrainingPlan plan(BetaRule rule, int epochs, double rate, long seed) {
    return new TrainingPlan(
        rule,
        Objective.study(),
        NetworkSettings.study(),
        new Schedule(epochs, Schedule.study().batchSize(), rate),
        seed);
  }
}
