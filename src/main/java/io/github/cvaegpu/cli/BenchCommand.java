// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.CpuBenchmark;
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

/** {@code bench}: how fast the study's ControlVAE, or another plan, trains here. */
@Command(
    name = "bench",
    description = {
      "Measures training speed, beside that of the step's matrix products alone.",
      "Takes train's options for what to train, of which --epochs does nothing here; keeps nothing."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class BenchCommand implements Callable<Integer> {
  /** The machine-readable form. */
  private record Line(String dataset, TrainingPlan plan, CpuBenchmark.Result result) {}

  /** The first epochs run while the JVM compiles the kernels, on the cores that train. */
  private static final int WARM_UP = 8;

  @Spec private CommandSpec spec;

  @Mixin private PlanOptions planOptions;

  @Mixin private DataOptions dataOptions;

  @Mixin private EngineOptions engineOptions;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Epochs measured. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--json", description = "Print one line of JSON. Default: a table for people.")
  private boolean json;

  @Override
  public Integer call() {
    engineOptions.check();
    if (rounds < 1) {
      throw new InputException("--rounds must be 1 or more, not %d.".formatted(rounds));
    }
    TrainingPlan plan = planOptions.plan(dataOptions.asked());
    PrintWriter err = spec.commandLine().getErr();
    Dataset dataset = dataOptions.load(plan.data(), err, err);
    ImageSet images = dataset.train();
    plan.requireFits(images);
    CpuBenchmark.Result result =
        CpuBenchmark.run(
            plan.shape(images.imageSize()),
            plan.settings(),
            images,
            plan.newController(),
            engineOptions.threads(),
            rounds,
            WARM_UP);
    PrintWriter out = spec.commandLine().getOut();
    err.println(engineOptions.describe(result.engine()));
    if (json) {
      out.println(Json.COMPACT.toJson(new Line(dataset.name(), plan, result)));
    } else {
      out.println("Images per second, median of " + rounds + " epochs (smallest to largest):");
      row(out, "training", result.training());
      row(out, "its OpenBLAS calls alone", result.blasCalls());
      row(out, "its own products alone", result.ownProducts());
      row(out, "all products by OpenBLAS alone", result.allProducts());
      if (!result.handover().isEmpty()) {
        out.println("Nanoseconds for a cache line from one thread to another:");
        row(out, "handover", result.handover());
      }
    }
    return ExitCode.OK;
  }

  private static void row(PrintWriter out, String what, List<Double> speeds) {
    List<Double> sorted = speeds.stream().sorted().toList();
    out.printf(
        Locale.ROOT,
        "  %-32s %,8.0f (%,.0f to %,.0f)%n",
        what,
        sorted.get(sorted.size() / 2),
        sorted.getFirst(),
        sorted.getLast());
  }
}
