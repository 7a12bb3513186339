// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.engine.cpu.CpuInfo;
import io.github.cvaegpu.engine.cpu.Processors;
import io.github.cvaegpu.engine.cuda.CudaRuntime;
import io.github.cvaegpu.foreign.CpuLibraries;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code doctor}: says what the program finds on this machine, and what is missing. */
@Command(
    name = "doctor",
    description = DoctorCommand.WHAT,
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    footer = {"", "Exit code 0 when training can run, else 1."})
final class DoctorCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Says what was found on this machine for training, and what is missing.";

  private static final String CPU_STEP = "CPU step";
  private static final String DATASETS = "datasets";

  private final Supplier<DatasetLoader> loader;
  private final Supplier<List<CudaRuntime.Link>> gpu;

  @Spec private CommandSpec spec;

  /** For rehearsals: as train's. */
  @Option(names = "--cuda-emulator", hidden = true)
  private Path emulator;

  /** A doctor for this process's environment. */
  DoctorCommand() {
    this(() -> new DatasetLoader(DataLocations.fromEnvironment()), CudaRuntime::examine);
  }

  /**
   * A doctor for other datasets and GPUs.
   *
   * @param loader called when the report comes to the datasets, and may fail then
   * @param gpu examines the chain to the GPU
   */
  DoctorCommand(Supplier<DatasetLoader> loader, Supplier<List<CudaRuntime.Link>> gpu) {
    this.loader = loader;
    this.gpu = gpu;
  }

  @Override
  public Integer call() {
    EngineOptions.useEmulator(emulator);
    line("program", Program.nameAndVersion());
    line(
        "Java",
        "%s, %s (%s)"
            .formatted(
                System.getProperty("java.runtime.version"),
                System.getProperty("java.vendor"),
                System.getProperty("java.home")));
    line(
        "system",
        "%s %s, %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")));
    line("processor", CpuInfo.modelName());
    line("", Processors.ofThisProcess().description());
    List<String> features = CpuInfo.features(extensions());
    line("", features.isEmpty() ? "extensions unknown" : String.join(" ", features));
    boolean hasStep = cpuStep();
    boolean canLookForData = datasets();
    List<CudaRuntime.Link> chain = gpu.get();
    String heading = "GPU";
    for (String text : gpu(chain)) {
      line(heading, text);
      heading = "";
    }
    line("", "");
    boolean hasEngine = hasStep || isWhole(chain);
    boolean canTrain = hasEngine && canLookForData;
    line(
        "training",
        canTrain
            ? "can run, on the " + (isWhole(chain) ? "GPU" : "CPU")
            : "cannot run: see " + (hasEngine ? DATASETS : CPU_STEP));
    return canTrain ? ExitCode.OK : ExitCode.FAILED;
  }

  /** Those that decide which step the processor can do; of ARM's every one has the first. */
  private static List<String> extensions() {
    return Stream.concat(CpuLibraries.extensions().stream(), Stream.of("asimd")).toList();
  }

  private boolean cpuStep() {
    try {
      CpuLibraries.Found found = CpuLibraries.get();
      line(
          CPU_STEP,
          found
              .library()
              .map(library -> "native, for " + library.isa())
              .orElseGet(() -> "in Java: of the native ones, " + found.problem()));
      line("", threads(CpuAccelerator.defaultThreads(), Processors.ofThisProcess()));
      return true;
    } catch (InputException e) {
      line(CPU_STEP, e.getMessage());
      return false;
    }
  }

  /** Why the CPU engine takes so many threads. */
  static String threads(int threads, Processors processors) {
    return String.format(
        Locale.ROOT,
        "%d thread%s by default: %s",
        threads,
        threads == 1 ? "" : "s",
        threads < processors.threads() ? "the most that share a step" : processors.reason());
  }

  /** Says which datasets there are, and tells whether a run could look for its own at all. */
  private boolean datasets() {
    try {
      datasets(loader.get());
      return true;
    } catch (InputException e) {
      line(DATASETS, e.getMessage());
      return false;
    }
  }

  private void datasets(DatasetLoader loader) {
    String heading = DATASETS;
    try {
      Optional<Dataset> own = loader.fromEnvironmentFolder();
      if (own.isPresent()) {
        line(heading, DataLocations.FOLDER_VARIABLE + ": " + describe(own.get()));
        heading = "";
      }
    } catch (InputException e) {
      line(heading, DataLocations.FOLDER_VARIABLE + ": " + e.getMessage());
      heading = "";
    }
    for (String name : loader.downloadable()) {
      line(heading, name + ": " + cached(loader, name));
      heading = "";
    }
    line("", "synthetic, sprites: built in");
  }

  private static String cached(DatasetLoader loader, String name) {
    try {
      return loader
          .cached(name)
          .map(DoctorCommand::describe)
          .orElse(
              "not in the cache; to download it to %s: %s"
                  .formatted(loader.folder(name), Program.command("data", "fetch", name)));
    } catch (InputException e) {
      return e.getMessage();
    }
  }

  private static String describe(Dataset dataset) {
    return "%s, %s".formatted(dataset.status().name().toLowerCase(Locale.ROOT), dataset.origin());
  }

  /** The report's lines on the chain to the GPU. */
  static List<String> gpu(List<CudaRuntime.Link> chain) {
    return chain.stream()
        .map(
            link ->
                "%s: %s%s"
                    .formatted(
                        link.name(),
                        link.fault().map(fault -> fault + ". ").orElse(""),
                        link.text()))
        .toList();
  }

  private static boolean isWhole(List<CudaRuntime.Link> chain) {
    return chain.stream().allMatch(link -> link.fault().isEmpty());
  }

  private void line(String heading, String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(String.format(Locale.ROOT, "%-10s %s", heading, text).stripTrailing());
  }
}
