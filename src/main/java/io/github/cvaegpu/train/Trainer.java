// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ControlWatch;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Trains one run from where its directory stands to its last epoch.
 *
 * <p>A trainee trains an epoch at a time. The trainer cuts it short, after a step, when a
 * checkpoint is due or the run is to stop, and then has it go on with the next batch: the numbers
 * are those of an epoch in one piece.
 */
public final class Trainer {
  private final TrainingPlan plan;
  private final Dataset dataset;
  private final Trainee trainee;
  private final RunDirectory directory;
  private final Provenance provenance;
  private final CheckpointInterval interval;
  private final RunObserver observer;
  private final StopRequest stopRequested;
  private final ParameterLayout layout;
  private final int trainingImages;
  private final int batchesPerEpoch;
  private final EpochImages epochImages;

  private final BetaController controller;
  private final RunJournal journal;
  private final ControlWatch watch;
  private final StepMeans means = new StepMeans();
  private final Speed speed = new Speed();
  private final Speed epochSpeed = new Speed();
  private final Optional<Validator> validator;
  private MetricsLog log;
  private RunObserver told; // all observers, once there is a log to write to
  private RunRecord ended;
  private int epoch;
  private int nextBatch;
  private long lastCheckpoint;
  private long stepsAtCheckpoint;
  private boolean lossesFinite = true;
  private Optional<String> metricsSha256 = Optional.empty();
  private Optional<String> validationSha256 = Optional.empty();
  private Optional<String> otherBits = Optional.empty();

  /**
   * What a run came to.
   *
   * @param exitReason COMPLETED or INTERRUPTED
   * @param stepsDone of the run, by whichever processes
   * @param record what is kept of it
   * @param wasComplete whether it was so before: nothing was left to train
   */
  public record Outcome(
      ExitReason exitReason, long stepsDone, RunRecord record, boolean wasComplete) {}

  /**
   * @param plan what to train
   * @param dataset on which images; those that the plan holds out of the training set are only
   *     scored
   * @param trainee on what; made for this plan and dataset, see {@link TrainingPlan#trainee}
   * @param directory where the run is kept
   * @param provenance what is kept with it
   * @param interval how often to write a checkpoint
   * @param observer told of progress
   * @param stopRequested asked after every step, and so is a {@link StopRequest} in the folder;
   *     true ends the run after that step
   */
  public Trainer(
      TrainingPlan plan,
      Dataset dataset,
      Trainee trainee,
      RunDirectory directory,
      Provenance provenance,
      CheckpointInterval interval,
      RunObserver observer,
      BooleanSupplier stopRequested) {
    this(
        plan,
        plan.controller(dataset.train().imageSize()),
        dataset,
        trainee,
        directory,
        provenance,
        interval,
        observer,
        stopRequested);
  }

  /** The same by a controller of the caller's, in its first state. */
  public Trainer(
      TrainingPlan plan,
      BetaController controller,
      Dataset dataset,
      Trainee trainee,
      RunDirectory directory,
      Provenance provenance,
      CheckpointInterval interval,
      RunObserver observer,
      BooleanSupplier stopRequested) {
    this.plan = plan;
    this.dataset = dataset;
    this.trainee = trainee;
    this.directory = directory;
    this.provenance = provenance;
    this.interval = interval;
    this.observer = observer;
    this.stopRequested = new StopRequest(directory.folder(), stopRequested);
    layout = plan.layout(dataset.train().imageSize());
    trainingImages = plan.trainingImages(dataset.train().size());
    batchesPerEpoch = plan.batches(trainingImages);
    epochImages = new EpochImages(plan, dataset.train());
    validator =
        Optional.ofNullable(plan.validation())
            .map(part -> part.heldOut(plan.given(dataset.train()), plan.seed()))
            .map(images -> new Validator(plan, images, directory));
    this.controller = controller;
    watch = new ControlWatch(plan.rule(), plan.lossOrigin(dataset.train().imageSize()));
    journal = new RunJournal(plan, layout, dataset, directory, provenance);
  }

  /**
   * Trains until the last epoch is done, the plan's patience is over or a stop is requested. A run
   * that is complete stays as it is.
   *
   * @return what the run came to: COMPLETED or INTERRUPTED
   * @throws DivergedException if a loss is not finite, or a sigma that is learned none that there
   *     can be; the checkpoint from before is kept
   * @throws io.github.cvaegpu.InputException if the directory's files do not go with the plan
   * @throws UnwritableException if they cannot be written, or were taken away
   */
  public Outcome run() {
    Optional<RunRecord> before = directory.recordToResume();
    // What this refuses leaves the folder as it is; what goes wrong later is recorded.
    begin(before);
    if (before.isPresent()
        && before.get().isFinishedAt(journal.stepsDone())
        && (epoch == plan.epochs() || before.get().stoppedAfter().isPresent())) {
      return new Outcome(ExitReason.COMPLETED, journal.stepsDone(), before.get(), true);
    }
    Outcome outcome;
    try {
      outcome = trainAndRecord(before);
    } catch (RuntimeException | Error e) {
      try {
        tellEnd();
      } catch (RuntimeException | Error further) {
        e.addSuppressed(further);
      }
      throw e;
    }
    tellEnd();
    return outcome;
  }

  /** Whoever was told that the run begins is told that it ends, once, whatever came of it. */
  private void tellEnd() {
    if (told != null && ended != null) {
      observer.ends(directory.folder(), ended);
    }
  }

  private Outcome trainAndRecord(Optional<RunRecord> before) {
    try {
      before.ifPresent(this::warnOfBeginning);
      otherBits.ifPresent(observer::warns);
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
    return journal.last();
  }

  // ---- beginning, and ending badly -------------------------------------------------------------

  /** Puts the trainee and the controller where the checkpoint left them, or at the beginning. */
  private void begin(Optional<RunRecord> before) {
    before.ifPresent(
        record -> {
          Checkpoint.requireSameImages(record.dataset().sha256(), dataset);
          journal.takeOver(record);
        });
    if (RegularFile.isTaken(directory.checkpointFile())) {
      Checkpoint checkpoint = Checkpoint.read(directory.checkpointFile());
      checkpoint.requireSameRun(plan, layout, dataset);
      journal.takeOver(checkpoint, before.isPresent());
      trainee.restore(checkpoint.state());
      controller.restore(checkpoint.position().controller());
      metricsSha256 = checkpoint.metricsSha256();
      validationSha256 = checkpoint.validationSha256();
      otherBits = ResumeWarnings.otherBits(checkpoint.bits());
      epoch = checkpoint.position().epoch();
      nextBatch = checkpoint.position().nextBatch();
    } else {
      trainee.restore(TrainingState.initial(InitialWeights.draw(layout, plan.seed())));
    }
    journal.beginSession(trainee.info(), (long) epoch * batchesPerEpoch + nextBatch);
  }

  private void warnOfBeginning(RunRecord before) {
    if (journal.stepsDone() == 0) {
      observer.warns(ResumeWarnings.STARTING_OVER);
    } else if (!before.sessions().isEmpty()) {
      EngineInfo last = before.sessions().getLast().engine();
      ResumeWarnings.otherMachine(last, trainee.info()).ifPresent(observer::warns);
    }
  }

  private Outcome trainWithLog() throws IOException {
    if (!RegularFile.isTaken(directory.recordFile())) {
      // Before the log: a folder with a log but no record could not be resumed after a kill.
      journal.writeRunning();
    }
    Optional<MetricsLog> kept =
        MetricsLog.open(directory.metricsFile(), journal.stepsDone(), metricsSha256, stopRequested);
    if (kept.isEmpty()) {
      return stoppedWhileReading();
    }
    try (MetricsLog opened = kept.get();
        Validator validated = validator.orElse(null)) {
      log = opened;
      if (validated != null && !beginValidation(validated)) {
        return stoppedWhileReading();
      }
      if (journal.stepsDone() > 0) {
        // What was said of the steps before is not said again.
        log.read(row -> watch.accept(row.step(), row.rl(), row.kl(), row.beta()));
      }
      // The log first: what others hear of is in it.
      told = RunObservers.of(log, journal, means, observer);
      told.begins(directory.folder(), journal.writeRunning());
      startInterval();
      return train();
    }
  }

  /** The folder is as it was. */
  private Outcome stoppedWhileReading() {
    return new Outcome(
        ExitReason.INTERRUPTED,
        journal.stepsDone(),
        journal.unwritten(ExitReason.INTERRUPTED, null),
        false);
  }

  private boolean beginValidation(Validator validated) throws IOException {
    if (!validated.open(epoch, validationSha256, stopRequested)) {
      return false;
    }
    validated.requireBest(journal.parametersSha256(), nextBatch == 0);
    journal.validated(validated.result());
    return true;
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

  /** Records a failure as well as that can be done; what it gives is to be thrown. */
  private <T extends Throwable> T failed(T failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    ended = journal.unwritten(ExitReason.FAILED, message);
    try {
      if (!directory.isInPlace()) {
        return failure; // The record may be another process's by now.
      }
      end(ExitReason.FAILED, message, null);
    } catch (IOException | RuntimeException | Error alsoFailed) {
      if (!alsoFailed.equals(failure)) {
        failure.addSuppressed(alsoFailed);
      }
    }
    return failure;
  }

  private RunRecord end(ExitReason reason, String message, RunRecord.Metrics metrics)
      throws IOException {
    ended = journal.writeEnd(reason, message, metrics);
    return ended;
  }

  // ---- training --------------------------------------------------------------------------------

  private Outcome train() throws IOException {
    while (!isOver()) {
      BatchOrder order = BatchOrder.shuffled(plan.seed(), epoch, trainingImages, plan.batchSize());
      trainUntilStopped(order);
      TrainingState state = trainee.state();
      requireConverging(state);
      if (nextBatch == batchesPerEpoch) {
        finishEpoch(state);
      }
      boolean stop = stopRequested.getAsBoolean();
      boolean isBest =
          nextBatch == 0 && validator.map(validated -> validated.isBest(epoch)).orElse(false);
      if (stop || isOver() || isBest || isCheckpointDue()) {
        writeCheckpoint(state);
      }
      if (isBest) {
        validator.get().keepBest();
      }
      if (stop && !isOver()) {
        if (stopRequested.isMade()) {
          told.says(StopRequest.SENTENCE);
        }
        return outcome(end(ExitReason.INTERRUPTED, null, null));
      }
    }
    Evaluation test = new Evaluator(trainee, plan.seed()).evaluate(plan.given(dataset.test()), 1);
    return outcome(
        end(
            ExitReason.COMPLETED,
            null,
            FinalMetrics.of(
                log,
                journal.stepsDone(),
                plan.rule(),
                plan.lossOrigin(dataset.train().imageSize()),
                test,
                speed.imagesPerSecond(),
                sigma())));
  }

  /** What was learned of a pixel's standard deviation; null if nothing was. */
  private Double sigma() {
    Objective objective = plan.objective();
    return objective.learnsSigma()
        ? objective.learned(layout, trainee.state().parameters()).deviation()
        : null;
  }

  /** Whether nothing is left to train. */
  private boolean isOver() {
    return epoch == plan.epochs() || validator.map(Validator::isOver).orElse(false);
  }

  private static Outcome outcome(RunRecord record) {
    return new Outcome(record.exitReason(), record.stepsDone(), record, false);
  }

  /** After every step: tell of it, and say whether the trainee may go on. */
  private boolean afterStep(long step, float rl, float kl, float beta) {
    if (!Float.isFinite(rl) || !Float.isFinite(kl)) {
      lossesFinite = false;
      return false;
    }
    told.step(new StepReport(step + 1, epoch + 1, rl, kl, beta));
    watch.accept(step + 1, rl, kl, beta).ifPresent(this::tell);
    return !stopRequested.getAsBoolean() && !isCheckpointDue();
  }

  private void tell(ControlWatch.Remark remark) {
    if (remark.isWarning()) {
      told.warns(remark.sentence());
    } else {
      told.says(remark.sentence());
    }
  }

  // ---- what surrounds it -----------------------------------------------------------------------

  private boolean isCheckpointDue() {
    return interval.isDue(
        journal.stepsDone(),
        stepsAtCheckpoint,
        batchesPerEpoch,
        System.nanoTime() - lastCheckpoint);
  }

  private void startInterval() {
    lastCheckpoint = System.nanoTime();
    stepsAtCheckpoint = journal.stepsDone();
  }

  private void trainUntilStopped(BatchOrder order) {
    long start = System.nanoTime();
    int first = nextBatch;
    epochImages.giveTo(trainee, epoch);
    nextBatch += trainee.trainEpoch(order.from(first), controller, this::afterStep);
    long nanos = System.nanoTime() - start;
    long images = 0;
    for (int batch = first; batch < nextBatch; batch++) {
      images += order.size(batch);
    }
    speed.add(images, nanos);
    epochSpeed.add(images, nanos);
  }

  private void requireConverging(TrainingState state) throws IOException {
    String what = lossesFinite ? divergedParameter(state) : "a loss is not a finite number";
    if (what.isEmpty()) {
      return;
    }
    log.flush();
    String message =
        String.format(
            Locale.ROOT,
            "Training diverged at step %d: %s. %s %s A lower --lr may help.",
            lossesFinite ? journal.stepsDone() : journal.stepsDone() + 1,
            what,
            lastFiniteLosses(),
            Files.exists(directory.checkpointFile())
                ? "The checkpoint from before is kept."
                : "There was no checkpoint yet.");
    end(ExitReason.DIVERGED, message, null);
    throw new DivergedException(message);
  }

  private String lastFiniteLosses() {
    if (journal.stepsDone() == journal.firstStep()) {
      return "No step of this process had finite losses.";
    }
    StepReport last = means.last();
    return "The last finite losses were RL %s and KL %s nats per image, with beta %s."
        .formatted(last.rl(), last.kl(), last.beta());
  }

  /** What of the parameters no training can come to; empty if nothing is. */
  private String divergedParameter(TrainingState state) {
    if (!isFinite(state)) {
      return "a parameter is not a finite number";
    }
    // At the end of an epoch, so that a stop in between decides nothing.
    if (plan.objective().learnsSigma() && nextBatch == batchesPerEpoch) {
      double sigma = StrictMath.exp(state.parameters()[layout.logSigma()]);
      if (!Sigma.isPossible(sigma)) {
        return String.format(
            Locale.ROOT,
            "the sigma that is learned came to %.3g, outside of %s to %s",
            sigma,
            Numbers.plain(Sigma.LEAST),
            Numbers.plain(Sigma.LARGEST));
      }
    }
    return "";
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
    journal.epochDone(CheckpointFile.sha256(state.parameters(), layout));
    epoch++;
    nextBatch = 0;
    Optional<ValidationRow> validated = Optional.empty();
    if (validator.isPresent()) {
      validated = Optional.of(validate(validator.get()));
      journal.validated(validator.get().result());
    }
    told.epoch(
        new EpochReport(
            epoch,
            plan.epochs(),
            means.rl(),
            means.kl(),
            means.beta(),
            epochSpeed.imagesPerSecond(),
            validated));
    means.reset();
    epochSpeed.reset();
    journal.writeRunning();
  }

  private ValidationRow validate(Validator validated) throws IOException {
    return validated.score(
        trainee, epoch, journal.stepsDone(), means.last().beta(), watch.isSettled());
  }

  private void writeCheckpoint(TrainingState state) throws IOException {
    directory.requireInPlace();
    log.requireInPlace();
    // The rows first: a checkpoint must never be ahead of the log that it is resumed with.
    log.force();
    if (validator.isPresent()) {
      validator.get().force();
    }
    new Checkpoint(
            state,
            new Checkpoint.Position(
                epoch,
                nextBatch,
                controller.memory(),
                journal.parametersSha256(),
                log.sha256(),
                validator.map(Validator::sha256).orElse(null)),
            plan,
            layout,
            journal.images(dataset),
            provenance.data(),
            BitsVersion.CURRENT)
        .write(directory.checkpointFile());
    startInterval();
    told.checkpoint(directory.checkpointFile(), state.step());
  }
}
