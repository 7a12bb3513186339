// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * RL against KL of models that differ in the KL divergence that they were held at, or in what else
 * leads it: the rate-distortion curve of A. Alemi et al., "Fixing a broken ELBO", ICML 2018, a line
 * for each combination of the other settings.
 *
 * @param along the setting that leads KL
 * @param lines in the sweep's order, each of two points or more
 */
public record RateDistortion(String along, List<Line> lines) {
  /** What a point has to have: its place, and its place among the others. */
  private static final List<Quantity> PLACED_BY =
      List.of(Quantity.TEST_KL, Quantity.TEST_RL, Quantity.TRAIN_KL);

  /** Settings whose values lead KL from one end of the curve to the other. */
  private static final List<String> LEADING = List.of("kl", "beta", "rl");

  /**
   * A curve.
   *
   * @param title what it has for the other settings, for people; empty if there are none
   * @param points by their KL divergence in training
   * @param checks of the chords between neighbours; a chord without slope is not there
   * @param isWeighted whether beta is the trade-off of what its runs minimised: under other rules
   *     the slope is nothing of beta's, and there are no checks
   */
  public record Line(
      String title, List<Summary> points, List<SlopeCheck> checks, boolean isWeighted) {
    /** Copies the lists. */
    public Line {
      points = List.copyOf(points);
      checks = List.copyOf(checks);
    }

    /** The point that is best by a measure, by its mean; empty if none has it. */
    Optional<Summary> best(Measure measure) {
      return Ranking.of(measure, points).best();
    }
  }

  /** Copies the list. */
  public RateDistortion {
    lines = List.copyOf(lines);
  }

  /** Whether a sweep is to have one: it varies what leads KL. */
  public static boolean isOf(SweepPlan plan) {
    return plan.settings().stream().map(Setting::name).anyMatch(LEADING::contains);
  }

  /**
   * The curve of a sweep.
   *
   * @return empty if it varies nothing that leads KL, or too few of its runs are complete
   */
  static Optional<RateDistortion> of(SweepPlan plan, List<Summary> summaries) {
    List<String> varied =
        plan.settings().stream()
            .map(Setting::name)
            .filter(name -> varies(name, summaries))
            .toList();
    return LEADING.stream()
        .filter(varied::contains)
        .findFirst()
        .flatMap(along -> along(along, summaries));
  }

  private static boolean varies(String setting, List<Summary> summaries) {
    return summaries.stream().map(summary -> summary.values().get(setting)).distinct().count() > 1;
  }

  private static Optional<RateDistortion> along(String along, List<Summary> summaries) {
    Map<SequencedMap<String, String>, List<Summary>> byOthers = new LinkedHashMap<>();
    for (Summary summary : summaries) {
      if (PLACED_BY.stream().allMatch(quantity -> summary.of(quantity).isPresent())) {
        SequencedMap<String, String> others = new LinkedHashMap<>(summary.values());
        others.remove(along);
        byOthers.computeIfAbsent(others, its -> new ArrayList<>()).add(summary);
      }
    }
    List<Line> lines = new ArrayList<>();
    byOthers.forEach(
        (others, points) -> {
          if (points.size() > 1) {
            lines.add(line(others.isEmpty() ? "" : Summary.title(others), points));
          }
        });
    return lines.isEmpty() ? Optional.empty() : Optional.of(new RateDistortion(along, lines));
  }

  private static Line line(String title, List<Summary> points) {
    List<Summary> sorted = new ArrayList<>(points);
    sorted.sort(
        Comparator.comparingDouble(point -> point.of(Quantity.TRAIN_KL).orElseThrow().mean()));
    boolean isWeighted =
        points.stream()
            .flatMap(point -> point.rows().stream())
            .filter(SweepRow::isCompleted)
            .allMatch(row -> row.trained().isWeighted());
    List<SlopeCheck> checks = new ArrayList<>();
    for (int i = 1; isWeighted && i < sorted.size(); i++) {
      SlopeCheck.of(sorted.get(i - 1), sorted.get(i)).ifPresent(checks::add);
    }
    return new Line(title, sorted, checks, isWeighted);
  }

  /** All checks, line by line. */
  public List<SlopeCheck> checks() {
    return lines.stream().flatMap(line -> line.checks().stream()).toList();
  }

  /** A point by its value of the setting that leads KL, for people. */
  String at(Summary point) {
    return along + " " + point.values().get(along);
  }
}
