// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonElement;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.VaeShape;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Whether a {@code run.json} makes sense: it may be of other people, or edited. Who reads a record
 * that passed meets no null where its documentation has none, and no number that no run can have.
 */
final class RunRecordCheck {
  private static final int MAX_ASKED_THREADS = 1024;

  /** What may be null, by its names in the file: absent, or a figure that is not finite. */
  private static final Pattern OPTIONAL =
      Pattern.compile(
          "message|metrics|calibration|checkpoint_step|reading|reading\\.resize"
              + "|sessions\\[\\d+]\\.(program|commit|bits|asked_threads|ended)"
              + "|metrics\\.(images_per_second|controller)"
              + "|validated\\.(last|best)\\.(rl|kl|elbo)"
              + "|metrics\\.controller\\.(settling_step|overshoot|latch_step)"
              + "|metrics\\.test\\.(rl|kl|elbo|importance_weighted_bound)\\.(mean|standard_error)"
              + "|metrics\\.test\\.effective_sample_size"
              + "|calibration\\.at_beta_(min|one|max)\\.test_kl");

  private final RunRecord run;

  private RunRecordCheck(RunRecord run) {
    this.run = run;
  }

  /** What is wrong with a record, without a full stop; empty if nothing is. */
  static Optional<String> problem(RunRecord run) {
    Optional<String> missing = missing("", Json.PRETTY.toJsonTree(run));
    if (missing.isPresent()) {
      return Optional.of("its %s is missing".formatted(missing.get()));
    }
    return new RunRecordCheck(run).absurd().map("its %s makes no sense"::formatted);
  }

  private static Optional<String> missing(String path, JsonElement value) {
    if (value.isJsonNull()) {
      return OPTIONAL.matcher(path).matches() ? Optional.empty() : Optional.of(path);
    }
    if (value.isJsonObject()) {
      for (var item : value.getAsJsonObject().entrySet()) {
        String name = path.isEmpty() ? item.getKey() : path + "." + item.getKey();
        Optional<String> inside = missing(name, item.getValue());
        if (inside.isPresent()) {
          return inside;
        }
      }
    }
    if (value.isJsonArray()) {
      for (int i = 0; i < value.getAsJsonArray().size(); i++) {
        Optional<String> inside = missing(path + "[" + i + "]", value.getAsJsonArray().get(i));
        if (inside.isPresent()) {
          return inside;
        }
      }
    }
    return Optional.empty();
  }

  /** The name of the first value that no run can have. */
  private Optional<String> absurd() {
    RunRecord.Network network = run.network();
    RunRecord.DatasetRecord images = run.dataset();
    if (network.inputs() < 1 || network.inputs() > VaeShape.MAX_WIDTH) {
      return Optional.of("network.inputs");
    }
    if (network.parameters() < 1) {
      return Optional.of("network.parameters");
    }
    if (images.trainImages() < 1) {
      return Optional.of("dataset.train_images");
    }
    if (run.plan().validation() == null
        ? images.validationImages() != null
        : images.validationImages() == null || images.validationImages() < 1) {
      return Optional.of("dataset.validation_images");
    }
    if (images.testImages() < 0) {
      return Optional.of("dataset.test_images");
    }
    if (!isStep(run.stepsDone())) {
      return Optional.of("steps_done");
    }
    if (run.checkpointStep() != null && !isStep(run.checkpointStep())) {
      return Optional.of("checkpoint_step");
    }
    if (run.parametersSha256().size() > run.plan().epochs()) {
      return Optional.of("parameters_sha256");
    }
    return absurdReading()
        .or(this::absurdSession)
        .or(this::absurdMetrics)
        .or(this::absurdValidated)
        .or(this::absurdCalibration);
  }

  /** Only what lies at a path is read in one way or another. */
  private Optional<String> absurdReading() {
    try {
      return run.dataAsked() == null ? Optional.of("data") : Optional.empty();
    } catch (InputException e) {
      return Optional.of("reading");
    }
  }

  /** From 0 to the last step of the last epoch. */
  private boolean isStep(long step) {
    long perEpoch = run.plan().batches(run.dataset().trainImages());
    return step >= 0 && step <= perEpoch * run.plan().epochs();
  }

  private Optional<String> absurdSession() {
    for (int i = 0; i < run.sessions().size(); i++) {
      RunRecord.Session session = run.sessions().get(i);
      EngineInfo engine = session.engine();
      String wrong =
          engine.threads() < 0
              ? "engine.threads"
              : !isStep(session.firstStep())
                  ? "first_step"
                  : session.bits() != null && session.bits() < 1
                      ? "bits"
                      : session.askedThreads() != null
                              && (session.askedThreads() < 1
                                  || session.askedThreads() > MAX_ASKED_THREADS)
                          ? "asked_threads"
                          : !isTime(session.started())
                              ? "started"
                              : session.ended() != null && !isTime(session.ended()) ? "ended" : "";
      if (!wrong.isEmpty()) {
        return Optional.of("sessions[" + i + "]." + wrong);
      }
    }
    return Optional.empty();
  }

  private static boolean isTime(String text) {
    try {
      return Instant.parse(text) != null;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private Optional<String> absurdMetrics() {
    RunRecord.Metrics metrics = run.metrics();
    if (metrics == null) {
      return Optional.empty();
    }
    if (metrics.lastSteps().steps() < 1) {
      return Optional.of("metrics.last_steps.steps");
    }
    if (metrics.test().images() < 0) {
      return Optional.of("metrics.test.images");
    }
    if (metrics.test().samples() < 1) {
      return Optional.of("metrics.test.samples");
    }
    if (metrics.controller() != null
        && (metrics.controller().steps() < 1 || metrics.controller().tailSteps() < 1)) {
      return Optional.of("metrics.controller.steps");
    }
    if (metrics.sigma() != null
        && !(run.plan().objective().learnsSigma() && Sigma.isPossible(metrics.sigma()))) {
      return Optional.of("metrics.sigma");
    }
    return Optional.empty();
  }

  private Optional<String> absurdValidated() {
    RunRecord.Validated validated = run.validated();
    if (validated == null) {
      return Optional.empty();
    }
    boolean isGood =
        run.plan().validation() != null
            && isRow(validated.last())
            && (validated.best() == null || isRow(validated.best()))
            && (run.plan().patience().isPresent()
                || (validated.best() == null && validated.stoppedAfter() == null))
            && (validated.stoppedAfter() == null
                || validated.stoppedAfter() == validated.last().epoch());
    return isGood ? Optional.empty() : Optional.of("validated");
  }

  private boolean isRow(ValidationRow row) {
    return row != null
        && row.epoch() >= 1
        && row.epoch() <= run.plan().epochs()
        && isStep(row.step())
        && Float.isFinite(row.beta());
  }

  private Optional<String> absurdCalibration() {
    Calibration calibration = run.calibration();
    if (calibration != null
        && (calibration.epochs() < 1 || calibration.latent() < 1 || calibration.images() < 1)) {
      return Optional.of("calibration");
    }
    return Optional.empty();
  }
}
