// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.study.Study;
import io.github.cvaegpu.study.StudyFigures;
import io.github.cvaegpu.study.StudyPage;
import io.github.cvaegpu.study.StudyReport;
import io.github.cvaegpu.study.StudyRun;
import io.github.cvaegpu.track.QueueTrackers;
import io.github.cvaegpu.track.TrackerSettings;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunQueue;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code reproduce}: the published study over again. */
@Command(
    name = "reproduce",
    description = {
      ReproduceCommand.WHAT,
      "The same command goes on where an interrupted one stopped; what is finished is kept."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {"", EngineOptions.TUNE, "", TrackerOptions.SEVERAL})
final class ReproduceCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Repeats the study: trains its beta-VAE and its ControlVAE, draws its figures, and says which"
          + " of its sentences hold.";

  private static final String RUNS = "runs";

  @Spec private CommandSpec spec;

  @Option(
      names = "--lr",
      paramLabel = "RATE,RATE...",
      hideParamSyntax = true,
      split = CommandOptions.COMMAS,
      defaultValue = "0.001,0.0001",
      description = "Adam's learning rates. Default: ${DEFAULT-VALUE}.")
  private List<Double> learningRates;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "200",
      description = "Passes over the training images. Default: ${DEFAULT-VALUE}.")
  private int epochs;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seeds 0 to N - 1, each a pair of runs. Default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--set-points",
      paramLabel = "NATS,NATS...",
      hideParamSyntax = true,
      split = CommandOptions.COMMAS,
      description = "Also train with these set points, as rivals. Default: none.")
  private List<Double> setPoints = List.of();

  @Option(
      names = "--hold",
      description = "Also hold the study's set point by this program's own rule. Default: not.")
  private boolean ownRule;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "study",
      description = "Where runs, figures and claims go. Default: ${DEFAULT-VALUE}.")
  private Path folder;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N{s|steps|epochs}",
      converter = Converters.Interval.class,
      defaultValue = "10s",
      description = "How often a run writes a checkpoint. Default: ${DEFAULT-VALUE}.")
  private CheckpointInterval checkpointEvery;

  @Mixin private TrackerOptions trackerOptions;

  @Mixin private ParallelOption parallel;

  @Mixin private EngineOptions engineOptions;

  @Mixin private DataOptions dataOptions;

  @Option(
      names = "--quiet",
      description = "Print nothing but the claims, warnings and errors. Default: progress.")
  private boolean quiet;

  @Option(
      names = "--json",
      description = "Print the claims as one line of JSON. Default: a line each.")
  private boolean json;

  @Override
  public Integer call() {
    engineOptions.check();
    parallel.check();
    var study = new Study(learningRates, epochs, seeds, setPoints, ownRule);
    Fonts.problem().ifPresent(problem -> err().println("Warning: " + problem + "."));
    engineOptions.requireEngine();
    Outside.requireOfPictures(folder, dataOptions.choice(), "name another folder with --out");
    trackerOptions.requireOutside(dataOptions.choice());
    Dataset dataset = dataOptions.load(dataOptions.choice(), err(), err(), !quiet && !json);
    study.runs().forEach(run -> run.plan().requireFits(dataset.train()));
    TrackerSettings trackers = trackerOptions.settings(err());
    trackers.requireUsable(
        folder.resolve(RUNS), study.runs().stream().map(StudyRun::named).toList(), dataset);
    requireWritable();
    int atOnce =
        parallel.share(study.runs().size(), engineOptions, trackers.jsonLines().isPresent());
    try (EngineOptions.Chosen<Trainee> chosen =
        engineOptions.choose(study.runs().getFirst().plan(), dataset.train())) {
      // A trial alone: each run has its own.
      chosen.first().close();
      chosen.tell(quiet, err());
      try (Interruption interruption = Interruption.install()) {
        return reproduce(study, dataset, chosen.accelerator(), atOnce, trackers, interruption);
      }
    } catch (DeviceLostException e) {
      throw Failures.sameCommandGoesOn(e);
    }
  }

  private int reproduce(
      Study study,
      Dataset dataset,
      Accelerator accelerator,
      int atOnce,
      TrackerSettings trackers,
      Interruption interruption) {
    RunQueue queue;
    RunQueue.Outcome outcome;
    StudyReport report;
    boolean isMeasured;
    try (StudyProgress progress =
        quiet ? StudyProgress.quiet(err()) : StudyProgress.to(err(), dataset.train().size())) {
      try (var told = new QueueTrackers(trackers, progress::warns)) {
        queue =
            new RunQueue(
                study.runs().stream().map(StudyRun::named).toList(),
                dataset,
                accelerator,
                RunQueue.Settings.oneByOne(
                        folder.resolve(RUNS),
                        Provenance.of(dataOptions.choice(), engineOptions.askedThreads()),
                        checkpointEvery)
                    .atOnce(atOnce)
                    .withObservers(told),
                progress,
                interruption::isRequested);
        outcome = queue.train();
      }
      report = new StudyReport(study, dataset, queue);
      isMeasured =
          !outcome.isStopped()
              && report.measure(accelerator, atOnce, progress, interruption::isRequested);
    }
    if (!isMeasured) {
      err().println("Stopped; everything so far is kept. The same command goes on.");
      return ExitCode.INTERRUPTED;
    }
    // Files are replaced whole, so that the rest may be cut off anywhere.
    interruption.release();
    report.judge();
    report.writeClaims(folder);
    var figures = new StudyFigures(report, accelerator, folder.resolve("figures"));
    if (Fonts.problem().isEmpty()) {
      figures.write();
    }
    new StudyPage(report, figures).write(folder.resolve("report.html"));
    print(report);
    if (!outcome.diverged().isEmpty()) {
      return ExitCode.DIVERGED;
    }
    return Fonts.problem().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  private void print(StudyReport report) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.json());
      return;
    }
    report.lines().forEach(out::println);
    if (!quiet) {
      out.println("Claims, figures and runs: " + folder);
      out.println("All on one page: " + folder.resolve("report.html"));
    }
  }

  /** Before hours of training, not after. */
  private void requireWritable() {
    try {
      Files.createDirectories(folder.resolve(RUNS));
      Path probe = Files.createTempFile(folder, ".", ".tmp");
      Files.delete(probe);
    } catch (IOException e) {
      throw new InputException(
          "The folder %s cannot be written to: %s."
              .formatted(folder, Optional.ofNullable(e.getMessage()).orElse(e.toString())),
          e);
    }
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
