// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** SIGUSR1, by which schedulers announce the end of a job, and stops while data is awaited. */
@Isolated("It looks at the clock")
class StopIT {
  private static final String SENTENCE = "Stopped by SIGUSR1; run the command again.\n";

  @TempDir private Path temp;

  private static void signal(String name, long pid) throws Exception {
    assertEquals(0, new ProcessBuilder("kill", "-" + name, "" + pid).start().waitFor());
  }

  private List<String> train(Path out, int epochs) throws Exception {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    args.addAll(List.of("--epochs", Integer.toString(epochs), "--batch", "64", "--hidden", "8"));
    args.addAll(List.of("--engine", "cpu", "--threads", "1", "--checkpoint-every", "200epochs"));
    return args;
  }

  @Test
  void trainingWritesACheckpointAndAsksToBeStartedAgain() throws Exception {
    var jar = new JarProcess(temp, temp.resolve("cache"));
    Path out = temp.resolve("run");
    RunningProcess run = jar.start(train(out, 1_000_000));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!Files.exists(out.resolve("checkpoint.safetensors"))) {
      assertTrue(run.process().isAlive() && System.nanoTime() < deadline, run.err().text());
      Thread.sleep(10);
    }
    // As a scheduler that signals every process of a job.
    long child = run.process().children().findFirst().orElseThrow().pid();
    signal("USR1", run.process().pid());
    signal("USR1", child);
    RunningProcess.Result result = run.await();
    assertEquals(75, result.code(), result.errors());
    assertTrue(result.text().contains("Stopped after step "), result.text());
    assertTrue(result.text().contains("train --resume --out " + out), result.text());
    assertFalse(result.errors().contains("SIGUSR1"), result.errors());
    int steps =
        Integer.parseInt(
            result
                .text()
                .replaceAll("(?s).*Stopped after step ([\\d,]+), with.*", "$1")
                .replace(",", ""));
    assertEquals(1 + steps, Files.readAllLines(out.resolve("metrics.csv")).size());

    int epochs = steps / 5 + 2;
    RunningProcess.Result resumed =
        jar.run("train", "--resume", "--out", out.toString(), "--epochs", "" + epochs, "--quiet");
    assertEquals(0, resumed.code(), resumed.errors());
    assertEquals(1 + 5 * epochs, Files.readAllLines(out.resolve("metrics.csv")).size());
  }

  @Test
  void aCommandWithoutACheckpointSaysSoInASentence() throws Exception {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    var jar = new JarProcess(temp, temp.resolve("cache"));
    RunningProcess run =
        jar.start(
            List.of(
                "bench",
                "--data",
                images.toString(),
                "--engine",
                "cpu",
                "--threads",
                "1",
                "--rounds",
                "1000000"));
    // Well after its start: the engine's libraries are unpacked.
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!Files.isDirectory(temp.resolve("cache").resolve("cvae-gpu").resolve("native"))) {
      assertTrue(run.process().isAlive() && System.nanoTime() < deadline, run.err().text());
      Thread.sleep(10);
    }
    signal("USR1", run.process().pid());
    RunningProcess.Result result = run.await();
    assertEquals(75, result.code(), result.errors());
    assertTrue(result.errors().endsWith(SENTENCE), result.errors());
    assertFalse(result.errors().contains("\tat "), result.errors());
  }

  @Test
  void aStopIsAnsweredWhileADownloadIsAwaited() throws Exception {
    for (String name : List.of("TERM", "USR1")) {
      try (var proxy = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
        var builder =
            new JarProcess(temp, temp.resolve("cache")).builder(List.of("data", "fetch", "kmnist"));
        builder.environment().remove("CVAE_GPU_OFFLINE");
        builder
            .environment()
            .put(
                "CVAE_GPU_JAVA_OPTS",
                String.format(
                    Locale.ROOT,
                    "'-Dhttp.proxyHost=127.0.0.1' -Dhttp.proxyPort=%d",
                    proxy.getLocalPort()));
        var run = new RunningProcess(builder);
        try (Socket asked = proxy.accept()) {
          InputStream request = asked.getInputStream();
          assertTrue(request.read() > 0);
          asked
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"
                      .getBytes(StandardCharsets.US_ASCII));
          // And then nothing more.
          Thread.sleep(300);
          signal(name, run.process().pid());
          assertTrue(run.process().waitFor(10, TimeUnit.SECONDS), name);
          RunningProcess.Result result = run.await();
          assertEquals(name.equals("TERM") ? 130 : 75, result.code());
          assertFalse(result.errors().contains("\tat "), result.errors());
          assertEquals(name.equals("USR1"), result.errors().endsWith(SENTENCE), result.errors());
        }
      }
    }
  }
}
