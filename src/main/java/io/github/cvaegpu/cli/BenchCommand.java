// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Reading;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineBenchmark;
import io.github.cvaegpu.engine.ManyModelsBenchmark;
import io.github.cvaegpu.engine.Median;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.cpu.CorePeaks;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.engine.cpu.CpuBenchmark;
import io.github.cvaegpu.engine.cpu.Processors;
import io.github.cvaegpu.engine.cuda.CudaAccelerator;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code bench}: how fast the study's ControlVAE, or another plan, trains here. Images that are
 * drawn for each epoch in training are drawn once here, outside of what is timed.
 */
@Command(
    name = "bench",
    description = {BenchCommand.WHAT, "Takes train's options for what to train; keeps nothing."},
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {"", RuleOptions.RULES, "", ObjectiveOptions.LIKELIHOODS, "", EngineOptions.TUNE})
final class BenchCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Measures training speed; on the CPU by phases, beside what the cores can do.";

  /** The machine-readable form. */
  private record Line(
      String dataset, String data, Reading reading, TrainingPlan plan, Object result) {}

  /** Epochs before: a GPU's first one, and those in which the JVM compiles what is in Java. */
  private static final int WARM_UP = 2;

  /** Models that are trained at a time. */
  private static final int MOST_MODELS = 256;

  /** What a phase reached, and which share of what the cores can do that is. */
  private static final String PHASE_HEADS =
      "  phase                  us  GFLOP/s     %       MB    GB/s     %  bound by";

  @Spec private CommandSpec spec;

  @Mixin private PlanOptions planOptions;

  @Mixin private DataOptions dataOptions;

  @Mixin private EngineOptions engineOptions;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Epochs measured; with --models rounds. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--models",
      paramLabel = "N,N",
      split = CommandOptions.COMMAS,
      description = "Train so many models at a time instead, beside one. Default: one alone.")
  private List<Integer> models;

  /** For measurements: threads that answer a GPU's steps, at most. */
  @Option(names = "--pollers", hidden = true, defaultValue = "1")
  private int pollers;

  @Option(
      names = "--quiet",
      description = "Print nothing but the result, warnings and errors. Default: progress.")
  private boolean quiet;

  @Option(names = "--json", description = "Print one line of JSON. Default: a table for people.")
  private boolean json;

  @Override
  public Integer call() {
    engineOptions.check();
    if (rounds < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "--rounds must be 1 or more, not %d.", rounds));
    }
    if (models != null) {
      models.forEach(count -> Given.requireIn("--models", count, 1, MOST_MODELS));
    }
    Given.requireIn("--pollers", pollers, 1, MOST_MODELS);
    planOptions.refuseEpochs("bench", "--rounds");
    TrainingPlan plan = planOptions.plan("bench");
    engineOptions.requireEngine();
    Dataset dataset = plan.given(dataOptions.load(dataOptions.choice(), err(), err(), !json));
    plan.requireFits(dataset.train());
    if (models != null) {
      benchMany(dataset, plan);
    } else if (engineOptions.takesGpu()) {
      benchGpu(dataset, plan);
    } else {
      benchCpu(dataset, plan);
    }
    return ExitCode.OK;
  }

  /** Models of other seeds, all of them on one accelerator and of the same images. */
  private void benchMany(Dataset dataset, TrainingPlan plan) {
    ImageSet images = dataset.train();
    int most = Collections.max(models);
    boolean onGpu = engineOptions.takesGpu();
    try (Accelerator accelerator = onGpu ? gpu() : cpu(most)) {
      List<ManyModelsBenchmark.Model> trained = new ArrayList<>();
      for (int i = 0; i < most; i++) {
        TrainingPlan one = plan.withSeed(plan.seed() + i);
        trained.add(
            new ManyModelsBenchmark.Model(
                one.trainee(accelerator, images),
                one.settings(images.size()),
                one.controller(images.imageSize())));
      }
      ManyModelsBenchmark.Result result =
          ManyModelsBenchmark.run(
              trained,
              models,
              images.size(),
              rounds,
              (round, all) -> tell("round", round, all, round == 1));
      print(
          dataset,
          plan,
          onGpu
              ? engineOptions.describeCuda(result.engine())
              : engineOptions.describeCpu(result.engine(), Optional.empty()),
          result,
          () -> {
            result.cases().forEach(one -> print(named(one), one.imagesPerSecond()));
            out().println("Time to that of one model:");
            result.cases().forEach(one -> out().println(timeRow(one)));
          });
    }
  }

  private Accelerator gpu() {
    return new CudaAccelerator(
        engineOptions.precision(), engineOptions.step(), engineOptions.tune(), pollers);
  }

  /** With the threads that each of so many models would have. */
  private Accelerator cpu(int most) {
    return new CpuAccelerator(
        engineOptions.askedThreads().orElse(Processors.ofThisProcess().sideBySide(most).threads()));
  }

  private static String named(ManyModelsBenchmark.Case one) {
    return String.format(
        Locale.ROOT, "%d model%s", one.models(), one.models() == 1 ? "" : "s at a time");
  }

  private static String timeRow(ManyModelsBenchmark.Case one) {
    return String.format(
        Locale.ROOT,
        "  %-32s %8.2f (%.2f to %.2f)",
        named(one),
        Median.of(one.timeToOne().stream().mapToDouble(Double::doubleValue).toArray()),
        Collections.min(one.timeToOne()),
        Collections.max(one.timeToOne()));
  }

  private void benchGpu(Dataset dataset, TrainingPlan plan) {
    ImageSet images = dataset.train();
    try (EngineOptions.Chosen<Trainee> chosen = engineOptions.choose(plan, images)) {
      EngineBenchmark.Result result =
          EngineBenchmark.run(
              chosen.first(),
              plan.settings(images.size()),
              images.size(),
              plan.controller(images.imageSize()),
              rounds,
              WARM_UP,
              this::tell);
      print(
          dataset,
          plan,
          chosen.description(),
          result,
          () -> {
            print("training", result.training());
            out().println("Microseconds a step:");
            print("training", result.microsecondsAStep());
          });
    }
  }

  private void benchCpu(Dataset dataset, TrainingPlan plan) {
    ImageSet images = dataset.train();
    CpuBenchmark.Result result =
        CpuBenchmark.run(
            plan.shape(images.imageSize()),
            plan.settings(images.size()),
            images,
            plan.controller(images.imageSize()),
            engineOptions.threads(),
            rounds,
            WARM_UP,
            this::tell);
    print(
        dataset,
        plan,
        engineOptions.describeCpu(result.engine(), Optional.empty()),
        result,
        () -> {
          print("first epoch", result.warmUp().subList(0, 1));
          print("training", result.training());
          if (!result.handover().isEmpty()) {
            out().println("Nanoseconds for a cache line from one thread to another:");
            print("handover", result.handover());
          }
          if (result.machine() != null) {
            printPhases(result.phases(), result.machine());
          }
        });
  }

  private void printPhases(List<CpuBenchmark.PhaseSpeed> phases, CorePeaks peaks) {
    out()
        .println(
            String.format(
                Locale.ROOT,
                "Phases of a step, beside the cores' %.0f GFLOP/s, and %.0f GB/s in memory as large"
                    + " as the parameters:",
                peaks.gigaflops(),
                peaks.gigabytes()));
    out().println(PHASE_HEADS);
    for (CpuBenchmark.PhaseSpeed phase : phases) {
      out().println(row(phase, peaks));
    }
  }

  /** A row below {@link #PHASE_HEADS}. */
  static String row(CpuBenchmark.PhaseSpeed phase, CorePeaks peaks) {
    return String.format(
        Locale.ROOT,
        "  %-16s %8.1f %8.1f %5.0f %8.3f %7.1f %5.0f  %s",
        phase.name(),
        phase.microseconds(),
        phase.gigaflops(),
        100 * phase.gigaflops() / peaks.gigaflops(),
        phase.megabytes(),
        phase.gigabytes(),
        100 * phase.gigabytes() / peaks.gigabytes(),
        phase.bound());
  }

  /**
   * Which engine, then the result: a line of JSON, or a table whose rows are still to be printed.
   */
  private void print(
      Dataset dataset, TrainingPlan plan, String engine, Object result, Runnable rows) {
    err().println(engine);
    if (json) {
      out()
          .println(
              Json.COMPACT.toJson(
                  new Line(
                      dataset.name(),
                      dataOptions.choice().text(),
                      dataOptions.choice().reading().recorded(),
                      plan,
                      result)));
      return;
    }
    out()
        .println(
            String.format(
                Locale.ROOT,
                "Images per second, median of %d %s (smallest to largest):",
                rounds,
                models == null ? "epochs" : "rounds"));
    rows.run();
  }

  /** An epoch may take a minute, and what is measured is printed at the end. */
  private void tell(int epoch, int epochs) {
    tell("epoch", epoch, epochs, epoch <= epochs - rounds);
  }

  private void tell(String what, int number, int all, boolean isWarmUp) {
    if (!quiet) {
      String warmUp = isWarmUp ? ", not measured: warm-up" : "";
      Interruption.tell(err(), String.format(Locale.ROOT, "%s %d/%d%s", what, number, all, warmUp));
    }
  }

  private void print(String what, List<Double> values) {
    out().println(row(what, values));
  }

  /** A row of the table: the median, and between what it lies. */
  static String row(String what, List<Double> values) {
    return String.format(
        Locale.ROOT,
        "  %-32s %,8.0f (%,.0f to %,.0f)",
        what,
        Median.of(values.stream().mapToDouble(Double::doubleValue).toArray()),
        Collections.min(values),
        Collections.max(values));
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
