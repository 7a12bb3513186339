// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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

  private int runs;
  private int readings;

  @Test
  void everyReadingIsOfAWholeRun() throws Exception {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    String fault = null;
    try {
      int withModel = 0;
      while (System.nanoTime() < deadline) {
        withModel += readWhileTraining(temp.resolve("run " + runs++), images);
      }
      assertTrue(withModel > 0, "no reading had a checkpoint");
    } catch (Exception | AssertionError e) {
      fault = e.toString();
      throw e;
    } finally {
      write(fault);
    }
  }

  /** Returns how many readings had a checkpoint. */
  private int readWhileTraining(Path folder, Path images) throws Exception {
    CompletableFuture<Path> training =
        CompletableFuture.supplyAsync(
            () -> RunFolder.train(folder, images, RunFolder.CONTROL, 5, -1, "1steps"));
    try {
      int withModel = 0;
      long steps = 0;
      while (!training.isDone()) {
        if (!Files.exists(folder.resolve("run.json"))) {
          continue; // Not begun.
        }
        Run run = Run.read(folder);
        readings++;
        long now = run.checkpoint().map(checkpoint -> checkpoint.state().step()).orElse(steps);
        withModel += run.checkpoint().isPresent() ? 1 : 0;
        assertTrue(now >= steps, "from step " + steps + " back to " + now);
        steps = now;
      }
      Run whole = Run.read(folder);
      assertEquals(RunFolder.STEPS, whole.series().orElseThrow().size());
      assertEquals(RunFolder.STEPS, whole.checkpoint().orElseThrow().state().step());
      return withModel;
    } finally {
      training.join();
    }
  }

  private void write(String fault) throws IOException {
    String results = System.getProperty("cvaegpu.fuzz.results");
    if (results != null) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("readings", readings);
      result.put("runs", runs);
      result.put("fault", fault);
      Files.createDirectories(Path.of(results));
      Files.writeString(Path.of(results, "readings.json"), Json.PRETTY.toJson(result));
    }
  }
}
