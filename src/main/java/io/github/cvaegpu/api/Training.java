// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.OwnRule;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.Trainer;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * One training, into a run directory that all commands of the program take as well; where it was on
 * {@linkplain DataSplit#of images in memory}, those that need images have to be told of some. A
 * checkpoint is written every ten seconds and at the end: what is stopped, by whatever, goes on
 * from the last one to the same bits.
 *
 * <pre>{@code
 * try (Device device = Device.best()) {
 *   Training training = Training.begin(Plan.holdingKl(9.97).withEpochs(20), data, folder);
 *   training.run(device, Listener.NONE);
 * }
 * }</pre>
 */
public final class Training {
  private static final CheckpointInterval INTERVAL =
      new CheckpointInterval(10, CheckpointInterval.Unit.SECONDS);

  private final TrainingPlan plan;
  private final Supplier<BetaController> controller;
  private final DataSplit data;
  private final Provenance provenance;
  private final Path folder;
  private final boolean isResumed;
  private volatile boolean isCancelled;

  /**
   * What a training came to.
   *
   * @param isComplete whether all epochs are done, or a plan with patience stopped early; if not,
   *     it was cancelled
   * @param steps of the run that are done, by whichever processes
   * @param parametersSha256 SHA-256 of the parameters after the last epoch that is done; empty
   *     before
   * @param reconstructionLoss of the test images, nats per image; empty of a run that is not
   *     complete
   * @param klDivergence of the test images, nats per image; empty of a run that is not complete
   */
  public record Outcome(
      boolean isComplete,
      long steps,
      Optional<String> parametersSha256,
      OptionalDouble reconstructionLoss,
      OptionalDouble klDivergence) {

    private static Outcome of(Trainer.Outcome outcome) {
      RunRecord record = outcome.record();
      var test = Optional.ofNullable(record.metrics()).map(RunRecord.Metrics::test);
      return new Outcome(
          outcome.exitReason() == RunRecord.ExitReason.COMPLETED,
          outcome.stepsDone(),
          record.parametersSha256().isEmpty()
              ? Optional.empty()
              : Optional.of(record.parametersSha256().getLast()),
          test.map(found -> OptionalDouble.of(found.reconstructionLoss().mean()))
              .orElse(OptionalDouble.empty()),
          test.map(found -> OptionalDouble.of(found.klDivergence().mean()))
              .orElse(OptionalDouble.empty()));
    }
  }

  private Training(
      TrainingPlan plan,
      Supplier<BetaController> controller,
      DataSplit data,
      Provenance provenance,
      Path folder,
      boolean isResumed) {
    this.plan = plan;
    this.controller = controller;
    this.data = data;
    this.provenance = provenance;
    this.folder = folder;
    this.isResumed = isResumed;
  }

  /**
   * A new run.
   *
   * @param plan what to train
   * @param data on which images
   * @param folder where it is kept; made by {@link #run} if absent, and then without another run in
   *     it
   * @throws CvaeGpuException if a batch is larger than the training set, or the folder lies in that
   *     of the pictures to train on
   */
  public static Training begin(Plan plan, DataSplit data, Path folder) {
    return CvaeGpuException.translating(
        () -> {
          plan.plan().requireFits(data.dataset().train());
          Outside.requireOfPictures(folder, data.choice(), "name another folder");
          return new Training(
              plan.plan(),
              () -> plan.startController(inputs(data)),
              data,
              Provenance.of(data.choice(), Optional.empty()),
              folder,
              false);
        });
  }

  /**
   * A run to go on with, of one of this program's own rules.
   *
   * @param folder where it is kept
   * @param data the same images as before
   * @throws CvaeGpuException if there is no run, or only its program has its controller
   */
  public static Training resume(Path folder, DataSplit data) {
    return CvaeGpuException.translating(
        () -> {
          RunDirectory.Resumption run = RunDirectory.planToResume(folder);
          run.plan().requireController();
          return resumed(run, () -> run.plan().controller(inputs(data)), data, folder);
        });
  }

  /**
   * A run to go on with, of a controller of the calling program's own.
   *
   * @param folder where it is kept
   * @param data the same images as before
   * @param controller makes the controller, which is then put where it was
   * @throws CvaeGpuException if there is no run, or it was not trained by a program's own
   *     controller
   */
  public static Training resume(
      Path folder, DataSplit data, Supplier<? extends Controller> controller) {
    return CvaeGpuException.translating(
        () -> {
          RunDirectory.Resumption run = RunDirectory.planToResume(folder);
          if (!(run.plan().rule() instanceof OwnRule)) {
            throw new InputException(
                "%s has a rule of this program, %s: no other controller can go on with it."
                    .formatted(folder, run.plan().rule().name()));
          }
          return resumed(run, () -> new OwnController(controller.get()), data, folder);
        });
  }

  private static int inputs(DataSplit data) {
    return data.dataset().train().imageSize();
  }

  private static Training resumed(
      RunDirectory.Resumption run,
      Supplier<BetaController> controller,
      DataSplit data,
      Path folder) {
    run.plan().requireFits(data.dataset().train());
    return new Training(
        run.plan(),
        controller,
        data,
        new Provenance(run.asked(), Optional.empty(), run.calibration()),
        folder,
        true);
  }

  /** The same up to another epoch: a run that is complete goes on when it is to have more. */
  public Training withEpochs(int epochs) {
    return CvaeGpuException.translating(
        () ->
            new Training(plan.withEpochs(epochs), controller, data, provenance, folder, isResumed));
  }

  /**
   * Trains until the last epoch is done, or {@link #cancel} was called. To be called once.
   *
   * <p>It trains on a thread of its own, on which listener and controller are called too (on a GPU,
   * beside other trainings of the device, perhaps on that of another one), and waits for it.
   * Interrupting the waiting thread cancels the training; the thread's interrupt is still set when
   * this returns.
   *
   * @param device what to compute on
   * @param listener told of progress
   * @throws CvaeGpuException if the device or the folder cannot be used, the images are not those
   *     of the run that goes on, or a loss is no finite number; what was trained up to the last
   *     checkpoint is kept
   */
  public Outcome run(Device device, Listener listener) {
    // A file channel of an interrupted thread is closed under it, and with it the run's log.
    var task =
        new FutureTask<>(() -> CvaeGpuException.translating(() -> trained(device, listener)));
    Thread.ofPlatform().name("training").start(task);
    boolean isInterrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          isInterrupted = true;
          cancel();
        } catch (ExecutionException e) {
          throw thrown(e.getCause());
        }
      }
    } finally {
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException thrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof CallersException callers ? callers.thrown() : (RuntimeException) cause;
  }

  private Outcome trained(Device device, Listener listener) {
    if (!isResumed && RunDirectory.holdsRun(folder)) {
      throw new InputException(
          "%s already holds files of a run, which only Training.resume goes on with."
              .formatted(folder));
    }
    try (Trainee trainee = plan.trainee(device.accelerator(), data.dataset().train());
        RunDirectory directory =
            isResumed ? RunDirectory.resume(folder) : RunDirectory.create(folder)) {
      var trainer =
          new Trainer(
              plan,
              controller.get(),
              data.dataset(),
              trainee,
              directory,
              provenance,
              INTERVAL,
              new Told(listener),
              () -> isCancelled);
      return Outcome.of(trainer.run());
    }
  }

  /**
   * Asks a training to stop after the step that it is at, with a checkpoint; of any thread, a
   * listener's and a controller's too.
   */
  public void cancel() {
    isCancelled = true;
  }

  /** The listener, as training knows one. */
  private record Told(Listener listener) implements RunObserver {
    @Override
    public void warns(String sentence) {
      CallersException.running(() -> listener.message(sentence));
    }

    @Override
    public void says(String sentence) {
      CallersException.running(() -> listener.message(sentence));
    }

    @Override
    public void step(StepReport report) {
      var step =
          new Listener.Step(report.step(), report.epoch(), report.rl(), report.kl(), report.beta());
      CallersException.running(() -> listener.step(step));
    }

    @Override
    public void epoch(EpochReport report) {
      var epoch =
          new Listener.Epoch(
              report.epoch(),
              report.epochs(),
              report.rl(),
              report.kl(),
              report.beta(),
              report.imagesPerSecond(),
              report
                  .validation()
                  .map(row -> new Listener.Validation(row.rl(), row.kl(), row.elbo())));
      CallersException.running(() -> listener.epoch(epoch));
    }
  }
}
