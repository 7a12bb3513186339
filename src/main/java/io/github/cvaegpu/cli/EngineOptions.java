// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.engine.cpu.Processors;
import io.github.cvaegpu.engine.cuda.CudaAccelerator;
import io.github.cvaegpu.engine.cuda.CudaRuntime;
import io.github.cvaegpu.engine.cuda.Precision;
import io.github.cvaegpu.engine.cuda.StepKind;
import io.github.cvaegpu.engine.cuda.Tune;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.CublasEnvironment;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
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

  /** What {@code --tune} is, at the foot of the help of what trains. */
  static final String TUNE =
      "--tune says how the launches of a GPU's step are cut into blocks, which changes no bit. off:"
          + " as built in. on: as was timed to be the fastest before for this GPU, driver, network"
          + " and batch, and is kept in the cache; timed now if it was not. force: timed again.";

  /** Characters of the line that tells of the engine. */
  static final int LINE = 100;

  /** Of that line, what the library's name has at least. */
  private static final int SHORTEST = 28;

  private static final String ASKED_FOR = "asked for";

  @Option(
      names = "--engine",
      paramLabel = "auto|cuda|cpu",
      defaultValue = "auto",
      description = "What to compute on; auto takes a GPU that can be used. Default: auto.")
  private Kind kind;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "CPU threads, from 1 to 256. Default: a thread a core, see doctor.")
  private Integer threads;

  @Option(
      names = "--precision",
      paramLabel = "float32|tf32",
      defaultValue = "float32",
      description = "How a GPU multiplies large matrices. Default: ${DEFAULT-VALUE}.")
  private Precision precision;

  // Commands that train nothing lack the two that follow (CommandOptions), and so their defaults.

  @Option(
      names = "--step",
      paramLabel = "auto|fused|cublas",
      description = "A GPU's step: by our kernels alone, or with cuBLAS. Default: auto.")
  private StepKind step = StepKind.AUTO;

  @Option(
      names = "--tune",
      paramLabel = "off|on|force",
      description = "GPU step's cut: off built in, on timed once, force timed now. Default: on.")
  private Tune tune;

  /** Threads of each of several runs at a time, where that was decided. */
  private OptionalInt share = OptionalInt.empty();

  /** For tests: a folder with the emulator of native/emulator, to be taken for a GPU. */
  @Option(names = "--cuda-emulator", hidden = true)
  private Path emulator;

  /**
   * What was chosen to compute on. Closing it closes the accelerator and all models on it.
   *
   * @param accelerator for this and further models
   * @param first the model that it was chosen with
   * @param description for people: a line of up to {@value #LINE} characters, which engine, on
   *     what, and why; where a GPU was tried in vain, or is none, a warning on a line of its own
   */
  record Chosen<T extends VaeModel>(Accelerator accelerator, T first, String description)
      implements AutoCloseable {
    /** Prints which engine it is, with its warnings; where it is to be quiet, those alone. */
    void tell(boolean quiet, PrintWriter err) {
      description.lines().skip(quiet ? 1 : 0).forEach(err::println);
    }

    @Override
    public void close() {
      accelerator.close();
    }
  }

  /** Refuses what no engine takes, before anything is loaded or made. */
  void check() {
    if (threads != null) {
      Given.requireIn("--threads", threads, 1, CpuAccelerator.MAX_THREADS);
      CommonPool.allow(threads, 1);
    }
    if (precision == Precision.TF32 && kind == Kind.CPU) {
      throw new InputException("--precision tf32 is for GPUs: the CPU engine has float32 alone.");
    }
    if (step != StepKind.AUTO && kind == Kind.CPU) {
      throw new InputException("--step %s is for GPUs.".formatted(step));
    }
    if (tune != null && kind == Kind.CPU) {
      throw new InputException("--tune %s is for GPUs.".formatted(tune));
    }
    if (step == StepKind.FUSED && precision == Precision.TF32) {
      throw new InputException("--step fused computes in float32 alone, not in tf32.");
    }
    useEmulator(emulator);
  }

  /**
   * Takes an emulator for this machine's GPU.
   *
   * @param folder where it is, as {@code --cuda-emulator} names it; null if none was asked for
   */
  static void useEmulator(Path folder) {
    if (folder == null) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new InputException("--cuda-emulator names %s, which is no folder.".formatted(folder));
    }
    CudaLibraries.useEmulator(Optional.of(folder));
  }

  /** Whether the CPU was asked for. */
  boolean isForCpu() {
    return kind == Kind.CPU;
  }

  /** Whether {@link #choose} takes a GPU, as far as that can be told before. */
  boolean takesGpu() {
    return kind == Kind.CUDA || (kind == Kind.AUTO && CudaRuntime.problem().isEmpty());
  }

  /** Refuses a GPU that is asked for and not there, before any data are looked for or fetched. */
  void requireEngine() {
    if (kind != Kind.CUDA) {
      CpuLibraries.requireAsked();
    }
    if (kind == Kind.CUDA) {
      requireGpu();
    } else if (kind == Kind.AUTO && isForGpu()) {
      CudaRuntime.problem().ifPresent(this::requireNoGpu);
    }
  }

  /** The same for commands that are about the CUDA engine. */
  void requireGpu() {
    CudaRuntime.problem()
        .ifPresent(
            problem -> {
              throw new EngineException(problem);
            });
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

  /** Which kernels a GPU's steps are made of. */
  StepKind step() {
    return step;
  }

  /** Whether the cut of a GPU's launches is timed. */
  Tune tune() {
    return tune == null ? Tune.ON : tune;
  }

  /** Chooses what to train a plan on. */
  Chosen<Trainee> choose(TrainingPlan plan, ImageSet images) {
    return choose(accelerator -> plan.trainee(accelerator, images));
  }

  /**
   * Chooses what to compute on. What is chosen by itself is a GPU only where the first model can be
   * made on it.
   *
   * @param first makes a model
   */
  <T extends VaeModel> Chosen<T> choose(Function<Accelerator, T> first) {
    return switch (kind) {
      case CPU -> cpu(first, Optional.empty());
      case CUDA -> cuda(first);
      case AUTO -> auto(first);
    };
  }

  private <T extends VaeModel> Chosen<T> auto(Function<Accelerator, T> first) {
    Optional<CudaRuntime.Link> fault = CudaRuntime.fault();
    if (fault.isPresent()) {
      requireNoGpu(fault.get().text());
      return cpu(first, fault.filter(link -> !link.isGpuItself()).map(CudaRuntime.Link::text));
    }
    try {
      return cuda(first);
    } catch (EngineException e) {
      requireNoGpu(e.getMessage());
      return cpu(first, Optional.of(e.getMessage()));
    }
  }

  /** Whether an option asks for what the CPU engine does not have. */
  private boolean isForGpu() {
    return precision != Precision.FLOAT32 || step != StepKind.AUTO || tune == Tune.FORCE;
  }

  private void requireNoGpu(String problem) {
    if (precision != Precision.FLOAT32) {
      throw new InputException("--precision tf32 needs a GPU. " + problem);
    }
    if (step != StepKind.AUTO) {
      throw new InputException("--step %s needs a GPU. %s".formatted(step, problem));
    }
    if (tune == Tune.FORCE) {
      throw new InputException("--tune force needs a GPU. " + problem);
    }
  }

  private <T extends VaeModel> Chosen<T> cpu(
      Function<Accelerator, T> first, Optional<String> gpuFailure) {
    var accelerator = new CpuAccelerator(threads());
    return with(accelerator, first, model -> describeCpu(model.info(), gpuFailure));
  }

  private <T extends VaeModel> Chosen<T> cuda(Function<Accelerator, T> first) {
    var accelerator = new CudaAccelerator(precision, step, tune());
    return with(
        accelerator,
        first,
        model ->
            describeCuda(model.info())
                + (model instanceof Trainee ? aboutBlocking(System.getenv()) : ""));
  }

  /** A warning where the environment slows the GPU down; it gives the same bits. */
  static String aboutBlocking(Map<String, String> environment) {
    return CudaAccelerator.blocksLaunches(environment)
        ? System.lineSeparator()
            + "Warning: CUDA_LAUNCH_BLOCKING is set, so the GPU is given one step at a time and"
            + " waits between them."
        : "";
  }

  private static <T extends VaeModel> Chosen<T> with(
      Accelerator accelerator, Function<Accelerator, T> first, Function<T, String> description) {
    try {
      T model = first.apply(accelerator);
      return new Chosen<>(accelerator, model, description.apply(model));
    } catch (RuntimeException | Error e) {
      try {
        accelerator.close();
      } catch (RuntimeException further) {
        e.addSuppressed(further);
      }
      throw e;
    }
  }

  /** What {@code --threads} was, if it was given. */
  Optional<Integer> askedThreads() {
    return Optional.ofNullable(threads);
  }

  /** Takes the threads that a run was started with, where none are asked for now. */
  void keepThreads(Optional<Integer> asked) {
    if (threads == null && asked.isPresent() && asked.get() <= CpuAccelerator.MAX_THREADS) {
      threads = asked.get();
      CommonPool.allow(threads, 1);
    }
  }

  /**
   * Shares the processors among runs at a time on the CPU: each gets a thread where there are more
   * runs, since runs side by side wait for nobody.
   *
   * @param runs that are to train at a time, at most
   * @param isAsked whether that many were asked for
   * @return how many are to
   * @throws InputException if those asked for come to more threads than this process may have
   */
  int shareThreads(int runs, boolean isAsked) {
    Processors processors = Processors.ofThisProcess();
    int most = processors.threads();
    int each = threads != null ? threads : processors.sideBySide(runs).threads();
    int atOnce = isAsked ? runs : Math.clamp(most / each, 1, runs);
    long all = (long) atOnce * each;
    if (isAsked && all > most && !processors.hasOneForEachOf(all)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%d run%s at a time with %d thread%s each would be %d threads, and this process may"
                  + " use %d (%s): take a smaller --parallel.",
              atOnce,
              atOnce == 1 ? "" : "s",
              each,
              each == 1 ? "" : "s",
              all,
              most,
              processors.reason()));
    }
    share = OptionalInt.of(each);
    CommonPool.allow((int) all, atOnce);
    return atOnce;
  }

  /** Threads to use. */
  int threads() {
    return threads != null ? threads : share.orElseGet(CpuAccelerator::defaultThreads);
  }

  /** The line of the CPU engine, and why a GPU that looked usable was not taken, if one did. */
  String describeCpu(EngineInfo info, Optional<String> gpuFailure) {
    String noGpu = gpuFailure.isPresent() ? "the GPU was not taken" : "no GPU: see doctor";
    List<String> lines = new ArrayList<>();
    lines.add(line(info, threadsOf(info), kind == Kind.AUTO ? noGpu : ASKED_FOR));
    if (info.library().equals(EngineInfo.JAVA_STEP)) {
      lines.add(
          "Warning: there is no native step, so the slower one in Java is taken: %s."
              .formatted(CpuLibraries.get().problem()));
    }
    gpuFailure.ifPresent(failure -> lines.add("Warning: the GPU was not taken. " + failure));
    return String.join(System.lineSeparator(), lines);
  }

  /** The line of the CUDA engine. */
  String describeCuda(EngineInfo info) {
    List<String> lines = new ArrayList<>();
    lines.add(line(info, "", kind == Kind.AUTO ? "chosen by itself" : ASKED_FOR));
    List<String> ignored = CublasEnvironment.ignored();
    if (!ignored.isEmpty()) {
      lines.add(
          "Warning: %s in the environment has no effect: --precision says how to multiply."
              .formatted(String.join(", ", ignored)));
    }
    if (emulator != null) {
      lines.add(
          "Warning: this is NO GPU but the emulator of the tests, asked for with --cuda-emulator.");
    }
    return String.join(System.lineSeparator(), lines);
  }

  /** All of it is in run.json and in doctor's report too. */
  private static String line(EngineInfo info, String threads, String why) {
    String end = ", %s%s (%s)".formatted(threads, info.precision(), why);
    String start = "Engine " + info.engine() + " on ";
    int room = LINE - start.length() - end.length() - 2;
    String device = plainName(info.device());
    String named =
        info.library().equals(EngineInfo.NATIVE_STEP)
            ? info.library() + " for " + info.tuning()
            : info.library();
    String library =
        cut(named.replace(" kernels)", ")"), Math.max(SHORTEST, room - device.length()));
    return start + cutDevice(device, room - library.length()) + ": " + library + end;
  }

  /** A processor's name without what all of them have in it. */
  private static String plainName(String device) {
    return device.replaceAll("\\((R|TM|r|tm)\\)| CPU| \\d+-Core| Processor| @ .*", "").strip();
  }

  /** Which slice of a GPU it is, as MIG names it at the end, is what is asked about first. */
  private static String cutDevice(String device, int length) {
    int slice = device.indexOf(" MIG ");
    String end = slice < 0 || device.length() <= length ? "" : device.substring(slice);
    return cut(device.substring(0, device.length() - end.length()), length - end.length()) + end;
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, Math.max(0, length - 3)) + "...";
  }

  private static String threadsOf(EngineInfo info) {
    return String.format(
        Locale.ROOT, "%d thread%s, ", info.threads(), info.threads() == 1 ? "" : "s");
  }
}
