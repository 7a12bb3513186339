// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.train.FolderHolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a sweep stands, told from its folder. */
class SweepStatusTest {
  @TempDir static Path temp;

  private static Path sweep;

  private static CommandRun sweep(String options) {
    return CommandRun.of(("sweep --out " + sweep + " " + options).split(" ", -1));
  }

  /** Trains one, and makes of the others what they may come to. */
  @BeforeAll
  static void train() throws IOException {
    sweep = temp.resolve("sweep");
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    String all =
        "--set lr=0.001,0.002,0.003,0.004,0.005,0.006,0.007 --epochs 2 --hidden 8 --batch 64"
            + " --engine cpu --threads 1 --quiet --data "
            + images;
    assertEquals(ExitCode.OK, sweep(all + " --index 0").code());
    String record = Files.readString(run(1).resolve("run.json"));
    write(2, record.replace("\"completed\"", "\"running\""));
    write(3, record.replace("\"completed\"", "\"running\""));
    write(
        4,
        record
            .replace("\"completed\"", "\"diverged\"")
            .replace("\"message\": null", "\"message\": \"Training diverged at step 7.\""));
    Files.createDirectories(run(5));
    Files.writeString(run(5).resolve("refused.txt"), "--hidden is too wide.\n");
    write(6, "{\"format\": 3}");
  }

  /** By its learning rate, in thousandths. */
  private static Path run(int rate) {
    return sweep.resolve("runs").resolve("lr=0.00" + rate + "_seed=0");
  }

  private static void write(int rate, String record) throws IOException {
    Files.createDirectories(run(rate));
    String its = record.replace("\"learning_rate\": 0.001", "\"learning_rate\": 0.00" + rate);
    Files.writeString(run(rate).resolve("run.json"), its);
  }

  private static Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(sweep)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(file.toString(), Files.getLastModifiedTime(file) + " " + Files.size(file));
      }
    }
    return contents;
  }

  @Test
  void everyStateIsToldAndNothingIsWritten() throws IOException {
    Map<String, String> before;
    List<String> said;
    try (var held = new FolderHolder(run(3))) {
      assertTrue(held.isAlive());
      before = contents();
      said = sweep("--status").succeeded().out().lines().toList();
    }
    assertEquals(before, contents());
    assertEquals(
        List.of(
            "7 runs in %s:".formatted(sweep),
            "  completed           1",
            "  running             1",
            "  interrupted         1",
            "  diverged            1",
            "  refused             1",
            "  unreadable          1",
            "  not begun           1",
            "",
            "Running:",
            "  2  lr=0.003_seed=0   epoch 2 of 2",
            "",
            "Interrupted:",
            "  1  lr=0.002_seed=0   epoch 2 of 2",
            "",
            "Diverged:",
            "  3  lr=0.004_seed=0   Training diverged at step 7.",
            "",
            "Refused:",
            "  4  lr=0.005_seed=0   --hidden is too wide.",
            "",
            "Unreadable:"),
        said.subList(0, said.size() - 3));
    String failed = said.get(said.size() - 3);
    assertTrue(failed.startsWith("  5  lr=0.006_seed=0   " + run(6).resolve("run.json")), failed);
    assertTrue(failed.contains(" is damaged: "), failed);
    assertEquals("What is left: cvae-gpu sweep --out " + sweep, said.getLast());
  }

  @Test
  void theFolderMayStandBehindTheOption() {
    assertEquals(
        sweep("--status").succeeded().out(),
        CommandRun.of("sweep", "--status", sweep.toString()).succeeded().out());
    assertEquals(
        "There is no sweep in %s.".formatted(temp),
        CommandRun.of("sweep", "--status", temp.toString()).refusal());
  }
}
