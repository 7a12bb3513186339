// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.launcher.LauncherWatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code serve} beside a training, as a process of its own: what reads a log must not be the
 * process that has locked it, and the page is to take neither memory nor time of the training's. It
 * ends with this process, whatever ends that.
 */
final class ServeProcess implements AutoCloseable {
  /** Of a training that nobody wants to see. */
  static final ServeProcess NONE = new ServeProcess(Optional.empty(), "");

  /** Gives the training the right of way; all systems but Windows have it. */
  private static final Path NICE = Path.of("/usr/bin/nice");

  private static final int PATIENCE_SECONDS = 10;

  private final Optional<Process> process;

  /** Why there is none; empty if there is, or none was wanted. */
  private final String problem;

  private ServeProcess(Optional<Process> process, String problem) {
    this.process = process;
    this.problem = problem;
  }

  /** Starts it over a folder; it goes on starting while this process does. */
  static ServeProcess start(Path folder) {
    try {
      return new ServeProcess(
          Optional.of(new ProcessBuilder(command(folder)).redirectErrorStream(true).start()), "");
    } catch (IOException e) {
      return new ServeProcess(Optional.empty(), e.getMessage() + ".");
    }
  }

  private static List<String> command(Path folder) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(NICE)) {
      command.addAll(List.of(NICE.toString(), "-n", "10"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-Djava.awt.headless=true",
            LauncherWatch.option(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            CvaeGpu.class.getName(),
            "serve",
            folder.toString()));
    return command;
  }

  /**
   * Says where the page is, or why there is none. Waits for that a little: later there may be a bar
   * in the place of the line.
   */
  void tell(PrintWriter err) {
    String said = process.map(ServeProcess::firstLine).orElse(problem);
    int address = said.indexOf("http://");
    if (address >= 0) {
      err.println("Page of this run: " + said.substring(address));
    } else if (!said.isEmpty()) {
      err.println("Warning: there is no page of this run: " + said);
    }
  }

  private static String firstLine(Process process) {
    var line = new CompletableFuture<String>();
    Thread.ofPlatform().daemon().name("page").start(() -> read(process, line));
    try {
      return line.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "it was not waited for.";
    } catch (ExecutionException | TimeoutException e) {
      return "it does not say where it is.";
    }
  }

  private static void read(Process process, CompletableFuture<String> line) {
    try (BufferedReader said = process.inputReader()) {
      line.complete(Objects.requireNonNullElse(said.readLine(), "it has ended."));
      // What it says at its end is nobody's concern, but must not fill the pipe.
      said.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      line.completeExceptionally(e);
    }
  }

  @Override
  public void close() {
    process.ifPresent(Process::destroy);
  }
}
