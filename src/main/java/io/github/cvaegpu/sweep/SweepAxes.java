// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.report.Axes;
import io.github.cvaegpu.report.Axes.Axis;
import io.github.cvaegpu.report.Axes.Point;
import io.github.cvaegpu.report.Axes.Wanted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/** A sweep's runs as points of axes: the settings that differ, then the figures that there are. */
final class SweepAxes {
  /** In the order in which they are shown. */
  private static final List<Quantity> FIGURES =
      List.of(
          Quantity.LAST_BETA,
          Quantity.KL_ERROR,
          Quantity.TEST_KL,
          Quantity.TEST_RL,
          Quantity.TEST_ELBO,
          Quantity.IMPORTANCE_WEIGHTED_BOUND,
          Quantity.LOG_LIKELIHOOD,
          Quantity.TRAIN_SECONDS);

  /** Largest by smallest value from which on values are told apart as ratios. */
  private static final double RATIO = 20;

  private final List<SweepRow> rows;
  private final List<Axis> axes = new ArrayList<>();
  private final List<ToDoubleFunction<SweepRow>> values = new ArrayList<>();

  private SweepAxes(List<SweepRow> rows) {
    this.rows = rows;
  }

  /**
   * Of runs.
   *
   * @param settings of the sweep
   * @param rows what become points, in their order
   * @param measure that colours them, if a run has it; else the last figure that there is
   * @return empty if there is nothing to show: no setting differs and no run has a figure
   */
  static Optional<Axes> of(List<Setting> settings, List<SweepRow> rows, Measure measure) {
    var its = new SweepAxes(rows);
    settings.forEach(its::add);
    FIGURES.forEach(its::add);
    if (its.axes.isEmpty()) {
      return Optional.empty();
    }
    List<Point> points =
        rows.stream()
            .map(
                row ->
                    new Point(
                        row.point().name(),
                        its.values.stream().map(value -> value.applyAsDouble(row)).toList()))
            .toList();
    int colour = its.axes.size() - 1;
    for (int a = 0; a < its.axes.size(); a++) {
      colour = its.axes.get(a).name().equals(measure.title()) ? a : colour;
    }
    return Optional.of(new Axes(its.axes, points, colour));
  }

  private void add(Setting setting) {
    List<String> all =
        rows.stream().map(row -> row.point().values().get(setting.name())).distinct().toList();
    if (all.size() < 2) {
      return;
    }
    if (all.stream().allMatch(value -> number(value).isPresent())) {
      double[] numbers = all.stream().mapToDouble(value -> number(value).orElseThrow()).toArray();
      axes.add(new Axis(setting.name(), List.of(), isWide(numbers), Wanted.NEITHER));
      values.add(row -> number(row.point().values().get(setting.name())).orElseThrow());
      return;
    }
    List<String> categories =
        setting instanceof Setting.Choice choice
            ? choice.values().stream().filter(all::contains).toList()
            : all;
    axes.add(new Axis(setting.name(), categories, false, Wanted.NEITHER));
    values.add(row -> categories.indexOf(row.point().values().get(setting.name())));
  }

  /** Whether numbers are told apart as ratios. */
  private static boolean isWide(double[] numbers) {
    double least = DoubleStream.of(numbers).min().orElseThrow();
    double most = DoubleStream.of(numbers).max().orElseThrow();
    return least > 0 && most / least >= RATIO;
  }

  private void add(Quantity quantity) {
    if (rows.stream().noneMatch(row -> row.isCompleted() && quantity.of(row).isPresent())) {
      return;
    }
    double[] all =
        rows.stream()
            .filter(SweepRow::isCompleted)
            .map(quantity::of)
            .flatMapToDouble(OptionalDouble::stream)
            .toArray();
    // beta goes over orders of magnitude; of a loss, ratios say nothing.
    boolean isLog = quantity == Quantity.LAST_BETA && isWide(all);
    axes.add(new Axis(quantity.title(), List.of(), isLog, wanted(quantity)));
    values.add(row -> row.isCompleted() ? quantity.of(row).orElse(Double.NaN) : Double.NaN);
  }

  private static Wanted wanted(Quantity quantity) {
    return switch (quantity) {
      case TEST_ELBO, IMPORTANCE_WEIGHTED_BOUND, LOG_LIKELIHOOD -> Wanted.HIGH;
      case KL_ERROR, TRAIN_SECONDS -> Wanted.LOW;
      default -> Wanted.NEITHER;
    };
  }

  /** The number that a setting's value is; empty if it is none, e.g. a name. */
  static OptionalDouble number(String value) {
    try {
      double number = Double.parseDouble(value);
      return Double.isFinite(number) ? OptionalDouble.of(number) : OptionalDouble.empty();
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }
}
