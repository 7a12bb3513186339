// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static io.github.cvaegpu.fuzz.Damage.require;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.fuzz.Damage;
import io.github.cvaegpu.fuzz.Fuzzing;
import io.github.cvaegpu.fuzz.RunFolder;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands on folders with damaged files: a sentence, or what the whole folder would have given.
 * Nothing of a file moves the terminal's cursor.
 */
class RunFolderFuzzTest {
  @TempDir static Path temp;

  private static Path images;
  private static Path whole;
  private static Map<String, byte[]> done;
  private static Map<String, byte[]> stopped;
  private static final List<Map<String, byte[]>> OTHERS = new ArrayList<>();

  @BeforeAll
  static void train() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    whole = RunFolder.train(temp.resolve("done"), images, RunFolder.CONTROL, 5, -1);
    done = RunFolder.read(whole);
    stopped =
        RunFolder.read(RunFolder.train(temp.resolve("stopped"), images, RunFolder.CONTROL, 5, 7));
    OTHERS.add(done);
    OTHERS.add(
        RunFolder.read(RunFolder.train(temp.resolve("seed"), images, RunFolder.CONTROL, 6, 7)));
    OTHERS.add(RunFolder.read(RunFolder.train(temp.resolve("beta"), images, RunFolder.BETA, 5, 7)));
  }

  /**
   * A stopped run with one file damaged or another run's goes on to the same end, or not at all.
   */
  @Test
  void resume() throws Exception {
    Path folder = temp.resolve("resumed");
    new Fuzzing("resume", 100)
        .atMost(20_000)
        .allowing(256)
        .run(
            damage -> {
              Map<String, byte[]> files = new LinkedHashMap<>(stopped);
              String name = damage.pick(RunFolder.FILES);
              files.put(name, damaged(damage, name));
              RunFolder.write(folder, files);
              CommandRun run = run(damage, resume(folder));
              if (run.code() != ExitCode.OK) {
                return;
              }
              require(
                  Arrays.equals(
                      Files.readAllBytes(folder.resolve("metrics.csv")), done.get("metrics.csv")),
                  "a resumed run has other rows",
                  run.err());
              Checkpoint expected = Checkpoint.read(RunDirectory.checkpointFile(whole));
              Checkpoint reached = Checkpoint.read(RunDirectory.checkpointFile(folder));
              require(
                  Arrays.equals(expected.state().parameters(), reached.state().parameters())
                      && expected.position().equals(reached.position())
                      && expected.plan().equals(reached.plan()),
                  "a resumed run ends in another state",
                  run.err());
              require(
                  RunDirectory.readRecord(folder)
                      .metrics()
                      .lastSteps()
                      .equals(RunDirectory.readRecord(whole).metrics().lastSteps()),
                  "a resumed run has other final figures",
                  run.err());
            });
  }

  /** A finished run, of which nothing is left to do but to print its figures. */
  @Test
  void resumeWhatIsDone() throws Exception {
    Path folder = temp.resolve("finished");
    new Fuzzing("resume what is done", 100)
        .atMost(20_000)
        .allowing(256)
        .run(
            damage -> {
              Map<String, byte[]> files = new LinkedHashMap<>(done);
              files.put("run.json", json(damage, done));
              RunFolder.write(folder, files);
              run(damage, resume(folder, "--json"));
            });
  }

  /** A page of a run without a model, which takes no time. */
  @Test
  void report() throws Exception {
    Path folder = temp.resolve("reported");
    Path page = temp.resolve("report.html");
    new Fuzzing("report", 100)
        .atMost(20_000)
        .allowing(256)
        .run(
            damage -> {
              Map<String, byte[]> files = new LinkedHashMap<>(damage.oneIn(2) ? done : stopped);
              files.put("run.json", json(damage, files));
              files.remove("checkpoint.safetensors");
              RunFolder.write(folder, files);
              run(damage, "report", folder.toString(), "--out", page.toString(), "--offline");
            });
  }

  /** Folders whose names hold what a terminal takes for a command. */
  @Test
  void names() throws Exception {
    List<String> pieces =
        List.of("\u001b[2J", "\u001b]0;x\u0007", "\r", "\b", "\u007f", "a b", "'");
    new Fuzzing("names of folders", 50)
        .atMost(20_000)
        .allowing(256)
        .run(
            damage -> {
              Path folder = temp.resolve("n" + damage.pick(pieces) + damage.pick(pieces));
              Map<String, byte[]> files = new LinkedHashMap<>(stopped);
              damage.note(folder.getFileName());
              if (damage.oneIn(3)) {
                String name = damage.pick(RunFolder.FILES);
                files.put(name, damaged(damage, name));
              }
              RunFolder.write(folder, files);
              String path = folder.toString();
              String out = temp.resolve("page.html").toString();
              switch (damage.random().nextInt(6)) {
                case 0 -> run(damage, "evaluate", path, "--data", images.toString());
                case 1 -> run(damage, "train", "--data", path, "--out", temp + "/new");
                case 2 -> run(damage, "report", path + "/none", "--out", out, "--offline");
                case 3 -> run(damage, path);
                case 4 -> run(damage, "train", "--out", path, "--data", images.toString());
                default -> run(damage, "train", "--resume", "--out", path + "/none");
              }
            });
  }

  private static byte[] damaged(Damage damage, String name) {
    if (damage.oneIn(20)) {
      damage.note(name, "of another run");
      return damage.pick(OTHERS).get(name);
    }
    return name.equals("run.json") && !damage.oneIn(3)
        ? json(damage, stopped)
        : damage.bytes(List.of(stopped.get(name)));
  }

  private static byte[] json(Damage damage, Map<String, byte[]> run) {
    String json = new String(run.get("run.json"), StandardCharsets.UTF_8);
    return (damage.oneIn(3) ? damage.escapes(json) : damage.json(json))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The arguments that go on with a run to its end. */
  private static String[] resume(Path folder, String... more) {
    List<String> args = new ArrayList<>(List.of("train", "--resume", "--out", folder.toString()));
    args.addAll(List.of("--data", images.toString(), "--epochs", "3", "--threads", "1"));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  /** Runs a command, which must do its work or say in a sentence why not. */
  private static CommandRun run(Damage damage, String... args) throws Exception {
    CommandRun run = damage.reading(() -> CommandRun.of(args));
    if (run.err().contains("please report this")) {
      require(false, crash(run.err()), args[0]);
    }
    // By the terminator: a carriage return alone ends a line in String.lines.
    for (String line : (run.out() + run.err()).split("\n", -1)) {
      Damage.requirePrintable(line);
    }
    Damage.requireNoJava(run.err());
    require(
        run.code() == ExitCode.OK || run.code() == ExitCode.BAD_INPUT,
        "exit code " + run.code(),
        run.err());
    if (run.code() != ExitCode.OK && !run.err().contains("Try: ")) {
      Damage.requireSentence(run.err().lines().toList().getLast());
    }
    return run;
  }

  /** What was thrown, and where in the program. */
  private static String crash(String err) {
    String trace = err.substring(err.indexOf("please report this") + 1);
    List<String> lines = trace.lines().skip(1).toList();
    String thrown = lines.isEmpty() ? err : lines.getFirst();
    return lines.stream()
        .filter(line -> line.contains("at io.github.cvaegpu."))
        .findFirst()
        .map(line -> "a stack trace: " + thrown + " " + line.strip())
        .orElse("a stack trace: " + thrown);
  }
}
