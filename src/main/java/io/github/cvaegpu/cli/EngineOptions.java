// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Engine;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.cpu.CpuEngine;
import io.github.cvaegpu.engine.cuda.CudaEngine;
import io.github.cvaegpu.engine.cuda.CudaRuntime;
import io.github.cvaegpu.engine.cuda.Precision;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that choose an engine. */
final class EngineOptions {
  /** The engines that {@code --engine} takes. */
  enum Kind {
    AUTO,
    CUDA,
    CPU;

    /** As the command line and files have it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--engine",
      paramLabel = "auto|cuda|cpu",
      defaultValue = "auto",
      description = "What to compute on; auto takes a GPU that can be used. Default: auto.")
  private Kind kind;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "CPU threads, from 1 to 8. Default: the processors there are, at most 8.")
  private Integer threads;

  @Option(
      names = "--precision",
      paramLabel = "float32|tf32",
      defaultValue = "float32",
      description = "How a GPU multiplies large matrices. Default: ${DEFAULT-VALUE}.")
  private Precision precision;

  /** For tests: a folder with the emulator of native/emulator, to be taken for a GPU. */
  @Option(names = "--cuda-emulator", hidden = true)
  private Path emulator;

  private String why = "asked for with --engine";

  /** Refuses what no engine takes, before anything is loaded or made. */
  void check() {
    if (threads != null && (threads < 1 || threads > CpuEngine.MAX_THREADS)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--threads must be from 1 to %d, not %d.",
              CpuEngine.MAX_THREADS,
              threads));
    }
    if (precision == Precision.TF32 && kind == Kind.CPU) {
      throw new InputException("--precision tf32 is for GPUs: the CPU engine has float32 alone.");
    }
    if (emulator != null) {
      if (!Files.isDirectory(emulator)) {
        throw new InputException(
            "--cuda-emulator names %s, which is no folder.".formatted(emulator));
      }
      CudaLibraries.useEmulator(Optional.of(emulator));
    }
  }

  /** Whether {@link #create} takes a GPU, as far as that can be told before. */
  boolean takesGpu() {
    return kind == Kind.CUDA || (kind == Kind.AUTO && CudaRuntime.problem().isEmpty());
  }

  /** Refuses the CPU engine and what is for it, for commands that are about the CUDA engine. */
  void checkCuda(String command) {
    if (kind == Kind.CPU || threads != null) {
      throw new InputException("%s measures the CUDA engine alone.".formatted(command));
    }
    why = "the engine that is measured";
  }

  /** How a GPU is to multiply. */
  Precision precision() {
    return precision;
  }

  /** Makes the engine of a plan. */
  Engine create(TrainingPlan plan, ImageSet images) {
    return create(plan.shape(images.imageSize()), plan.settings(), images);
  }

  /** Makes an engine, as an {@link io.github.cvaegpu.engine.EngineFactory} does. */
  Engine create(VaeShape shape, TrainingSettings settings, ImageSet images) {
    if (kind == Kind.CPU) {
      return cpu(shape, settings, images);
    }
    if (kind == Kind.CUDA) {
      return cuda(shape, settings, images);
    }
    Optional<String> problem = CudaRuntime.problem();
    if (problem.isPresent()) {
      return cpuInstead(shape, settings, images, problem.get());
    }
    try {
      Engine engine = cuda(shape, settings, images);
      why = "chosen automatically: the GPU can be used";
      return engine;
    } catch (EngineException e) {
      return cpuInstead(shape, settings, images, e.getMessage());
    }
  }

  private Engine cpuInstead(
      VaeShape shape, TrainingSettings settings, ImageSet images, String problem) {
    if (precision != Precision.FLOAT32) {
      throw new InputException("--precision tf32 needs a GPU. " + problem);
    }
    why = "chosen automatically, for there is no usable GPU: " + withoutFullStop(problem);
    return cpu(shape, settings, images);
  }

  private static String withoutFullStop(String sentence) {
    String text = sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    // An abbreviation, like NVIDIA or NVRTC, stays as it is.
    boolean isWord = text.length() > 1 && Character.isLowerCase(text.charAt(1));
    return isWord ? Character.toLowerCase(text.charAt(0)) + text.substring(1) : text;
  }

  private Engine cpu(VaeShape shape, TrainingSettings settings, ImageSet images) {
    return new CpuEngine(shape, settings, images, threads());
  }

  private Engine cuda(VaeShape shape, TrainingSettings settings, ImageSet images) {
    return new CudaEngine(shape, settings, images, precision);
  }

  /** What {@code --threads} was, if it was given. */
  Optional<Integer> askedThreads() {
    return Optional.ofNullable(threads);
  }

  /** Takes the threads that a run was started with, where none are asked for now. */
  void keepThreads(Optional<Integer> asked) {
    if (threads == null && asked.isPresent() && asked.get() <= CpuEngine.MAX_THREADS) {
      threads = asked.get();
    }
  }

  /** Threads to use. */
  int threads() {
    return threads != null
        ? threads
        : Math.min(CpuEngine.MAX_THREADS, Runtime.getRuntime().availableProcessors());
  }

  /** One line for people: which engine, on what, and why. */
  String describe(EngineInfo info) {
    String line =
        "Engine %s on %s: %s, %s%s (%s)"
            .formatted(
                info.engine(),
                info.device(),
                info.library(),
                info.engine().equals("cpu") ? threadsOf(info) : "",
                info.precision(),
                why);
    return emulator != null && info.engine().equals("cuda")
        ? line
            + System.lineSeparator()
            + "Warning: this is NO GPU but the emulator of the tests, asked for with"
            + " --cuda-emulator."
        : line;
  }

  private static String threadsOf(EngineInfo info) {
    return String.format(
        Locale.ROOT, "%d thread%s, ", info.threads(), info.threads() == 1 ? "" : "s");
  }
}
