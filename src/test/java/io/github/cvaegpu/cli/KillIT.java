// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Training by the packaged jar, killed with SIGKILL again and again and gone on with: the files are
 * those of a run that nobody killed, bit for bit. {@code bench/campaign.py} does it for hours.
 */
@Isolated("It looks at the clock")
class KillIT {
  private static final int EPOCHS = 400;

  @TempDir static Path temp;
  private static JarProcess jar;
  private static Path images;
  private static Path uninterrupted;

  /** What happens to a file of the run while it is watched. */
  private enum Moment {
    /** A checkpoint's temporary file is there, and empty. */
    CHECKPOINT_BEGUN("ENTRY_CREATE", "\\.checkpoint\\.safetensors\\..*\\.tmp"),
    /** Some of it is written. */
    CHECKPOINT_GROWING("ENTRY_MODIFY", "\\.checkpoint\\.safetensors\\..*\\.tmp"),
    /** It has its name. */
    CHECKPOINT_RENAMED("ENTRY_CREATE", "checkpoint\\.safetensors"),
    /** The record's temporary file is there. */
    RECORD_BEGUN("ENTRY_CREATE", "\\.run\\.json\\..*\\.tmp"),
    /** The record has its name. */
    RECORD_RENAMED("ENTRY_CREATE", "run\\.json"),
    /** Rows are added to the log. */
    ROWS_WRITTEN("ENTRY_MODIFY", "metrics\\.csv");

    private final String kind;
    private final String name;

    Moment(String kind, String name) {
      this.kind = kind;
      this.name = name;
    }

    private boolean isOf(WatchEvent<?> event) {
      return event.kind().name().equals(kind) && event.context().toString().matches(name);
    }
  }

  @BeforeAll
  static void trainWithoutInterruption() throws Exception {
    jar = new JarProcess(temp);
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    uninterrupted = temp.resolve("uninterrupted");
    RunningProcess.Result healthy = jar.run(train(uninterrupted));
    assertEquals(0, healthy.code(), healthy.errors());
  }

  private static List<String> train(Path out) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("train", "--data", images.toString(), "--out", out.toString()));
    args.addAll(List.of("--epochs", Integer.toString(EPOCHS), "--batch", "64"));
    // So low a set point keeps beta moving, which shows whether the controller's memory is kept.
    args.addAll(List.of("--hidden", "20,10", "--lr", "0.001", "--kl", "0.5"));
    args.addAll(often());
    return args;
  }

  private static List<String> resume(Path out) {
    List<String> args = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
    args.addAll(often());
    return args;
  }

  private static List<String> often() {
    return List.of("--checkpoint-every", "7steps", "--engine", "cpu", "--threads", "1");
  }

  @Test
  void killsAtAnyMomentDoNotShow() throws Exception {
    long seed = Long.getLong("cvaegpu.kill.seed", System.nanoTime());
    var random = new Random(seed);
    String note = String.format(Locale.ROOT, "-Dcvaegpu.kill.seed=%d", seed);
    Path run = temp.resolve("killed");
    int kills = 0;
    // On a busy machine a process may be killed before it has written a record to resume, so each
    // one is given longer.
    while (kills < 4 || !Files.exists(run.resolve("run.json"))) {
      RunningProcess process = start(run);
      process.err().awaitPart("Engine ");
      Thread.sleep(random.nextInt(120 * (1 + kills)));
      kill(process, random.nextBoolean(), note);
      kills++;
    }
    for (Moment moment : Moment.values()) {
      String where = note + ", " + moment;
      if (!killAt(moment, run, 1 + random.nextInt(3), random.nextBoolean(), where)) {
        // It was done before that; the next one is not.
        assertSameAsUninterrupted(run, where);
        run = temp.resolve("killed at " + moment);
      }
    }
    RunningProcess.Result result = start(run).await();
    assertEquals(0, result.code(), note + ": " + result.errors());
    assertSameAsUninterrupted(run, note);
  }

  private static RunningProcess start(Path run) throws IOException {
    boolean begun =
        Files.exists(run.resolve("run.json")) || Files.exists(RunDirectory.checkpointFile(run));
    return jar.start(begun ? resume(run) : train(run));
  }

  /**
   * Kills a process the n-th time that a file is seen at a moment.
   *
   * @return false if it had done its work before
   */
  private static boolean killAt(Moment moment, Path run, int times, boolean launcher, String note)
      throws Exception {
    Files.createDirectories(run);
    try (WatchService watch = run.getFileSystem().newWatchService()) {
      run.register(
          watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      RunningProcess process = start(run);
      int seen = 0;
      while (seen < times && process.process().isAlive()) {
        WatchKey key = watch.poll(50, TimeUnit.MILLISECONDS);
        if (key != null) {
          seen += (int) key.pollEvents().stream().filter(moment::isOf).count();
          key.reset();
        }
      }
      return kill(process, launcher, note);
    }
  }

  /**
   * The program itself, or the launcher that the user knows of; by its handle, as destroying a
   * Process closes the streams that are still being read.
   *
   * @return false if it had done its work before
   */
  private static boolean kill(RunningProcess process, boolean launcher, String note)
      throws InterruptedException {
    ProcessHandle started = process.process().toHandle();
    List<ProcessHandle> children = started.children().toList();
    if (launcher || children.isEmpty()) {
      started.destroyForcibly();
    } else {
      children.getFirst().destroyForcibly();
    }
    RunningProcess.Result result = process.await();
    assertTrue(result.code() == 137 || result.code() == 0, note + ": " + result.errors());
    return result.code() == 137;
  }

  private static void assertSameAsUninterrupted(Path run, String note) throws IOException {
    for (String file : List.of("metrics.csv", "checkpoint.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(uninterrupted.resolve(file)),
          Files.readAllBytes(run.resolve(file)),
          note + ": " + file);
    }
    RunRecord expected = RunDirectory.readRecord(uninterrupted);
    RunRecord record = RunDirectory.readRecord(run);
    assertEquals(expected.parametersSha256(), record.parametersSha256(), note);
    assertEquals(expected.metrics().test(), record.metrics().test(), note);
    assertEquals(expected.metrics().lastSteps(), record.metrics().lastSteps(), note);
    assertEquals(ExitReason.COMPLETED, record.exitReason(), note);
    assertEquals(names(uninterrupted), names(run), note);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
