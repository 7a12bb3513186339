// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Reading;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.cuda.CudaProfile;
import io.github.cvaegpu.foreign.Nvtx;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code profile}: where a training step's time goes on the GPU. Images that are drawn for each
 * epoch in training are drawn once here.
 */
@Command(
    name = "profile",
    description = {ProfileCommand.WHAT, "Takes train's options for what to train; keeps nothing."},
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {"", RuleOptions.RULES, "", ObjectiveOptions.LIKELIHOODS, "", EngineOptions.TUNE})
final class ProfileCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Times every kernel and product of a training step on the GPU, beside the least that its"
          + " memory and arithmetic allow, and prints how to look closer with NVIDIA's tools.";

  /** Each step keeps some twenty of the driver's events. */
  private static final int MOST_STEPS = 10_000;

  /** The machine-readable form. */
  private record Line(
      String dataset,
      String data,
      Reading reading,
      TrainingPlan plan,
      CudaProfile.Result result,
      List<ProfilerLines.Line> commandLines) {}

  @Spec private CommandSpec spec;

  @Mixin private PlanOptions planOptions;

  @Mixin private DataOptions dataOptions;

  @Mixin private EngineOptions engineOptions;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "100",
      description = "Steps measured. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "10",
      description = "Steps before them. Default: ${DEFAULT-VALUE}.")
  private int warmUp;

  @Option(
      names = "--for-profiler",
      paramLabel = "launches|graph",
      description = "Measure nothing: show a profiler the steps. Default: measure.")
  private CudaProfile.Window window;

  @Option(names = "--json", description = "Print one line of JSON. Default: a table for people.")
  private boolean json;

  @Override
  public Integer call() {
    engineOptions.check();
    engineOptions.checkCuda("profile");
    requireSteps("--steps", steps);
    requireSteps("--warm-up", warmUp);
    if (json && window != null) {
      throw new InputException("--json has no effect with --for-profiler, which measures nothing.");
    }
    planOptions.refuseEpochs("profile", "--steps");
    TrainingPlan plan = planOptions.plan("profile");
    engineOptions.requireGpu();
    Dataset dataset = dataOptions.load(dataOptions.choice(), err(), err(), !json);
    ImageSet images = plan.given(dataset.train());
    plan.requireFits(images);
    var profile =
        new CudaProfile(
            plan.shape(images.imageSize()),
            plan.settings(images.size()),
            images,
            engineOptions.precision(),
            engineOptions.step(),
            engineOptions.tune(),
            plan.rule()::start,
            warmUp,
            steps);
    if (window != null) {
      describe(profile.show(window));
      return ExitCode.OK;
    }
    CudaProfile.Result result = profile.measure();
    describe(result.engine());
    List<ProfilerLines.Line> lines =
        new ProfilerLines(spec.root().commandLine().getParseResult().originalArgs()).lines();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.COMPACT.toJson(
              new Line(
                  dataset.name(),
                  dataOptions.choice().text(),
                  dataOptions.choice().reading().recorded(),
                  plan,
                  result,
                  lines)));
    } else {
      ProfileTable.print(result, plan.batchSize(), warmUp, out);
      out.println();
      out.println("To look closer:");
      for (ProfilerLines.Line line : lines) {
        out.println();
        out.printf("# %s: %s%n%s%n", line.tool(), line.purpose(), line.line());
      }
    }
    return ExitCode.OK;
  }

  private static void requireSteps(String option, int count) {
    if (count < 1 || count > MOST_STEPS) {
      throw new InputException(
          String.format(
              Locale.ROOT, "%s must be from 1 to %d, not %d.", option, MOST_STEPS, count));
    }
  }

  private void describe(EngineInfo engine) {
    err()
        .println(engineOptions.describeCuda(engine) + EngineOptions.aboutBlocking(System.getenv()));
    Nvtx.get().problem().ifPresent(problem -> err().println("Warning: " + problem));
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
