// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.RunFigures.FirstBelow;
import io.github.cvaegpu.study.RunFigures.Held;
import io.github.cvaegpu.study.RunFigures.HeldOut;
import io.github.cvaegpu.study.RunFigures.LabelFigure;
import io.github.cvaegpu.study.RunFigures.Last;
import io.github.cvaegpu.study.RunFigures.LatentFigures;
import io.github.cvaegpu.study.RunFigures.Separation;
import io.github.cvaegpu.study.StudyRun.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/** A run's figures, of which a test sets those that it is about. */
final class FiguresOf {
  static final double RATE = 0.001;

  private final Role role;
  private final long seed;
  double rate = RATE;
  double setPoint;
  int epochs = 50;
  long steps = 20_000;
  final Map<Integer, OptionalLong> below = new TreeMap<>();
  final Map<Integer, OptionalLong> studyBelow = new TreeMap<>();
  double lastRl = 125;
  double lastKl = 8;
  double lastBeta = 0.25;
  double lastStudyRl = 127;
  long tailSteps = 1000;
  double offset = 0.01;
  double spread = 0.2;
  OptionalLong settlingStep = OptionalLong.of(4000);
  OptionalDouble overshoot = OptionalDouble.of(6);
  double atLimits = 0.002;
  double rl = 130;
  double kl = 9;
  double elbo = -139;
  double bound = -135;
  double logLikelihood = -130;
  double approximationGap = 2;
  double amortisationGap = 7;
  final Map<Integer, Double> byLabel = new TreeMap<>(Map.of(1, 90.0, 2, 160.0, 3, 150.0, 8, 155.0));
  double neighbours = 0.8;
  double probe = 0.6;
  double mig = 0.1;
  boolean hasLabels = true;

  private FiguresOf(Role role, long seed, double setPoint) {
    this.role = role;
    this.seed = seed;
    this.setPoint = setPoint;
    for (int threshold : RunFigures.THRESHOLDS) {
      below.put(threshold, OptionalLong.of(20_000 - 100L * threshold));
      studyBelow.put(threshold, OptionalLong.of(22_000 - 100L * threshold));
    }
  }

  static FiguresOf beta(long seed) {
    return new FiguresOf(Role.BETA, seed, Double.NaN);
  }

  static FiguresOf control(long seed) {
    return new FiguresOf(Role.CONTROL, seed, Study.setPoint());
  }

  static FiguresOf held(long seed) {
    return new FiguresOf(Role.HELD, seed, Study.setPoint());
  }

  static FiguresOf rival(long seed, double setPoint) {
    return new FiguresOf(Role.RIVAL, seed, setPoint);
  }

  RunFigures build() {
    List<FirstBelow> firstBelow = new ArrayList<>();
    below.forEach((loss, step) -> firstBelow.add(new FirstBelow(Accounting.STANDARD, loss, step)));
    studyBelow.forEach(
        (loss, step) -> firstBelow.add(new FirstBelow(Accounting.STUDY, loss, step)));
    return new RunFigures(
        role,
        rate,
        setPoint,
        seed,
        epochs,
        steps,
        firstBelow,
        new Last(lastRl, lastKl, lastBeta, lastStudyRl),
        role == Role.BETA
            ? null
            : new Held(tailSteps, offset, spread, settlingStep, overshoot, atLimits),
        new HeldOut(
            rl,
            kl,
            elbo,
            bound,
            logLikelihood,
            approximationGap,
            amortisationGap,
            new LatentFigures(2, kl - 0.5, 0.5, 0.25),
            hasLabels
                ? byLabel.entrySet().stream()
                    .map(loss -> new LabelFigure(loss.getKey(), loss.getValue()))
                    .toList()
                : List.of(),
            hasLabels ? new Separation(neighbours, probe, mig) : null));
  }
}
