// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.sweep.Measure;
import io.github.cvaegpu.sweep.RunState;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepMeasurer;
import io.github.cvaegpu.sweep.SweepPlan;
import io.github.cvaegpu.sweep.SweepPoint;
import io.github.cvaegpu.sweep.SweepResults;
import io.github.cvaegpu.sweep.SweepRow;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunInUseException;
import io.github.cvaegpu.train.RunQueue;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sweep}: many runs that differ in a few settings. */
@Command(
    name = "sweep",
    description = {
      SweepCommand.WHAT,
      "The same command goes on where an interrupted one stopped; what is finished is kept."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {
      "",
      SweepCommand.VALUES,
      "",
      RuleOptions.RULES,
      "",
      ObjectiveOptions.LIKELIHOODS,
      "",
      EngineOptions.TUNE
    })
final class SweepCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Trains many runs that differ in a few settings, and draws and tabulates what came of them.";

  /** What {@code --set} takes. */
  static final String VALUES =
      "--set lr=0.001,0.0001 --set kl=8,9.97,12 --seeds 5 are 30 runs; all other options of train"
          + " are those of every run. With --search random or sobol a setting may be a range: --set"
          + " kl=4..16, and --set lr=log:0.0001..0.01 for equal ratios. What has commas of its own"
          + " is given again for each value: --set hidden=400,50 --set hidden=512,256. All of it is"
          + " kept in DIR/sweep.json, so that sweep --out DIR goes on with it. Where kl, beta or rl"
          + " is set, log p(x) of each model is measured in the end, if it has up to two latent"
          + " dimensions; with --measure nothing else is.";

  /** Runs that nobody is asked about. */
  private static final int UNASKED = 10_000;

  @Spec private CommandSpec spec;

  @Mixin private SweepOptions sweepOptions;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "sweep",
      description = "Where runs and all that is made of them go. Default: ${DEFAULT-VALUE}.")
  private Path where;

  @Option(names = "--list", description = "Print the runs, and train none. Default: train them.")
  private boolean list;

  @Option(
      names = "--status",
      paramLabel = "DIR",
      arity = "0..1",
      fallbackValue = "",
      description = "Print how the runs in DIR, or --out, stand. Default: train them.")
  private Path status;

  @Mixin private SweepPart part;

  @Mixin private ParallelOption parallel;

  @Mixin private SweepOnDevices devices;

  @Option(
      names = "--collect",
      description = "Gather what there is, and train nothing. Default: train, then gather.")
  private boolean collect;

  @Option(
      names = "--measure",
      paramLabel = "NAME",
      converter = Converters.MeasureName.class,
      description = "Rank by elbo, bound, log-likelihood or kl-error. Default: elbo.")
  private Measure measure;

  @Option(
      names = "--yes",
      description = "Really, where the sweep has more than 10,000 runs. Default: refuse them.")
  private boolean yes;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N{s|steps|epochs}",
      converter = Converters.Interval.class,
      defaultValue = "10s",
      description = "How often a run writes a checkpoint. Default: ${DEFAULT-VALUE}.")
  private CheckpointInterval checkpointEvery;

  @Mixin private RunSettings settings;

  @Mixin private EngineOptions engineOptions;

  @Mixin private SweepOnCluster cluster;

  @Option(
      names = "--quiet",
      description = "Print nothing but the outcome, warnings and errors. Default: progress.")
  private boolean quiet;

  private final SettingsParser parser = new SettingsParser();

  /**
   * What a sweep's runs are to train, and why some cannot.
   *
   * @param points all of them
   * @param runs those that can be trained
   * @param refused why the others cannot
   */
  private record Plans(
      List<SweepPoint> points,
      SequencedMap<SweepPoint, NamedPlan> runs,
      Map<SweepPoint, String> refused) {}

  @Override
  public Integer call() {
    engineOptions.check();
    parallel.check();
    devices.check(engineOptions);
    boolean isOnCluster = cluster.isAsked();
    if (isOnCluster && part.isPart()) {
      throw new InputException("A cluster trains all runs: leave --index and --shard out.");
    }
    boolean isElsewhere = status != null && !status.toString().isEmpty();
    var folder = new SweepFolder(isElsewhere ? status : where);
    Optional<SweepPlan> asked =
        sweepOptions.plan(
            spec.commandLine().getParseResult(), parser, Given.or(measure, Measure.ELBO));
    SweepPlan plan = asked.or(folder::plan).orElseThrow(() -> noSweep(folder));
    if (asked.isEmpty()) {
      parser.require(plan);
    } else if (folder.plan().isPresent()) {
      folder.requireSame(plan);
    }
    requireOneThing();
    requireMeant(plan, folder);
    if (collect && part.isPart()) {
      throw new InputException("--collect gathers all runs: leave %s out.".formatted(part.name()));
    }
    if (list) {
      print(plan);
      return ExitCode.OK;
    }
    if (collect && folder.plan().isEmpty()) {
      throw noSweep(folder);
    }
    if (status != null) {
      SweepGathering gathering = gathering(plan, folder, plans(plan, plan.points()));
      List<SweepRow> rows = gathering.results().rows();
      int unmeasured = gathering.missing(rows).size();
      new SweepStatus(plan, rows, unmeasured, folder, spec.commandLine().getOut()).print();
      return ExitCode.OK;
    }
    if (isOnCluster && plan.halving() != null) {
      throw new InputException(
          "--halving decides by all runs together, which the tasks of a cluster are not.");
    }
    if (isOnCluster && devices.isAsked()) {
      throw new InputException("A cluster gives GPUs by --gpus: leave --devices out.");
    }
    if (isOnCluster) {
      return cluster.write(
          plan,
          folder,
          parallel.asked().orElse(null),
          engineOptions.askedThreads().orElse(1),
          spec.commandLine().getParseResult(),
          spec.commandLine().getOut(),
          err());
    }
    return devices.isAsked() ? trainOnDevices(plan, folder) : train(plan, folder);
  }

  private InputException noSweep(SweepFolder folder) {
    return new InputException(
        collect || status != null
            ? "There is no sweep in %s.".formatted(folder.folder())
            : "There is no sweep in %s and nothing says what to sweep: give --set, or --file."
                .formatted(folder.folder()));
  }

  private SweepGathering gathering(SweepPlan plan, SweepFolder folder, Plans plans) {
    return new SweepGathering(
        plan,
        folder,
        measureOf(plan),
        measure != null,
        point -> Optional.ofNullable(plans.runs().get(point)).map(NamedPlan::plan));
  }

  /** Refuses two things to do at once. */
  private void requireOneThing() {
    List<String> asked =
        Stream.of(
                list ? "--list" : "",
                status != null ? "--status" : "",
                collect ? "--collect" : "",
                cluster.name())
            .filter(name -> !name.isEmpty())
            .toList();
    if (asked.size() > 1) {
      throw new InputException(
          "%s are two things to do: give one of them.".formatted(Sentences.and(asked)));
    }
  }

  /** One that was begun was meant, and a part of one is few runs. */
  private void requireMeant(SweepPlan plan, SweepFolder folder) {
    if (plan.size() > UNASKED && !yes && !part.isPart() && folder.plan().isEmpty()) {
      throw new InputException(
          String.format(
              Locale.ROOT, "The sweep has %,d runs: add --yes if they are meant.", plan.size()));
    }
  }

  // ---- what there is to train ------------------------------------------------------------------

  /** The runs as a table, or what a part has of them. */
  private void print(SweepPlan plan) {
    PrintWriter out = spec.commandLine().getOut();
    Plans plans = plans(plan, part.of(plan));
    int digits = String.valueOf(plan.size() - 1).length();
    for (SweepPoint run : plans.points()) {
      String why = plans.refused().get(run);
      out.printf(
          Locale.ROOT,
          "%" + digits + "d  %s%s%n",
          run.index(),
          run.name(),
          why == null ? "" : "   refused: " + why);
    }
  }

  private Plans plans(SweepPlan plan, List<SweepPoint> points) {
    Map<SweepPoint, String> refused = new LinkedHashMap<>();
    SequencedMap<SweepPoint, NamedPlan> runs = new LinkedHashMap<>();
    for (SweepPoint point : points) {
      try {
        runs.put(point, new NamedPlan(point.name(), parser.plan(plan, point)));
      } catch (InputException e) {
        refused.put(point, e.getMessage());
      }
    }
    return new Plans(points, runs, refused);
  }

  /** Where nothing can be trained, that is said at once, and written down if there is a sweep. */
  private void requireSome(Plans plans, SweepFolder folder) {
    if (!plans.runs().isEmpty()) {
      return;
    }
    if (folder.plan().isPresent()) {
      plans.refused().forEach(folder::refuse);
    }
    String first = plans.refused().values().iterator().next();
    throw new InputException(
        plans.refused().size() == 1
            ? first
            : "No run of the sweep can be trained. Of the first: " + first);
  }

  // ---- training --------------------------------------------------------------------------------

  private int train(SweepPlan plan, SweepFolder folder) {
    List<SweepPoint> points = part.of(plan);
    if (plan.halving() != null && part.isPart()) {
      throw new InputException(
          "--halving decides by all runs together: leave %s out.".formatted(part.name()));
    }
    if (points.isEmpty()) {
      err().println("Nothing to train: the search came to these settings before.");
      return ExitCode.OK;
    }
    Plans plans = plans(plan, points);
    requireSome(plans, folder);
    requireComparable(plan, plans);
    SweepGathering gathering = gathering(plan, folder, plans);
    if (part.index().isPresent()) {
      SweepRow before = gathering.row(points.getFirst());
      if (before.state() == RunState.DIVERGED) {
        // It would do so again.
        err().println(before.point().name() + ": " + before.message());
        return ExitCode.DIVERGED;
      }
    }
    if (Files.isDirectory(where)) {
      SweepResults.requireWritable(folder);
    }
    int atOnce = parallel.share(plans.runs().size(), engineOptions);
    engineOptions.requireEngine();
    DataOptions data = SettingsParser.data(plan, settings.data().isOffline());
    DataChoice choice = data.choice();
    Outside.requireOfPictures(where, choice, "name another folder with --out");
    boolean isTrained = collect || isAllDone(plans, gathering);
    if (isTrained && gathering.missing(gathering.rows(points)).isEmpty()) {
      if (part.isPart()) {
        err().println("Nothing to train: all of it is done.");
      }
      return part.isPart() ? ExitCode.OK : gathered(gathering);
    }
    Dataset dataset = data.load(choice, err(), err(), !quiet);
    folder.begin(plan);
    Done done;
    try {
      done = trainAndMeasure(plans, gathering, dataset, choice, atOnce, isTrained);
    } catch (DeviceLostException e) {
      throw Failures.sameCommandGoesOn(e);
    } catch (RunInUseException e) {
      err().println(e.getMessage());
      return ExitCode.TRY_AGAIN;
    } catch (UnwritableException e) {
      throw e;
    } catch (InputException e) {
      if (part.index().isPresent()) {
        folder.refuse(points.getFirst(), e.getMessage());
      }
      throw e;
    }
    if (done.isStopped()) {
      err().println("Stopped; everything so far is kept. The same command goes on.");
      return ExitCode.INTERRUPTED;
    }
    if (part.index().isPresent()) {
      return done.hasDiverged() ? ExitCode.DIVERGED : ExitCode.OK;
    }
    int code = part.isPart() ? ExitCode.OK : gathered(gathering);
    if (done.isOpen()) {
      return ExitCode.TRY_AGAIN;
    }
    return done.hasFailed() ? ExitCode.FAILED : code;
  }

  /**
   * Refuses a halving that leaves nobody, and one by how far runs are from what they do not hold.
   */
  private static void requireComparable(SweepPlan plan, Plans plans) {
    if (plan.halving() == null) {
      return;
    }
    int epochs = plans.runs().firstEntry().getValue().plan().epochs();
    if (plan.halving().rungs(epochs).isEmpty()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--halving %d leaves nobody: the first rung has to be before the last of %d epochs.",
              plan.halving().firstEpochs(),
              epochs));
    }
    if (plan.halving().measure() != Measure.KL_ERROR) {
      return;
    }
    plans
        .runs()
        .forEach(
            (point, run) -> {
              if (run.plan().rule().target().isEmpty()) {
                throw new InputException(
                    "--halving by kl-error compares runs that hold a KL divergence, and %s holds"
                            .formatted(point.name())
                        + " none.");
              }
            });
  }

  /**
   * The run that takes least of what the runs are trained on: if there is no room for it, there is
   * none for any.
   */
  private static TrainingPlan smallest(Plans plans, int pixels) {
    return plans.runs().values().stream()
        .map(NamedPlan::plan)
        .min(
            Comparator.comparingLong(
                its -> its.layout(pixels).size() + (long) its.batchSize() * pixels))
        .orElseThrow();
  }

  private int trainOnDevices(SweepPlan plan, SweepFolder folder) {
    if (plan.halving() != null || part.isPart()) {
      throw new InputException(
          "--devices shares all runs: leave %s out."
              .formatted(plan.halving() != null ? "--halving" : part.name()));
    }
    Plans plans = plans(plan, plan.points());
    requireSome(plans, folder);
    engineOptions.requireGpu();
    folder.begin(plan);
    int code;
    try (Interruption interruption = Interruption.install()) {
      code =
          devices.await(
              devices.processes(folder.folder(), plan.size(), spec.commandLine().getParseResult()),
              err(),
              interruption::isRequested);
      if (interruption.isRequested()) {
        return ExitCode.INTERRUPTED;
      }
    }
    int gathered = gathered(gathering(plan, folder, plans));
    return code == ExitCode.OK ? gathered : code;
  }

  /**
   * What training and measuring came to.
   *
   * @param isStopped whether it was asked to stop before the end
   * @param hasDiverged whether a run diverged
   * @param hasFailed whether the engine failed on a run
   * @param isOpen whether other processes train some of the runs, or there was too little memory
   *     for some
   */
  private record Done(boolean isStopped, boolean hasDiverged, boolean hasFailed, boolean isOpen) {}

  private Done trainAndMeasure(
      Plans plans,
      SweepGathering gathering,
      Dataset dataset,
      DataChoice choice,
      int atOnce,
      boolean isTrained) {
    SweepFolder folder = gathering.folder();
    Optional<RunQueue.Outcome> outcome = Optional.empty();
    try (EngineOptions.Chosen<Trainee> chosen =
        engineOptions.choose(smallest(plans, dataset.train().imageSize()), dataset.train())) {
      // A trial alone: each run has its own.
      chosen.first().close();
      chosen.tell(quiet, err());
      try (Interruption interruption = Interruption.install();
          StudyProgress progress =
              quiet
                  ? StudyProgress.quiet(err())
                  : StudyProgress.to(err(), dataset.train().size())) {
        if (!isTrained) {
          RunQueue.Settings queueSettings =
              RunQueue.Settings.oneByOne(
                      folder.runs(),
                      Provenance.of(choice, engineOptions.askedThreads()),
                      checkpointEvery)
                  .atOnce(atOnce);
          outcome =
              Optional.of(
                  new SweepRun(
                          plans.runs(),
                          Optional.ofNullable(gathering.plan().halving()),
                          folder,
                          dataset,
                          chosen.accelerator(),
                          // The one run of a process is what its exit code is of.
                          part.index().isPresent() ? queueSettings : queueSettings.tolerant(),
                          progress,
                          interruption::isRequested)
                      .train());
          record(plans, outcome.get(), gathering);
        }
        boolean isStopped = outcome.filter(RunQueue.Outcome::isStopped).isPresent();
        List<SweepRow> missing =
            isStopped ? List.of() : gathering.missing(gathering.rows(plans.points()));
        if (!missing.isEmpty()) {
          if (!part.isPart()) {
            // Whoever does not wait for the rest has this.
            gathering.results().write(gathering.measure());
          }
          isStopped =
              !gathering.measure(
                  missing,
                  dataset,
                  chosen.accelerator(),
                  atOnce,
                  new Told(progress, missing.size(), new AtomicInteger()),
                  interruption::isRequested);
        }
        return new Done(
            isStopped,
            outcome.filter(its -> !its.diverged().isEmpty()).isPresent(),
            outcome.filter(its -> !its.failed().isEmpty()).isPresent(),
            outcome
                .filter(its -> !its.inUse().isEmpty() || !its.lacksMemory().isEmpty())
                .isPresent());
      }
    }
  }

  /** Told of measuring, beside training. */
  private record Told(StudyProgress progress, int runs, AtomicInteger begun)
      implements SweepMeasurer.Listener {
    @Override
    public void measures(SweepRow run) {
      progress.measures(
          String.format(
              Locale.ROOT, "%d/%d  %s", begun.incrementAndGet(), runs, run.point().name()));
    }

    @Override
    public void cannot(SweepRow run, String sentence) {
      progress.warns(run.point().name(), sentence);
    }
  }

  private Measure measureOf(SweepPlan plan) {
    return measure != null
        ? measure
        : plan.halving() != null ? plan.halving().measure() : Measure.ELBO;
  }

  private static boolean isAllDone(Plans plans, SweepGathering gathering) {
    return plans.refused().isEmpty()
        && plans.runs().keySet().stream().allMatch(point -> gathering.row(point).isCompleted());
  }

  /** Writes down which runs were refused; what trained now and was refused before is no longer. */
  private void record(Plans plans, RunQueue.Outcome outcome, SweepGathering gathering) {
    SweepFolder folder = gathering.folder();
    for (SweepPoint point : plans.points()) {
      Optional<String> sentence =
          Optional.ofNullable(plans.refused().get(point))
              .or(() -> Optional.ofNullable(outcome.refused().get(point.name())));
      try {
        if (sentence.isPresent() && gathering.row(point).state() != RunState.UNREADABLE) {
          folder.refuse(point, sentence.get());
        } else {
          folder.accept(point);
        }
      } catch (UnwritableException e) {
        throw e;
      } catch (InputException e) {
        // What one run's folder is leaves the others.
        err().println(e.getMessage());
      }
    }
  }

  /** Writes tables, pictures and the page of all runs as they are, and says the best of them. */
  private int gathered(SweepGathering gathering) {
    SweepResults results = gathering.results();
    Path page = results.write(gathering.measure());
    PrintWriter out = spec.commandLine().getOut();
    results.lines(gathering.measure()).forEach(out::println);
    if (!quiet) {
      out.println("All of it on one page: " + page);
    }
    Optional<String> fonts = Fonts.problem();
    fonts.ifPresent(problem -> err().println("Warning: " + problem + "."));
    if (fonts.isPresent()) {
      return ExitCode.FAILED;
    }
    return results.isOver() && results.rows().stream().allMatch(SweepCommand::hasDiverged)
        ? ExitCode.DIVERGED
        : ExitCode.OK;
  }

  private static boolean hasDiverged(SweepRow row) {
    return row.state() == RunState.DIVERGED;
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
