// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.AntiWindup;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** A run of a small network on {@link TinyImages}, five batches an epoch, the last one smaller. */
public final class TinyRun {
  public static final int STEPS_PER_EPOCH = 5;
  static final CheckpointInterval NEVER = CheckpointInterval.parse("999999epochs");

  public Dataset dataset = TinyImages.dataset(1);
  public TrainingPlan plan = plan(3, 1e-2);
  public int threads = 1;
  public CheckpointInterval interval = NEVER;
  public RunObserver listener = RunObserver.NONE;
  Optional<Integer> askedThreads = Optional.empty();
  Optional<Calibration> calibration = Optional.empty();
  private final Path folder;

  public TinyRun(Path folder) {
    this.folder = folder;
  }

  public static TrainingPlan plan(int epochs, double learningRate) {
    // Gains at which beta moves at every step, so that a controller's lost memory shows.
    var rule = new PiRule(1e-4, 0.1, 0.01, 0.001, 10, AntiWindup.DIRECTIONAL);
    return Plans.of(rule, epochs, 64, learningRate, 2, List.of(20, 10), 5);
  }

  /** Trains until a step, or to the end where there is no such step. */
  public Trainer.Outcome until(long step) {
    long[] done = new long[1];
    RunObserver counting =
        new RunObserver() {
          @Override
          public void step(StepReport report) {
            done[0] = report.step();
          }
        };
    return train(RunObservers.of(counting, listener), () -> done[0] == step);
  }

  public Trainer.Outcome toTheEnd() {
    return until(-1);
  }

  /** As if it had been asked to stop before it began. */
  Trainer.Outcome stopAtOnce() {
    return train(listener, () -> true);
  }

  private Trainer.Outcome train(RunObserver told, BooleanSupplier stop) {
    boolean begun = Files.exists(recordFile()) || Files.exists(checkpointFile());
    try (var directory = begun ? RunDirectory.resume(folder) : RunDirectory.create(folder);
        var engine = plan.trainee(new CpuAccelerator(threads), dataset.train())) {
      var provenance = new Provenance(new DataChoice.Named("tiny"), askedThreads, calibration);
      return new Trainer(plan, dataset, engine, directory, provenance, interval, told, stop).run();
    }
  }

  public RunRecord record() {
    return RunDirectory.readRecord(folder);
  }

  public Path checkpointFile() {
    return RunDirectory.checkpointFile(folder);
  }

  Path recordFile() {
    return folder.resolve("run.json");
  }

  /** Makes the record what a kill would have left. */
  public void asIfKilled() throws IOException {
    editRecord(
        json -> json.replaceFirst("\"exit_reason\": \"\\w+\"", "\"exit_reason\": \"running\""));
  }

  void editRecord(UnaryOperator<String> edit) throws IOException {
    Files.writeString(recordFile(), edit.apply(Files.readString(recordFile())));
  }

  Path validationFile() {
    return folder.resolve("validation.csv");
  }

  Path bestFile() {
    return folder.resolve("best.safetensors");
  }

  public Path metricsFile() {
    return folder.resolve("metrics.csv");
  }

  /**
   * All that has to be the same bits whatever happened to a run: the files whole, as nothing in
   * them tells of stops and threads, and the figures of the record.
   */
  public Result result() throws IOException {
    RunRecord record = record();
    return new Result(
        Files.readString(metricsFile()),
        sha256(checkpointFile()),
        Files.exists(validationFile()) ? Files.readString(validationFile()) : null,
        Files.exists(bestFile()) ? sha256(bestFile()) : null,
        record.validated(),
        record.parametersSha256(),
        record.stepsDone(),
        record.exitReason(),
        record.metrics() == null ? null : record.metrics().lastSteps(),
        record.metrics() == null ? null : record.metrics().test(),
        record.metrics() == null ? null : record.metrics().controller());
  }

  private static String sha256(Path file) throws IOException {
    return Digests.hex(Digests.sha256(), file);
  }

  /** See {@link #result()}. */
  public record Result(
      String metrics,
      String checkpointSha256,
      String validation,
      String bestSha256,
      RunRecord.Validated validated,
      List<String> parametersSha256,
      long stepsDone,
      RunRecord.ExitReason exitReason,
      RunRecord.LastSteps lastSteps,
      Evaluation test,
      ControlReport controller) {}
}
