// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ctrl-C and SIGTERM at commands of the packaged jar that measure, draw and download. */
@Isolated("It looks at the clock")
class SignalIT {
  private static final String SMALL = " --data images --engine cpu --threads 1";

  @TempDir static Path temp;
  private static JarProcess jar;

  @BeforeAll
  static void train() throws Exception {
    jar = new JarProcess(temp, temp.resolve("cache"));
    TinyImages.writeFolder(temp.resolve("images"), 1);
    RunningProcess.Result result =
        jar.run(words("train --epochs 2 --batch 64 --hidden 8 --quiet --out run" + SMALL));
    assertEquals(0, result.code(), result.errors());
  }

  private static List<String> words(String command) {
    return new ArrayList<>(List.of(command.split(" ", -1)));
  }

  private static void send(String signal, RunningProcess process) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.process().pid())).start();
    assertEquals(0, kill.waitFor());
  }

  private static void assertStopped(RunningProcess.Result result, String when) {
    String said = when + ": " + result.errors();
    assertEquals(130, result.code(), said);
    assertTrue(result.errors().lines().toList().getLast().startsWith("Stopped"), said);
    assertFalse(result.errors().contains("Exception"), said);
    assertFalse(result.errors().contains("\tat "), said);
  }

  /** Every file is whole, and no temporary one is left. */
  private static void assertNothingHalfWritten(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.toString();
        assertFalse(name.endsWith(".tmp") || name.endsWith(".part"), name);
        byte[] bytes = Files.readAllBytes(file);
        if (name.endsWith(".png")) {
          assertEquals("IEND", new String(bytes, bytes.length - 8, 4, US_ASCII), name);
        } else if (name.endsWith(".svg") || name.endsWith(".html")) {
          String end = new String(bytes, Math.max(0, bytes.length - 20), 20, US_ASCII);
          end = end.replaceAll("\\s", "");
          assertTrue(end.endsWith("</svg>") || end.endsWith("</html>"), name + " ends " + end);
        }
      }
    }
  }

  /** The figures of a study take seconds: signals at random moments from its first run on. */
  @Test
  void reproduceStopsWhereverItIs() throws Exception {
    long seed = System.nanoTime();
    System.out.println("SignalIT.reproduceStopsWhereverItIs: seed " + seed);
    var random = new Random(seed);
    Path study = temp.resolve("study");
    List<String> args = words("reproduce --epochs 1 --lr 0.001 --out study" + SMALL);
    for (int i = 0; i < 4; i++) {
      RunningProcess process = jar.start(args);
      // The second and later ones find the runs and measures done, and are met in the figures.
      process.err().awaitPart(i == 0 ? "run 1/2" : "run 2/2");
      Thread.sleep(100 + i * 250 + random.nextInt(250));
      send(i % 2 == 0 ? "INT" : "TERM", process);
      RunningProcess.Result result = process.await();
      if (result.code() != 0) {
        assertStopped(result, "seed " + seed + ", signal " + i);
      }
      assertNothingHalfWritten(study);
    }
    RunningProcess.Result whole = jar.run(args);
    assertEquals(0, whole.code(), whole.errors());
    assertNothingHalfWritten(study);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evaluate run --samples 1000000 --engine cpu --threads 1",
        "bench --rounds 100000 --batch 64 --hidden 8" + SMALL,
        "calibrate --calibration-epochs 100000 --batch 64 --hidden 8 --out calibration" + SMALL,
        "train --kl auto --calibration-epochs 100000 --batch 64 --hidden 8 --out auto" + SMALL,
      })
  void whatMeasuresStops(String command) throws Exception {
    for (int millis : new int[] {0, 700}) {
      var builder = jar.builder(words(command));
      // A sign of life from the moment that signals are heard, which silent commands do not give.
      builder.environment().put("CVAE_GPU_JAVA_OPTS", "-Xlog:class+load=info:stdout");
      RunningProcess process = new RunningProcess(builder);
      process.out().awaitPart("cli.Interruption ");
      Thread.sleep(300 + millis);
      send("TERM", process);
      assertStopped(process.await(), command + " after " + millis);
    }
  }

  @Test
  void reportStopsAndLeavesNoHalfPage() throws Exception {
    var random = new Random();
    for (int i = 0; i < 4; i++) {
      var builder = jar.builder(words("report run --engine cpu --threads 1 --out page.html"));
      builder.environment().put("CVAE_GPU_JAVA_OPTS", "-Xlog:class+load=info:stdout");
      RunningProcess process = new RunningProcess(builder);
      process.out().awaitPart(i < 2 ? "cli.ReportCommand " : "report.HtmlReport ");
      int millis = 200 + random.nextInt(600);
      Thread.sleep(millis);
      send("INT", process);
      RunningProcess.Result result = process.await();
      if (result.code() != 0) {
        assertStopped(result, i + " after " + millis);
      }
      try (Stream<Path> files = Files.list(temp)) {
        assertFalse(files.anyMatch(file -> file.toString().endsWith(".tmp")));
      }
    }
  }

  /** A proxy that takes the connection and says nothing. */
  @Test
  void aDownloadStopsAtOnceAndClearsUp() throws Exception {
    try (ServerSocket proxy = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      var builder = jar.builder(words("data fetch mnist"));
      builder.environment().remove("CVAE_GPU_OFFLINE");
      builder.environment().put("https_proxy", "http://127.0.0.1:" + proxy.getLocalPort());
      RunningProcess process = new RunningProcess(builder);
      proxy.setSoTimeout((int) TimeUnit.SECONDS.toMillis(60));
      try (Socket connection = proxy.accept()) {
        assertTrue(connection.isConnected());
        long start = System.nanoTime();
        send("TERM", process);
        assertStopped(process.await(), "a download");
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        assertTrue(seconds < 20, seconds + " s");
      }
      assertNothingHalfWritten(temp.resolve("cache"));
    }
  }
}
