// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.launcher.JvmFlags;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/**
 * A sweep that several GPUs of one machine share: a process for each, which trains its part of the
 * runs and sees that GPU alone.
 */
final class SweepOnDevices {
  /** As CUDA_VISIBLE_DEVICES and nvidia-smi -L name them. */
  private static final Pattern DEVICE = Pattern.compile("\\d{1,3}|(GPU|MIG)-[0-9A-Za-z/-]{1,80}");

  /** What a process is told that sweep.json does not say. */
  private static final Set<String> PASSED_ON =
      Set.of(
          "--precision",
          "--step",
          "--tune",
          "--cuda-emulator",
          "--threads",
          "--parallel",
          "--measure",
          "--checkpoint-every",
          "--offline",
          "--yes",
          "--quiet");

  private static final int LOOK_MILLIS = 100;

  @Option(
      names = "--devices",
      paramLabel = "GPU,GPU...",
      hideParamSyntax = true,
      split = CommandOptions.COMMAS,
      description = "GPUs that share the runs, by number or UUID. Default: one, the first.")
  private List<String> devices;

  /** Whether the runs are to be shared. */
  boolean isAsked() {
    return devices != null;
  }

  /**
   * Refuses what names no GPUs.
   *
   * @param engine what was asked for
   */
  void check(EngineOptions engine) {
    if (devices == null) {
      return;
    }
    for (String device : devices) {
      if (!DEVICE.matcher(device).matches()) {
        throw new InputException(
            "--devices names GPUs by number or UUID, as in 0,1 and as nvidia-smi -L does, and not"
                + " '%s'.".formatted(device));
      }
    }
    if (devices.stream().distinct().count() < devices.size()) {
      throw new InputException("--devices names a GPU twice; --parallel has runs share one.");
    }
    if (engine.isForCpu()) {
      throw new InputException("--devices are GPUs: leave --engine cpu out.");
    }
  }

  /**
   * The processes, to be started.
   *
   * @param folder of the sweep, which has been begun
   * @param runs of the sweep
   * @param line the command line
   */
  List<ProcessBuilder> processes(Path folder, int runs, ParseResult line) {
    int parts = Math.min(devices.size(), runs);
    List<String> options =
        JvmFlags.words(System.getenv().getOrDefault(JvmFlags.OPTIONS_VARIABLE, ""));
    return IntStream.range(0, parts)
        .mapToObj(
            i -> {
              List<String> arguments = new ArrayList<>(List.of("sweep", "--out"));
              arguments.addAll(List.of(folder.toString(), "--engine", "cuda"));
              arguments.addAll(List.of("--shard", i + "/" + parts));
              arguments.addAll(ClusterOptions.passedOn(line, PASSED_ON));
              var builder =
                  new ProcessBuilder(OwnProcess.command(options, arguments))
                      .redirectErrorStream(true);
              builder.environment().put("CUDA_VISIBLE_DEVICES", devices.get(i));
              return builder;
            })
        .toList();
  }

  /**
   * Starts the processes and waits for them; what they say is said with their GPU's name.
   *
   * @param stopRequested asked now and then; they are asked to stop then, and waited for
   * @return {@link ExitCode#OK} if all are done, else {@link ExitCode#TRY_AGAIN} if one says so,
   *     else what the first says that is not done
   */
  int await(List<ProcessBuilder> builders, PrintWriter err, BooleanSupplier stopRequested) {
    List<Process> processes = new ArrayList<>();
    List<Thread> readers = new ArrayList<>();
    try {
      for (ProcessBuilder builder : builders) {
        Process process = builder.start();
        String device = devices.get(processes.size());
        processes.add(process);
        readers.add(Thread.ofPlatform().daemon().start(() -> say(device, process, err)));
      }
    } catch (IOException e) {
      processes.forEach(Process::destroy);
      throw new UncheckedIOException(e);
    }
    boolean isAsked = false;
    while (processes.stream().anyMatch(Process::isAlive)) {
      if (!isAsked && stopRequested.getAsBoolean()) {
        isAsked = true;
        processes.forEach(Process::destroy);
      }
      pause();
    }
    readers.forEach(SweepOnDevices::join);
    List<Integer> codes = processes.stream().map(Process::exitValue).toList();
    return codes.contains(ExitCode.TRY_AGAIN)
        ? ExitCode.TRY_AGAIN
        : codes.stream().filter(code -> code != ExitCode.OK).findFirst().orElse(ExitCode.OK);
  }

  private static void say(String device, Process process, PrintWriter err) {
    try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        synchronized (err) {
          err.println("GPU " + device + ": " + line);
          err.flush();
        }
      }
    } catch (IOException e) {
      // It was ended in the middle of a line.
      return;
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
