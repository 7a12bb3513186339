// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.train.RunRecord;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** A figure of a run. The test images' have one sample each, but for the bound and log p(x). */
public enum Quantity {
  /** -(RL + KL) of the test images, nats per image. */
  TEST_ELBO("test ELBO", ofTest(metrics -> metrics.test().elbo().mean())),
  /** Reconstruction loss of the test images, nats per image. */
  TEST_RL("test RL", ofTest(metrics -> metrics.test().reconstructionLoss().mean())),
  /** KL divergence of the test images, nats per image. */
  TEST_KL("test KL", ofTest(metrics -> metrics.test().klDivergence().mean())),
  /** The importance-weighted bound of the test images, nats per image. */
  IMPORTANCE_WEIGHTED_BOUND("bound L_100", ofMeasures(RunMeasures::bound)),
  /** log p(x) of the test images, nats per image. */
  LOG_LIKELIHOOD("log p(x)", ofMeasures(RunMeasures::logLikelihood)),
  /** Reconstruction loss of training, mean of the last steps, nats per image. */
  TRAIN_RL("training RL", ofTest(metrics -> metrics.lastSteps().rl())),
  /** KL divergence of training, mean of the last steps, nats per image. */
  TRAIN_KL("training KL", ofTest(metrics -> metrics.lastSteps().kl())),
  /** -(RL + KL) of training, mean of the last steps, nats per image. */
  TRAIN_ELBO("training ELBO", ofTest(metrics -> metrics.lastSteps().elbo())),
  /** The weight of the KL divergence, mean of the last steps. */
  LAST_BETA("beta", ofTest(metrics -> metrics.lastSteps().beta()), Numbers::beta),
  /** |KL - set point| over the last tenth of training, 1000 steps at most, nats per image. */
  KL_ERROR(
      "KL error",
      ofControl(report -> OptionalDouble.of(Math.abs(report.offset()))),
      value -> Numbers.rounded("%.3f", value)),
  /** The step from which on KL was within 2 % of the set point. */
  SETTLED_STEP(
      "settled, step",
      ofControl(report -> toDouble(report.settlingStep())),
      value -> Numbers.rounded("%.0f", value)),
  /** How far KL went above the set point, nats per image. */
  KL_OVERSHOOT("overshoot", ofControl(ControlReport::overshoot)),
  /** -(RL + KL) of the validation images after the last epoch done, nats per image. */
  VALIDATION_ELBO(
      "validation ELBO",
      row -> finite(row.trained() == null ? Double.NaN : row.trained().validationElbo())),
  /** Seconds of all sessions whose end is known. */
  TRAIN_SECONDS(
      "seconds",
      row ->
          row.trained() == null
              ? OptionalDouble.empty()
              : OptionalDouble.of(row.trained().seconds()),
      value -> Numbers.rounded("%.1f", value)),
  /** Training speed of the last session. */
  IMAGES_PER_SECOND(
      "images/s",
      ofTest(RunRecord.Metrics::imagesPerSecond),
      value -> String.format(Locale.ROOT, "%,.0f", value));

  private final String title;

  @SuppressWarnings("ImmutableEnumChecker") // Lambdas without state.
  private final Function<SweepRow, OptionalDouble> of;

  @SuppressWarnings("ImmutableEnumChecker") // Lambdas without state.
  private final DoubleFunction<String> text;

  Quantity(String title, Function<SweepRow, OptionalDouble> of) {
    this(title, of, value -> Numbers.rounded("%.2f", value));
  }

  Quantity(String title, Function<SweepRow, OptionalDouble> of, DoubleFunction<String> text) {
    this.title = title;
    this.of = of;
    this.text = text;
  }

  private static Function<SweepRow, OptionalDouble> ofTest(
      ToDoubleFunction<RunRecord.Metrics> figure) {
    return row ->
        row.isCompleted()
            ? finite(figure.applyAsDouble(row.trained().metrics()))
            : OptionalDouble.empty();
  }

  private static Function<SweepRow, OptionalDouble> ofControl(
      Function<ControlReport, OptionalDouble> figure) {
    return row ->
        row.isCompleted() && row.trained().metrics().controller() != null
            ? figure.apply(row.trained().metrics().controller())
            : OptionalDouble.empty();
  }

  private static Function<SweepRow, OptionalDouble> ofMeasures(
      Function<RunMeasures, OptionalDouble> figure) {
    return row ->
        row.isCompleted() && row.measures() != null
            ? finite(figure.apply(row.measures()).orElse(Double.NaN))
            : OptionalDouble.empty();
  }

  /** A figure that overflowed is none. */
  private static OptionalDouble finite(double value) {
    return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  private static OptionalDouble toDouble(OptionalLong value) {
    return value.isPresent()
        ? OptionalDouble.of((double) value.getAsLong())
        : OptionalDouble.empty();
  }

  /** For people. */
  public String title() {
    return title;
  }

  /** The name of its column and of its member in JSON. */
  public String column() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A run's; empty if it has none, or one that is not finite. */
  public OptionalDouble of(SweepRow row) {
    return of.apply(row);
  }

  /** A value for people. */
  String text(double value) {
    return text.apply(value);
  }
}
