// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Engine;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.cpu.CpuEngine;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options that choose an engine. */
final class EngineOptions {
  /** The engines that {@code --engine} takes. */
  enum Kind {
    AUTO,
    CPU;

    /** As the command line and files have it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--engine",
      paramLabel = "auto|cpu",
      defaultValue = "auto",
      description = "What to compute on. Default: auto.")
  private Kind kind;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads, from 1 to 8. Default: the processors there are, at most 8.")
  private Integer threads;

  /** Refuses what no engine takes, before anything is loaded or made. */
  void check() {
    if (threads != null && (threads < 1 || threads > CpuEngine.MAX_THREADS)) {
      throw new InputException(
          "--threads must be from 1 to %d, not %d.".formatted(CpuEngine.MAX_THREADS, threads));
    }
  }

  /** Makes the engine of a plan. */
  Engine create(TrainingPlan plan, ImageSet images) {
    return new CpuEngine(plan.shape(images.imageSize()), plan.settings(), images, threads());
  }

  /** Threads to use. */
  int threads() {
    return threads != null
        ? threads
        : Math.min(CpuEngine.MAX_THREADS, Runtime.getRuntime().availableProcessors());
  }

  /** One line for people: which engine, on what, and why. */
  String describe(EngineInfo info) {
    String why =
        kind == Kind.AUTO
            ? "chosen automatically: it is the only engine of this version"
            : "asked for with --engine";
    return "Engine %s on %s: %s, %d thread%s, %s (%s)"
        .formatted(
            info.engine(),
            info.device(),
            info.library(),
            info.threads(),
            info.threads() == 1 ? "" : "s",
            info.precision(),
            why);
  }
}
