// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.train.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run's folder can be read at any time while a process trains in it. System property: {@code
 * cvaegpu.reading.seconds}.
 */
class ReadingWhileTrainingTest {
  private static final long SECONDS = Long.getLong("cvaegpu.reading.seconds", 2);

  @TempDir Path temp;

  @Test
  void everyReadingIsOfAWholeRun() throws Exception {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    int runs = 0;
    int readings = 0;
    int withModel = 0;
    while (System.nanoTime() < deadline) {
      Path folder = temp.resolve("run " + runs++);
      CompletableFuture<Path> training =
          CompletableFuture.supplyAsync(
              () -> RunFolder.train(folder, images, Model.CONTROL, 5, -1, "1steps"));
      long steps = -1;
      while (!training.isDone()) {
        if (!Files.exists(folder.resolve("run.json"))) {
          continue; // Not begun.
        }
        Run run = Run.read(folder);
        readings++;
        long now = run.checkpoint().map(checkpoint -> checkpoint.position().step()).orElse(0L);
        withModel += now > 0 ? 1 : 0;
        assertTrue(now >= steps, "from step " + steps + " back to " + now);
        steps = now;
      }
      assertTrue(
          Run.read(training.get()).checkpoint().orElseThrow().position().step() == RunFolder.STEPS);
    }
    String tried = String.format(Locale.ROOT, "%d readings of %d runs", readings, runs);
    System.out.println("ReadingWhileTrainingTest: " + tried);
    assertTrue(withModel > 0, tried);
    write(readings, runs);
  }

  private static void write(int readings, int runs) throws IOException {
    String results = System.getProperty("cvaegpu.fuzz.results");
    if (results != null) {
      Files.createDirectories(Path.of(results));
      Files.writeString(
          Path.of(results, "readings.json"),
          String.format(Locale.ROOT, "{\"readings\": %d, \"runs\": %d}%n", readings, runs));
    }
  }
}
