// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What there is to record of a run beside its steps: what it is, who worked on it, and how it
 * stands. It writes {@code run.json} anew whenever that changes.
 */
final class RunJournal implements RunObserver {
  private final TrainingPlan plan;
  private final ParameterLayout layout;
  private final RunDirectory directory;
  private final Provenance provenance;
  private final List<String> parametersSha256 = new ArrayList<>();
  private final List<RunRecord.Session> sessions = new ArrayList<>();
  private RunRecord.DatasetRecord images;
  private Optional<Calibration> calibration;
  private long stepsDone;
  private long checkpointStep;
  private Optional<RunRecord.Validated> validated = Optional.empty();
  private RunRecord last;

  RunJournal(
      TrainingPlan plan,
      ParameterLayout layout,
      Dataset dataset,
      RunDirectory directory,
      Provenance provenance) {
    this.plan = plan;
    this.layout = layout;
    this.directory = directory;
    this.provenance = provenance;
    images = RunRecord.DatasetRecord.of(dataset, plan);
    calibration = provenance.calibration();
  }

  // ---- going on ----------------------------------------------------------------------------

  /**
   * Goes on from a record.
   *
   * @throws InputException if the run cannot go on from what its folder has
   */
  void takeOver(RunRecord before) {
    boolean hasCheckpoint = RegularFile.isTaken(directory.checkpointFile());
    if (!hasCheckpoint
        && before.exitReason() == ExitReason.DIVERGED
        && before.endedBeforeFirstCheckpoint()) {
      throw new InputException(
          ("The run in %s diverged before its first checkpoint, so there is nothing to go on from:"
                  + " begin again with another --out and a lower --lr than %s.")
              .formatted(directory.folder(), Numbers.plain(plan.learningRate())));
    }
    if (before.needsCheckpoint() && !hasCheckpoint) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              ("run.json of %s says that %d steps are done, but its checkpoint.safetensors is"
                  + " missing; put it back, or start a new run with another --out."),
              directory.folder(),
              before.stepsDone()));
    }
    sessions.addAll(before.sessions());
    calibration = Optional.ofNullable(before.calibration());
    validated = Optional.ofNullable(before.validated());
    images = images.as(before.dataset().name(), before.dataset().status());
  }

  /** Goes on from a checkpoint, which also knows what the images are where no record does. */
  void takeOver(Checkpoint checkpoint, boolean hasRecord) {
    if (!hasRecord) {
      images = images.as(checkpoint.images().name(), checkpoint.images().status());
    }
    parametersSha256.addAll(checkpoint.position().parametersSha256());
    checkpointStep = checkpoint.state().step();
  }

  // ---- what happens ------------------------------------------------------------------------

  /** This process begins to work on the run. */
  void beginSession(EngineInfo engine, long done) {
    stepsDone = done;
    sessions.add(
        new RunRecord.Session(
            Program.nameAndVersion(),
            Program.commit().orElse(null),
            BitsVersion.CURRENT,
            engine,
            provenance.askedThreads().orElse(null),
            System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vendor"),
            "%s %s, %s"
                .formatted(
                    System.getProperty("os.name"),
                    System.getProperty("os.version"),
                    System.getProperty("os.arch")),
            stepsDone,
            now(),
            null));
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  @Override
  public void step(StepReport report) {
    stepsDone = report.step();
  }

  @Override
  public void checkpoint(Path file, long step) {
    checkpointStep = step;
  }

  /**
   * An epoch is done.
   *
   * @param sha256 of the parameters after it
   */
  void epochDone(String sha256) {
    parametersSha256.add(sha256);
  }

  /** What has come of the validation images so far; empty before their first epoch. */
  void validated(Optional<RunRecord.Validated> result) {
    validated = result;
  }

  // ---- what is known -----------------------------------------------------------------------

  /** Steps of the run that are done. */
  long stepsDone() {
    return stepsDone;
  }

  /** Steps of the run that were done before this process. */
  long firstStep() {
    return sessions.getLast().firstStep();
  }

  /** SHA-256 of the parameters after each epoch that is done. */
  List<String> parametersSha256() {
    return List.copyOf(parametersSha256);
  }

  /** What a checkpoint says of the images. */
  Checkpoint.Images images(Dataset dataset) {
    return new Checkpoint.Images(
        images.name(), images.status(), dataset.train().shape(), images.sha256());
  }

  /** What was last written to {@code run.json}, if anything was. */
  Optional<RunRecord> last() {
    return Optional.ofNullable(last);
  }

  // ---- run.json ----------------------------------------------------------------------------

  /** What this process would record of a run that it leaves as it is. */
  RunRecord unwritten(ExitReason reason, String message) {
    return record(reason, message, null);
  }

  private RunRecord record(ExitReason reason, String message, RunRecord.Metrics metrics) {
    return new RunRecord(
        RunRecord.FORMAT,
        Program.nameAndVersion(),
        plan,
        provenance.data().text(),
        provenance.data().reading().recorded(),
        new RunRecord.Network(layout.shape().inputs(), layout.parameterCount()),
        images,
        List.copyOf(sessions),
        stepsDone,
        checkpointStep,
        reason,
        message,
        parametersSha256(),
        metrics,
        calibration.orElse(null),
        validated.orElse(null));
  }

  private RunRecord write(ExitReason reason, String message, RunRecord.Metrics metrics)
      throws IOException {
    RunRecord record = record(reason, message, metrics);
    directory.write(record);
    last = record;
    return record;
  }

  /** Writes that the run is under way. */
  RunRecord writeRunning() throws IOException {
    return write(ExitReason.RUNNING, null, null);
  }

  /**
   * Writes that this process's work on the run has ended.
   *
   * @param message what went wrong; null where nothing did
   * @param metrics figures of the finished run; null where it is not finished
   */
  RunRecord writeEnd(ExitReason reason, String message, RunRecord.Metrics metrics)
      throws IOException {
    sessions.add(sessions.removeLast().endedAt(now()));
    return write(reason, message, metrics);
  }
}
