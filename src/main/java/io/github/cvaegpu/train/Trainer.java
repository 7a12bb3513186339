// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.TrainingListener.EpochReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Trains one run from where its directory stands to its last epoch.
 *
 * <p>An engine trains an epoch at a time. The trainer cuts it short, after a step, when a
 * checkpoint is due or the run is to stop, and then has it go on with the next batch: the numbers
 * are those of an epoch in one piece.
 */
public final class Trainer {
  /** Steps that the final figures are means over, as in the study. */
  static final int LAST_STEPS = 100;

  private final TrainingPlan plan;
  private final Dataset dataset;
  private final Trainee engine;
  private final RunDirectory directory;
  private final Provenance provenance;
  private final ParameterLayout layout;
  private final CheckpointInterval interval;
  private final TrainingListener listener;
  private final BooleanSupplier stopRequested;
  private final int batchesPerEpoch;

  private final BetaController controller;
  private final List<String> parametersSha256 = new ArrayList<>();
  private final List<RunRecord.Session> sessions = new ArrayList<>();
  private final StepMeans means = new StepMeans();
  private MetricsLog log;
  private long stepsDone;
  private int epoch;
  private int nextBatch;
  private long lastCheckpoint;
  private boolean lossesFinite = true;
  private final Speed speed = new Speed();
  private final Speed epochSpeed = new Speed();
  private RunRecord.DatasetRecord datasetRecord;
  private RunRecord lastRecord;
  private Optional<Calibration> calibration;
  private long checkpointStep;
  private Optional<String> metricsSha256 = Optional.empty();
  private Optional<String> otherBits = Optional.empty();

  /** What a run came to. */
  public record Outcome(ExitReason exitReason, long stepsDone, RunRecord record) {}

  /**
   * @param plan what to train
   * @param dataset on which images
   * @param engine on what; made for this plan and dataset
   * @param directory where the run is kept
   * @param provenance what is kept with it
   * @param interval how often to write a checkpoint
   * @param listener told of progress
   * @param stopRequested asked after every step; true ends the run after that step
   */
  public Trainer(
      TrainingPlan plan,
      Dataset dataset,
      Trainee engine,
      RunDirectory directory,
      Provenance provenance,
      CheckpointInterval interval,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    this.plan = plan;
    this.dataset = dataset;
    this.engine = engine;
    this.directory = directory;
    this.provenance = provenance;
    calibration = provenance.calibration();
    this.interval = interval;
    this.listener = listener;
    this.stopRequested = stopRequested;
    layout = new ParameterLayout(plan.shape(dataset.train().imageSize()));
    batchesPerEpoch = Math.ceilDiv(dataset.train().size(), plan.batchSize());
    controller = plan.rule().start();
    datasetRecord = RunRecord.DatasetRecord.of(dataset);
  }

  /**
   * Trains until the last epoch is done or a stop is requested. A run that is complete stays as it
   * is.
   *
   * @return what the run came to: COMPLETED or INTERRUPTED
   * @throws DivergedException if a loss is not finite; the checkpoint from before is kept
   * @throws InputException if the directory's files do not go with the plan
   * @throws UnwritableException if they cannot be written, or were taken away
   */
  public Outcome run() {
    Optional<RunRecord> before = directory.recordToResume();
    // What this refuses leaves the folder as it is; what goes wrong later is recorded.
    begin(before);
    if (epoch == plan.epochs() && before.isPresent() && before.get().isFinishedAt(stepsDone)) {
      return new Outcome(ExitReason.COMPLETED, stepsDone, before.get());
    }
    try {
      before.ifPresent(this::tellOfBeginning);
      otherBits.ifPresent(listener::otherMachine);
      return trainWithLog();
    } catch (DivergedException e) {
      throw e; // Recorded where it was found.
    } catch (UncheckedIOException e) {
      throw failed(unwritable(e.getCause()));
    } catch (IOException e) {
      throw failed(unwritable(e));
    } catch (RuntimeException e) {
      throw failed(e);
    } catch (Error e) {
      throw failed(e);
    }
  }

  /** What was last written to {@code run.json}; empty if the run was refused and left as it was. */
  public Optional<RunRecord> lastRecord() {
    return Optional.ofNullable(lastRecord);
  }

  private Outcome trainWithLog() throws IOException {
    if (!RegularFile.isTaken(directory.recordFile())) {
      // Before the log: a folder with a log but no record could not be resumed after a kill.
      record(ExitReason.RUNNING, null, null);
    }
    Optional<MetricsLog> kept =
        MetricsLog.open(directory.metricsFile(), stepsDone, metricsSha256, stopRequested);
    if (kept.isEmpty()) {
      // Stopped while it was read; the folder is as it was.
      return new Outcome(
          ExitReason.INTERRUPTED, stepsDone, recordOf(ExitReason.INTERRUPTED, null, null));
    }
    try (MetricsLog opened = kept.get()) {
      log = opened;
      record(ExitReason.RUNNING, null, null);
      lastCheckpoint = System.nanoTime();
      return train();
    }
  }

  /** Records a failure as well as that can be done; what it gives is to be thrown. */
  private <T extends Throwable> T failed(T failure) {
    try {
      if (!directory.isInPlace()) {
        return failure; // The record may be another process's by now.
      }
      endSession();
      String message = failure.getMessage();
      record(ExitReason.FAILED, message == null ? failure.toString() : message, null);
    } catch (IOException | RuntimeException | Error alsoFailed) {
      if (!alsoFailed.equals(failure)) {
        failure.addSuppressed(alsoFailed);
      }
    }
    return failure;
  }

  private void tellOfBeginning(RunRecord before) {
    if (stepsDone == 0) {
      listener.startingOver();
      return;
    }
    if (before.sessions().isEmpty()) {
      return;
    }
    EngineInfo last = before.sessions().getLast().engine();
    EngineInfo now = engine.info();
    if (last != null && !isSameMachine(last, now)) {
      listener.otherMachine(
          ("The run's last process computed with %s and this one computes with %s: from here on its"
                  + " bits may differ from those of a run that was never interrupted.")
              .formatted(machine(last), machine(now)));
    }
  }

  private static boolean isSameMachine(EngineInfo one, EngineInfo other) {
    return machine(one).equals(machine(other));
  }

  /** All that may change the bits: not the number of threads. */
  private static String machine(EngineInfo info) {
    return "%s on %s with %s in %s"
        .formatted(info.engine(), info.device(), info.library(), info.precision());
  }

  private UnwritableException unwritable(IOException e) {
    String kept =
        Files.exists(directory.checkpointFile())
            ? "the last checkpoint there is whole"
            : "no checkpoint was written yet";
    return new UnwritableException(
        "The run directory %s cannot be written to (%s); %s."
            .formatted(directory.folder(), AtomicFile.reason(e), kept),
        e);
  }

  /** Puts the engine and the controller where the checkpoint left them, or at the beginning. */
  private void begin(Optional<RunRecord> before) {
    before.ifPresent(this::takeOver);
    if (RegularFile.isTaken(directory.checkpointFile())) {
      Checkpoint checkpoint = Checkpoint.read(directory.checkpointFile());
      checkpoint.requireSameRun(plan, layout, dataset);
      if (before.isEmpty()) {
        datasetRecord = datasetRecord.as(checkpoint.images().name(), checkpoint.images().status());
      }
      engine.restore(checkpoint.state());
      controller.restore(checkpoint.position().controller());
      parametersSha256.addAll(checkpoint.position().parametersSha256());
      metricsSha256 = checkpoint.metricsSha256();
      otherBits = otherBits(checkpoint.bits());
      checkpointStep = checkpoint.state().step();
      epoch = checkpoint.position().epoch();
      nextBatch = checkpoint.position().nextBatch();
    } else {
      engine.restore(TrainingState.initial(InitialWeights.draw(layout, plan.seed())));
    }
    stepsDone = (long) epoch * batchesPerEpoch + nextBatch;
    sessions.add(
        new RunRecord.Session(
            Program.nameAndVersion(),
            Program.commit().orElse(null),
            BitsVersion.CURRENT,
            engine.info(),
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

  private static Optional<String> otherBits(int bits) {
    if (bits == BitsVersion.CURRENT) {
      return Optional.empty();
    }
    return Optional.of(
        bits == BitsVersion.UNKNOWN
            ? "The run was begun by a version of this program that did not record which bits it"
                + " gives: from here on they may differ from those of a run that was never"
                + " interrupted."
            : String.format(
                Locale.ROOT,
                "The run was begun by a version of this program that gives other bits (number %d;"
                    + " those of this one have number %d): from here on they differ from those of a"
                    + " run that was never interrupted.",
                bits,
                BitsVersion.CURRENT));
  }

  private void takeOver(RunRecord before) {
    Checkpoint.requireSameImages(before.dataset().sha256(), dataset);
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
    datasetRecord = datasetRecord.as(before.dataset().name(), before.dataset().status());
  }

  // ---- training --------------------------------------------------------------------------------

  private Outcome train() throws IOException {
    while (epoch < plan.epochs()) {
      BatchOrder order =
          BatchOrder.shuffled(plan.seed(), epoch, dataset.train().size(), plan.batchSize());
      trainUntilStopped(order);
      TrainingState state = engine.state();
      requireConverging(state);
      if (nextBatch == batchesPerEpoch) {
        finishEpoch(state);
      }
      boolean stop = stopRequested.getAsBoolean();
      if (stop || epoch == plan.epochs() || isCheckpointDue()) {
        writeCheckpoint(state);
      }
      if (stop && epoch < plan.epochs()) {
        return end(ExitReason.INTERRUPTED, null);
      }
    }
    return end(ExitReason.COMPLETED, finalMetrics());
  }

  /** After every step: log, report, and say whether the engine may go on. */
  private boolean afterStep(long step, float rl, float kl, float beta) {
    if (!Float.isFinite(rl) || !Float.isFinite(kl)) {
      lossesFinite = false;
      return false;
    }
    try {
      log.append(step + 1, epoch + 1, rl, kl, beta);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    stepsDone = step + 1;
    means.accept(rl, kl, beta);
    listener.step(stepsDone, rl, kl, beta);
    return !stopRequested.getAsBoolean() && !isCheckpointDue();
  }

  // ---- what surrounds it -----------------------------------------------------------------------

  private boolean isCheckpointDue() {
    return interval.isDue(stepsDone, batchesPerEpoch, System.nanoTime() - lastCheckpoint);
  }

  private void trainUntilStopped(BatchOrder order) {
    long start = System.nanoTime();
    int first = nextBatch;
    nextBatch += engine.trainEpoch(order.from(first), controller, this::afterStep);
    long nanos = System.nanoTime() - start;
    long images = 0;
    for (int batch = first; batch < nextBatch; batch++) {
      images += order.size(batch);
    }
    speed.add(images, nanos);
    epochSpeed.add(images, nanos);
  }

  private void requireConverging(TrainingState state) throws IOException {
    if (lossesFinite && isFinite(state)) {
      return;
    }
    log.flush();
    String message =
        String.format(
            Locale.ROOT,
            "Training diverged at step %d: %s is not a finite number. %s %s A lower --lr may help.",
            lossesFinite ? stepsDone : stepsDone + 1,
            lossesFinite ? "a parameter" : "a loss",
            lastFiniteLosses(),
            Files.exists(directory.checkpointFile())
                ? "The checkpoint from before is kept."
                : "There was no checkpoint yet.");
    endSession();
    record(ExitReason.DIVERGED, message, null);
    throw new DivergedException(message);
  }

  private String lastFiniteLosses() {
    return stepsDone == sessions.getLast().firstStep()
        ? "No step of this process had finite losses."
        : "The last finite losses were RL %s and KL %s nats per image, with beta %s."
            .formatted(means.lastRl(), means.lastKl(), means.lastBeta());
  }

  private static boolean isFinite(TrainingState state) {
    for (float[] array : List.of(state.parameters(), state.firstMoment(), state.secondMoment())) {
      for (float value : array) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
    }
    return true;
  }

  private void finishEpoch(TrainingState state) throws IOException {
    parametersSha256.add(Checkpoint.sha256(state.parameters(), layout));
    epoch++;
    nextBatch = 0;
    log.flush();
    listener.epoch(
        new EpochReport(
            epoch,
            plan.epochs(),
            means.rl(),
            means.kl(),
            means.beta(),
            epochSpeed.imagesPerSecond()));
    means.reset();
    epochSpeed.reset();
    record(ExitReason.RUNNING, null, null);
  }

  private void writeCheckpoint(TrainingState state) throws IOException {
    directory.requireInPlace();
    log.requireInPlace();
    // The rows first: a checkpoint must never be ahead of the log that it is resumed with.
    log.force();
    new Checkpoint(
            state,
            new Checkpoint.Position(
                epoch, nextBatch, controller.memory(), List.copyOf(parametersSha256), log.sha256()),
            plan,
            layout,
            new Checkpoint.Images(
                datasetRecord.name(),
                datasetRecord.status(),
                dataset.train().shape(),
                datasetRecord.sha256()),
            provenance.data().text(),
            BitsVersion.CURRENT)
        .write(directory.checkpointFile());
    checkpointStep = state.step();
    lastCheckpoint = System.nanoTime();
  }

  private RunRecord.Metrics finalMetrics() throws IOException {
    var last = new StepMeans();
    Optional<ControlReport.Builder> report = plan.rule().target().map(ControlReport.Builder::new);
    log.read(
        (step, epochOfStep, rl, kl, beta) -> {
          if (step > stepsDone - LAST_STEPS) {
            last.accept(rl, kl, beta);
          }
          report.ifPresent(control -> control.accept(step, kl, beta));
        });
    Evaluation test = new Evaluator(engine, plan.seed()).evaluate(dataset.test(), 1);
    return new RunRecord.Metrics(
        new RunRecord.LastSteps(
            last.count(), last.rl(), last.kl(), -(last.rl() + last.kl()), last.beta()),
        test,
        report.map(ControlReport.Builder::build).orElse(null),
        speed.imagesPerSecond());
  }

  private Outcome end(ExitReason reason, RunRecord.Metrics metrics) throws IOException {
    endSession();
    return new Outcome(reason, stepsDone, record(reason, null, metrics));
  }

  private void endSession() {
    sessions.add(sessions.removeLast().endedAt(now()));
  }

  private RunRecord recordOf(ExitReason reason, String message, RunRecord.Metrics metrics) {
    return new RunRecord(
        RunRecord.FORMAT,
        Program.nameAndVersion(),
        plan,
        provenance.data().text(),
        new RunRecord.Network(layout.shape().inputs(), layout.parameterCount()),
        datasetRecord,
        List.copyOf(sessions),
        stepsDone,
        checkpointStep,
        reason,
        message,
        List.copyOf(parametersSha256),
        metrics,
        calibration.orElse(null));
  }

  private RunRecord record(ExitReason reason, String message, RunRecord.Metrics metrics)
      throws IOException {
    RunRecord record = recordOf(reason, message, metrics);
    directory.write(record);
    lastRecord = record;
    return record;
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
