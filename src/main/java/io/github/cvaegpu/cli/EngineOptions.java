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

  /** Characters of the line that tells of the engine. */
  static final int LINE = 100;

  /** Of that line, what the library's name has at least. */
  private static final int SHORTEST = 28;

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

  /** Why a GPU that looked usable was not taken; null if none was tried or it was taken. */
  private String gpuFailure;

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
      requireNoGpu(problem.get());
      return cpu(shape, settings, images);
    }
    try {
      return cuda(shape, settings, images);
    } catch (EngineException e) {
      requireNoGpu(e.getMessage());
      gpuFailure = e.getMessage();
      return cpu(shape, settings, images);
    }
  }

  private void requireNoGpu(String problem) {
    if (precision != Precision.FLOAT32) {
      throw new InputException("--precision tf32 needs a GPU. " + problem);
    }
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

  /**
   * One line for people, of up to {@value #LINE} characters: which engine, on what, and why. All of
   * it is in run.json and in doctor's report. Where a GPU was tried in vain, or is none, a warning
   * follows on a line of its own.
   */
  String describe(EngineInfo info) {
    boolean isCpu = info.engine().equals("cpu");
    String end =
        ", %s%s (%s)".formatted(isCpu ? threadsOf(info) : "", info.precision(), why(isCpu));
    String start = "Engine " + info.engine() + " on ";
    int room = LINE - start.length() - end.length() - 2;
    String device = plainName(info.device());
    String library =
        cut(info.library().replace(" kernels)", ")"), Math.max(SHORTEST, room - device.length()));
    StringBuilder text = new StringBuilder(start);
    text.append(cut(device, room - library.length())).append(": ").append(library).append(end);
    if (gpuFailure != null) {
      text.append(System.lineSeparator()).append("Warning: the GPU was not taken. ");
      text.append(gpuFailure);
    }
    if (emulator != null && !isCpu) {
      text.append(System.lineSeparator())
          .append("Warning: this is NO GPU but the emulator of the tests, asked for with")
          .append(" --cuda-emulator.");
    }
    return text.toString();
  }

  private String why(boolean isCpu) {
    if (kind != Kind.AUTO) {
      return "asked for";
    }
    return isCpu ? "no GPU: see doctor" : "chosen by itself";
  }

  /** A processor's name without what all of them have in it. */
  private static String plainName(String device) {
    return device.replaceAll("\\((R|TM|r|tm)\\)| CPU| \\d+-Core| Processor| @ .*", "").strip();
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, Math.max(0, length - 3)) + "...";
  }

  private static String threadsOf(EngineInfo info) {
    return String.format(
        Locale.ROOT, "%d thread%s, ", info.threads(), info.threads() == 1 ? "" : "s");
  }
}
