// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /**
   * The end of the line that says where the page is. The JVM's line on JAVA_TOOL_OPTIONS may have
   * an address within.
   */
  private static final Pattern ADDRESS = Pattern.compile(": (http://\\S+)$");

  /**
   * Lines that are repeated where there is no page: the first ones of a stack trace tell enough.
   */
  private static final int MOST_LINES = 5;

  private final Optional<Process> process;

  /** Why there is none; empty if there is, or none was wanted. */
  private final String problem;

  private ServeProcess(Optional<Process> process, String problem) {
    this.process = process;
    this.problem = problem;
  }

  /** Starts it over a folder; it goes on starting while this process does. */
  static ServeProcess start(Path folder) {
    return start(command(folder));
  }

  /** Starts what says where its page is, as {@code serve} does. */
  static ServeProcess start(List<String> command) {
    try {
      return new ServeProcess(
          Optional.of(new ProcessBuilder(command).redirectErrorStream(true).start()), "");
    } catch (IOException e) {
      return new ServeProcess(Optional.empty(), e.getMessage() + ".");
    }
  }

  private static List<String> command(Path folder) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(NICE)) {
      command.addAll(List.of(NICE.toString(), "-n", "10"));
    }
    command.addAll(
        OwnProcess.command(
            List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"), List.of("serve", folder.toString())));
    return command;
  }

  /**
   * Says where the page is, or why there is none. Waits for that a little: later there may be a bar
   * in the place of the line.
   */
  void tell(PrintWriter err) {
    String reason = process.map(it -> awaitAddress(it, err)).orElse(problem);
    if (!reason.isEmpty()) {
      err.println("Warning: there is no page of this run: " + reason);
    }
  }

  /** Why there is no page; empty if there is, and where was said. */
  private static String awaitAddress(Process process, PrintWriter err) {
    var address = new CompletableFuture<Optional<String>>();
    List<String> before = new CopyOnWriteArrayList<>();
    Thread.ofPlatform().daemon().name("page").start(() -> read(process, before, address));
    try {
      Optional<String> said = address.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      said.ifPresent(it -> err.println("Page of this run: " + it));
      return said.isPresent() ? "" : before.isEmpty() ? "it has ended." : joined(before);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "it was not waited for.";
    } catch (ExecutionException | TimeoutException e) {
      return ("it does not say where it is. " + joined(before)).strip();
    }
  }

  private static String joined(List<String> lines) {
    return String.join(" ", lines);
  }

  private static void read(
      Process process, List<String> before, CompletableFuture<Optional<String>> address) {
    try (BufferedReader said = process.inputReader()) {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        Matcher end = ADDRESS.matcher(line);
        if (end.find()) {
          address.complete(Optional.of(end.group(1)));
          // What it says later is nobody's concern, but must not fill the pipe.
          said.transferTo(Writer.nullWriter());
        } else if (before.size() < MOST_LINES) {
          before.add(line.strip());
        }
      }
      address.complete(Optional.empty());
    } catch (IOException e) {
      address.completeExceptionally(e);
    }
  }

  @Override
  public void close() {
    process.ifPresent(Process::destroy);
  }
}
