// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.cuda.OnGpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A scheduler is told to go on only where there is something to go on with. */
@ExtendWith(OnGpu.class)
class LostGpuTest {
  @TempDir Path folder;
  private Path images;

  @BeforeEach
  void drawImages() throws IOException {
    assumeFalse(OnGpu.isReal(), "a real GPU does not fail when a test would like it to");
    images = TinyImages.writeFolder(folder.resolve("images"), 1);
  }

  @AfterEach
  void loseNothing() {
    Emulator.configure("LOSE", "");
  }

  private CommandRun run(String command, String... more) {
    List<String> args =
        new ArrayList<>(List.of(command, "--data", images.toString(), "--engine", "cuda"));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private CommandRun train(Path out, String... more) {
    List<String> all =
        new ArrayList<>(List.of("--hidden", "20,10", "--batch", "64", "--epochs", "1"));
    all.addAll(List.of("--kl", "0.5", "--quiet", "--out", out.toString()));
    all.addAll(List.of(more));
    return run("train", all.toArray(String[]::new));
  }

  private static String lost(int code, CommandRun run) {
    assertEquals(code, run.code(), run.err());
    String sentence = run.err().lines().toList().getLast();
    assertTrue(sentence.contains("is lost to this process"), run.err());
    return sentence;
  }

  @Test
  void aRunThatHasNotBegunCannotBeGoneOnWith() {
    Path out = folder.resolve("run");
    Emulator.configure("LOSE", "1:719");
    String sentence = lost(ExitCode.FAILED, train(out));
    assertTrue(
        sentence.endsWith(" The run had not begun yet. The same command begins it."), sentence);
    assertFalse(Files.exists(out));
    assertEquals(ExitCode.OK, train(out).code());
  }

  /** While it warms up, nothing of a run that goes on is lost. */
  @Test
  void aRunThatHasBegunCan() {
    Path out = folder.resolve("run");
    assertEquals(ExitCode.OK, train(out).code());
    List<String> resume = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
    resume.addAll(List.of("--engine", "cuda", "--epochs", "2"));
    Emulator.configure("LOSE", "1:719");
    String sentence = lost(ExitCode.TRY_AGAIN, CommandRun.of(resume));
    assertTrue(sentence.contains(" The last checkpoint is kept. To go on: "), sentence);
    assertEquals(ExitCode.OK, CommandRun.of(resume).code());
  }

  @Test
  void whatKeepsNothingFails() {
    Path out = folder.resolve("run");
    assertEquals(ExitCode.OK, train(out).code());
    String[] plan = {"--hidden", "20,10", "--batch", "64", "--kl", "0.5"};
    for (CommandRun run :
        List.of(
            lose(() -> CommandRun.of("evaluate", out.toString(), "--engine", "cuda")),
            lose(() -> run("bench", plan)),
            lose(() -> run("profile", plan)))) {
      lost(ExitCode.FAILED, run);
    }
  }

  private static CommandRun lose(Supplier<CommandRun> command) {
    Emulator.configure("LOSE", "1:719");
    return command.get();
  }
}
