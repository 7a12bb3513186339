// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.foreign.Terminal;
import io.github.cvaegpu.track.TrackerSettings;
import io.github.cvaegpu.track.Trackers;
import io.github.cvaegpu.train.Calibration;
import io.github.cvaegpu.train.Calibrator;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.DivergedException;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObservers;
import io.github.cvaegpu.train.RunQueue;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.Trainer;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code train}: trains a run, or goes on with one. */
@Command(
    name = "train",
    description = {
      TrainCommand.WHAT,
      "The study has --control pi --anti-windup study, which can leave beta at a limit for good;"
          + " its text names --lr 0.0001, its curves were made with 0.001."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {
      "",
      RuleOptions.RULES,
      "",
      ObjectiveOptions.LIKELIHOODS,
      "",
      ValidationOptions.PATIENCE,
      "",
      EngineOptions.TUNE,
      "",
      TrackerOptions.MLFLOW
    })
final class TrainCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Trains a variational autoencoder and holds its KL divergence, or weighs it by another rule;"
          + " the network is the study's.";

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  @Spec private CommandSpec spec;

  @Mixin private PlanOptions planOptions;

  @Mixin private RateOptions rateOptions;

  @Mixin private ValidationOptions validationOptions;

  @Mixin private EngineOptions engineOptions;

  @Mixin private DataOptions dataOptions;

  @Mixin private CalibrationOptions calibrationOptions;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Run directory. Default: runs/RULE-DATE-TIME.")
  private Path folder;

  @Option(
      names = "--from",
      paramLabel = "RUN",
      description = "Begin with the settings in a run's run.json. Default: the study's.")
  private Path from;

  @Option(
      names = "--resume",
      description = "Go on with the run in --out, with its own settings. Default: a new run.")
  private boolean resume;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N{s|steps|epochs}",
      converter = Converters.Interval.class,
      defaultValue = "10s",
      description = "How often to write a checkpoint. Default: ${DEFAULT-VALUE}.")
  private CheckpointInterval checkpointEvery;

  @Mixin private TrackerOptions trackerOptions;

  @Option(
      names = "--serve",
      description = "Serve a page that shows the run, and print its address. Default: none.")
  private boolean serve;

  @Option(
      names = "--quiet",
      description = "Print nothing but warnings and errors. Default: progress.")
  private boolean quiet;

  @Option(
      names = "--json",
      description = "Print the outcome as one line of JSON at the end. Default: for people.")
  private boolean json;

  /**
   * What is to be trained, whether it is new or goes on.
   *
   * @param plan the run's
   * @param asked what {@code --data} is, or was when the run began
   * @param data what to load for it
   * @param calibration how the set point was chosen, if it was measured
   */
  private record Start(
      TrainingPlan plan, DataChoice asked, DataChoice data, Optional<Calibration> calibration) {
    Start calibrated(Calibration done) {
      return new Start(
          plan.withRule(plan.rule().aimedAt(done.chosen())), asked, data, Optional.of(done));
    }
  }

  @Override
  public Integer call() {
    engineOptions.check();
    if (resume && from != null) {
      throw new InputException("--resume goes on with a run's own settings: leave --from out.");
    }
    if (resume && folder == null) {
      throw new InputException("--resume needs --out DIR, the run directory to go on with.");
    }
    // Held back until it is sure that there is a run, so that its first line is the engine's.
    var heldBack = new StringWriter();
    var warnings = new PrintWriter(heldBack);
    Start start = resume ? begun(warnings) : fresh(warnings);
    start.plan().requireController();
    engineOptions.requireEngine();
    Path where = folder != null ? folder : defaultFolder(start.plan().rule());
    if (!resume) {
      Outside.requireOfPictures(where, start.data(), "name another folder with --out");
    }
    trackerOptions.requireOutside(start.data());
    Dataset dataset = dataOptions.load(start.data(), quiet ? nowhere() : out(), warnings, !quiet);
    start.plan().requireFits(dataset.train());
    TrackerSettings trackers = trackerOptions.settings(warnings);
    trackers.requireUsable(where, resume, start.plan(), dataset);
    if (!resume && planOptions.isSetPointAuto()) {
      requireNoRun(where);
      Optional<Calibration> calibration = calibrate(start, dataset, where, warnings);
      if (calibration.isEmpty()) {
        return ExitCode.INTERRUPTED;
      }
      start = start.calibrated(calibration.get());
    } else if (!resume) {
      TrainingPlan plan = start.plan();
      planOptions
          .largestSetPoint()
          .flatMap(nats -> Calibration.aboveCeiling(nats, trainingImages(plan, dataset)))
          .ifPresent(text -> warnings.println("Warning: " + text));
    }
    return train(start, dataset, where, trackers, heldBack);
  }

  /** A new run. */
  private Start fresh(PrintWriter warnings) {
    if (asksForCalibrationEpochs() && !planOptions.isSetPointAuto()) {
      throw new InputException("--calibration-epochs is for --kl auto, which measures --kl first.");
    }
    if (from == null) {
      DataChoice data = dataOptions.choice();
      return new Start(
          extended(planOptions.plan(), TrainingPlan.defaults()), data, data, Optional.empty());
    }
    RunRecord other = RunDirectory.readRecord(Files.isDirectory(from) ? from : folderOf(from));
    TrainingPlan base = other.plan();
    TrainingPlan plan = extended(planOptions.planLike(base.withRates(null)), base);
    Optional<DataChoice> asked = dataOptions.asked();
    if (asked.isEmpty() && other.dataset().status() == Dataset.Status.SYNTHETIC_FALLBACK) {
      DataOptions.warnAboutFallback(List.of(), warnings);
    }
    return new Start(
        plan,
        asked.orElseGet(other::dataAsked),
        asked.orElseGet(other::dataToLoad),
        Optional.empty());
  }

  /** A new run's plan with the options that no other command has. */
  private TrainingPlan extended(TrainingPlan plan, TrainingPlan base) {
    return validationOptions.on(rateOptions.on(plan, base.schedule().rateSchedule()));
  }

  /** Where a run.json lies. */
  private static Path folderOf(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !RunDirectory.recordFile(folder).equals(file.toAbsolutePath())) {
      throw new InputException(
          "--from takes a run directory or its run.json, not %s.".formatted(file));
    }
    return folder;
  }

  /** The run in the folder. */
  private Start begun(PrintWriter warnings) {
    RunDirectory.Resumption run = RunDirectory.planToResume(folder);
    run.warning().ifPresent(text -> warnings.println("Warning: " + text));
    run.plan().requireController();
    TrainingPlan plan = planOptions.onTopOf(run.plan(), run.calibration().isPresent());
    rateOptions.requireSame(run.plan());
    validationOptions.requireSame(run.plan());
    requireSameCalibration(run.calibration());
    engineOptions.keepThreads(run.askedThreads());
    if (run.status() == Dataset.Status.SYNTHETIC_FALLBACK) {
      DataOptions.warnAboutFallback(List.of(), warnings);
    }
    Optional<DataChoice> other = dataOptions.askedAgain(run.asked().reading());
    return new Start(plan, other.orElse(run.asked()), other.orElse(run.data()), run.calibration());
  }

  /** A run that goes on calibrates no more. */
  private void requireSameCalibration(Optional<Calibration> done) {
    boolean asked = asksForCalibrationEpochs();
    int epochs = calibrationOptions.epochs();
    if (asked && done.isEmpty()) {
      throw new InputException(
          "The run was started without --kl auto, so --calibration-epochs has no effect on it.");
    }
    if (asked && done.get().epochs() != epochs) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The run was started with --calibration-epochs %d and cannot go on with %d.",
              done.get().epochs(),
              epochs));
    }
  }

  private boolean asksForCalibrationEpochs() {
    return spec.commandLine().getParseResult().hasMatchedOption("--calibration-epochs");
  }

  private static void requireNoRun(Path where) {
    if (RegularFile.isTaken(RunDirectory.recordFile(where))) {
      throw new InputException(
          "%s already holds a run: add --resume to go on with it, or choose another --out."
              .formatted(where));
    }
  }

  /** Measures which set points can be held; empty if it was asked to stop. */
  private Optional<Calibration> calibrate(
      Start start, Dataset dataset, Path where, PrintWriter warnings) {
    var calibrator = new Calibrator(start.plan(), calibrationOptions.epochs(), dataset);
    Optional<Calibration> calibration;
    try (EngineOptions.Chosen<Trainee> chosen =
            engineOptions.choose(start.plan(), dataset.train());
        Interruption interruption = Interruption.install();
        StudyProgress progress =
            quiet
                ? StudyProgress.quiet(err())
                : StudyProgress.to(err(), trainingImages(start.plan(), dataset))) {
      chosen.first().close();
      calibration =
          calibrator.measure(
              chosen.accelerator(),
              RunQueue.Settings.oneByOne(
                  where.resolve("calibration"),
                  Provenance.of(start.asked(), engineOptions.askedThreads()),
                  checkpointEvery),
              progress,
              interruption::isRequested);
    } catch (DeviceLostException e) {
      throw Failures.sameCommandGoesOn(e);
    }
    if (calibration.isEmpty() || Interruption.wasRequested()) {
      err().println("Stopped while calibrating; what is done is kept. The same command goes on.");
      return Optional.empty();
    }
    CalibrateCommand.requireUsable(calibration.get(), "--kl auto");
    if (!quiet) {
      tell(calibration.get(), warnings);
    }
    calibration.get().unsettled().ifPresent(text -> warnings.println("Warning: " + text));
    return calibration;
  }

  /** The set point that was chosen, and why; ln N does not choose it, and is a note. */
  static void tell(Calibration calibration, PrintWriter to) {
    double chosen = calibration.chosen();
    to.println("Set point %s nats. %s".formatted(chosen, calibration.reason()));
    Calibration.aboveCeiling(chosen, calibration.images())
        .ifPresent(text -> to.println("Note: " + text));
  }

  private int train(
      Start start, Dataset dataset, Path where, TrackerSettings trackers, StringWriter heldBack) {
    TrainingPlan plan = start.plan();
    // The engine first: where it cannot be made, no empty folder is left behind.
    try (EngineOptions.Chosen<Trainee> engine = engine(plan, dataset, where);
        Interruption interruption = Interruption.install();
        RunDirectory directory = resume ? RunDirectory.resume(where) : RunDirectory.create(where);
        ServeProcess page = serve ? ServeProcess.start(shown(where)) : ServeProcess.NONE) {
      engine.tell(quiet, err());
      page.tell(err());
      tellPlan(plan);
      int images = trainingImages(plan, dataset);
      Stream.of(
              plan.rule().warning(plan.steps(images)),
              plan.rule().warning(plan.network().latent(), images))
          .flatMap(Optional::stream)
          .forEach(text -> err().println("Warning: " + text));
      err().print(heldBack);
      err().flush();
      Trainer.Outcome outcome =
          train(start, dataset, engine.first(), directory, trackers, interruption);
      if (!quiet && outcome.wasComplete()) {
        out()
            .println(
                outcome.record().stoppedAfter().isPresent()
                    ? "Nothing was left to train: the run is complete, as it stopped early."
                    : "Nothing was left to train: the run is complete. To train it further, add"
                        + " --epochs with a larger number.");
      }
      if (!quiet) {
        TrainingSummary.print(outcome.record(), where, out());
      }
      if (json) {
        out().println(TrainingSummary.json(outcome.record(), where));
      }
      out().flush();
      return outcome.exitReason() == ExitReason.COMPLETED ? ExitCode.OK : ExitCode.INTERRUPTED;
    }
  }

  /** What losses are of, what becomes of the learning rate, if anything, and what decides beta. */
  private void tellPlan(TrainingPlan plan) {
    BetaRule rule = plan.rule();
    if (!quiet) {
      err().println("Likelihood " + plan.objective().title());
    }
    if (!quiet && plan.schedule().rates() != null) {
      err().println("Learning rate " + plan.schedule().ratesTitle());
    }
    if (!quiet) {
      err()
          .println(
              Stream.concat(
                      Stream.of("%s (--control %s)".formatted(rule.title(), rule.name())),
                      rule.settings().stream()
                          .map(setting -> setting.name() + " " + setting.value()))
                  .collect(Collectors.joining("; ")));
    }
  }

  /** A GPU may be lost here already, by a step that warms up or is timed. */
  private EngineOptions.Chosen<Trainee> engine(TrainingPlan plan, Dataset dataset, Path where) {
    try {
      return engineOptions.choose(plan, dataset.train());
    } catch (DeviceLostException e) {
      if (resume) {
        throw new LostGpuException(e.getMessage() + whatIsKept(where), e);
      }
      throw new EngineException(
          e.getMessage() + " The run had not begun yet. The same command begins it.", e);
    }
  }

  private Trainer.Outcome train(
      Start start,
      Dataset dataset,
      Trainee trainee,
      RunDirectory directory,
      TrackerSettings trackers,
      Interruption interruption) {
    // The trackers are closed first: what they have to say belongs above the end of the bar.
    try (Progress progress = progress(start.plan(), dataset);
        Trackers told = trackers.open(text -> warn(progress, text))) {
      var trainer =
          new Trainer(
              start.plan(),
              dataset,
              trainee,
              directory,
              new Provenance(start.asked(), engineOptions.askedThreads(), start.calibration()),
              checkpointEvery,
              RunObservers.of(new Warnings(err()), progress, told),
              interruption::isRequested);
      try {
        return trainer.run();
      } catch (InputException | DivergedException | EngineException e) {
        if (json) {
          trainer
              .lastRecord()
              .ifPresent(record -> out().println(TrainingSummary.json(record, directory.folder())));
        }
        throw e instanceof EngineException failure ? withWhatIsKept(failure, directory) : e;
      }
    }
  }

  private static EngineException withWhatIsKept(EngineException e, RunDirectory directory) {
    String message = e.getMessage() + whatIsKept(directory.folder());
    return e instanceof DeviceLostException lost
        ? new LostGpuException(message, lost)
        : new EngineException(message, e);
  }

  private static String whatIsKept(Path folder) {
    return (Files.exists(RunDirectory.checkpointFile(folder))
            ? " The last checkpoint is kept. To go on: "
            : " There was no checkpoint yet. To start over: ")
        + Program.command("train", "--resume", "--out", folder.toString());
  }

  /**
   * In the middle of a run; where there is a bar, only what shows it knows how to write past it.
   */
  private void warn(Progress progress, String sentence) {
    if (!quiet && Terminal.isInteractive()) {
      progress.says("Warning: " + sentence);
    } else {
      err().println("Warning: " + sentence);
    }
  }

  private Progress progress(TrainingPlan plan, Dataset dataset) {
    if (quiet) {
      return Progress.NONE;
    }
    return Terminal.isInteractive()
        ? new QueuedProgress(
            new ProgressOnTerminal(plan.epochs(), trainingImages(plan, dataset), plan.batchSize()),
            err())
        : new ProgressLines(out());
  }

  private static int trainingImages(TrainingPlan plan, Dataset dataset) {
    return plan.trainingImages(dataset.train().size());
  }

  /** The run beside its neighbours, where it is among others of this program's choosing. */
  private Path shown(Path where) {
    return folder == null ? where.toAbsolutePath().getParent() : where;
  }

  private static Path defaultFolder(BetaRule rule) {
    String name = rule.name() + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(STAMP);
    Path folder = Path.of("runs", name);
    // A second run within the same second.
    for (int i = 2; Files.exists(folder); i++) {
      folder = Path.of("runs", name + "-" + i);
    }
    return folder;
  }

  private static PrintWriter nowhere() {
    return new PrintWriter(Writer.nullWriter());
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
