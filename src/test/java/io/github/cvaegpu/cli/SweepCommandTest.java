// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepCommandTest {
  @TempDir static Path temp;
  private static Path images;

  @TempDir Path folder;

  @BeforeAll
  static void writeImages() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
  }

  private static CommandRun sweep(Path out, String options) {
    List<String> args = new ArrayList<>(List.of("sweep", "--out", out.toString()));
    if (!options.isBlank()) {
      args.addAll(List.of(options.split(" ", -1)));
    }
    return CommandRun.of(args);
  }

  /** With small runs on a few images. */
  private static CommandRun small(Path out, String options) {
    return sweep(out, options + " --engine cpu --epochs 2 --batch 64 --hidden 8 --data " + images);
  }

  private Path run(String name) {
    return folder.resolve("runs").resolve(name);
  }

  private RunRecord record(String name) {
    return RunDirectory.readRecord(run(name));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--set lrr=1 | --set knows no 'lrr'; did you mean lr?",
        "--set lr=1 --devices 0,x | --devices names GPUs by number or UUID, as in 0,1 and as"
            + " nvidia-smi -L does, and not 'x'.",
        "--set lr=1 --devices 1,0,1 | --devices names a GPU twice; --parallel has runs share one.",
        "--set lr=1 --devices 0 --engine cpu | --devices are GPUs: leave --engine cpu out.",
        "--set lr=1 --devices 0 --shard 0/2 | --devices shares all runs: leave --shard out.",
        "--set lr=1,2 --devices 0 --halving 1 | --devices shares all runs: leave --halving out.",
        "--set lr=1 --devices 0 --slurm | A cluster gives GPUs by --gpus: leave --devices out.",
        "--set xyzzy=1 | --set knows no 'xyzzy': its names are those of train's options that decide"
            + " what a run comes to.",
        "--set threads=1 | --set knows no 'threads': its names are those of train's options that"
            + " decide what a run comes to.",
        "--set lr=0.1,0.10 | --set lr has 0.1 and 0.10, which are the same.",
        "--set lr=0.1..0.2 --search sobol --runs 0 | --runs must be 1 or more, not 0.",
        "--set lr=1,2 --epochs 9 --halving 20 | --halving 20 leaves nobody: the first rung has to"
            + " be before the last of 9 epochs.",
        "--set lr=1,2 --halving 0 | --halving takes 1 epoch or more to the first rung, not 0.",
        "--set lr=1,2 --halving x | --halving must be a whole number of epochs, not 'x'.",
        "--set lr=1 --list --collect | --list and --collect are two things to do: give one of"
            + " them.",
        "--set lr=1 --status --slurm | --status and --slurm are two things to do: give one of"
            + " them.",
        "--collect | There is no sweep in OUT.",
        "--set lr | Invalid value for option '--set' (NAME=VALUES): 'lr' is no option with values,"
            + " as lr=0.001,0.0001 is.",
        "--set =1 | Invalid value for option '--set' (NAME=VALUES): '=1' is no option with values,"
            + " as lr=0.001,0.0001 is.",
        "--set lr= | --set lr has no value.",
        "--set lr=1,,2 | --set lr has no value.",
        "--set lr=a | --lr must be a number, not 'a'.",
        "--set control=hald | Invalid value for option '--control': 'hald' is none of hold,"
            + " constant, pi, warm-up, cyclical, capacity, free-bits, geco and dynamic.",
        "--set latent=1..2.5 --search random --runs 2 | --set latent takes whole numbers, not"
            + " 1..2.5.",
        "--set control=1..2 --search random --runs 2 | --set control takes words, of which there is"
            + " no range.",
        "--set lr=1..2,3 --search random --runs 2 | --set lr has a range and something beside it:"
            + " it takes one or the other.",
        "--set seed=1,2 | --set seed is --seeds N: that many from --seed on.",
        "--set data=mnist | All runs of a sweep have the same images: give --data without --set.",
        "--set lr=0.1 --lr 0.2 | --lr is what --set lr varies: leave one of them out.",
        "--set kl=auto | sweep does not calibrate, so there is no --kl auto: name a set point in"
            + " nats.",
        "--set lr=0.1 --index 1 | The sweep has runs of index 0 to 0, and none of index 1.",
        "--set lr=0.1 --index -1 | The sweep has runs of index 0 to 0, and none of index -1.",
        "--set lr=0.1 --shard 1/1 | --shard 1/1: 1 parts are 0/1 to 0/1.",
        "--set lr=0.1 --shard 0/0 | --shard 0/0: there has to be one part at least.",
        "--set lr=0.1 --shard 1 | --shard is I/N, as in 0/4 to 3/4 for four parts, and not '1'.",
        "--set lr=0.1 --shard 1/2 | --shard 1/2 has nothing to train: the sweep has 1 run.",
        "--set lr=0.1 --shard 0/2 --index 0 | --index is one run and --shard a part: give one of"
            + " them.",
        "--set lr=0.1 --parallel 0 | --parallel must be 1 or more, not 0.",
        "--set lr=0.1 --parallel 200 --seeds 200 --engine cpu --threads 200 | ANY",
        "--seeds 10001 | The sweep has 10,001 runs: add --yes if they are meant.",
        "--seeds 1000000000 | A sweep has up to 10,000,000 runs, and these are more.",
        "--file nowhere.json | nowhere.json cannot be read: nowhere.json: no such file or folder.",
        "--file nowhere.json --lr 0.1 --seeds 2 | --file says all of a sweep: leave --seeds and"
            + " --lr out.",
        "'' | There is no sweep in OUT and nothing says what to sweep: give --set, or --file.",
      })
  void whatIsNoSweepIsRefusedAndLeavesNoFolder(String options, String sentence) {
    Path out = folder.resolve("out");
    String refusal = sweep(out, options).refusal();
    if (!sentence.equals("ANY")) {
      assertEquals(sentence.replace("OUT", out.toString()), refusal);
    } else {
      assertTrue(refusal.startsWith("200 runs at a time with 200 threads each would be"), refusal);
    }
    assertFalse(Files.exists(out));
  }

  @Test
  void runsAreListedAndRefusalsWithThem() {
    CommandRun listed =
        sweep(folder, "--set beta=1,2 --set control=constant,hold --list").succeeded();
    assertEquals(
        List.of(
            "0  beta=1_control=constant_seed=0",
            "1  beta=1_control=hold_seed=0   refused: --beta has no effect with --control hold: it"
                + " is for constant, warm-up, cyclical and free-bits.",
            "2  beta=2_control=constant_seed=0"),
        listed.out().lines().limit(3).toList());
    assertEquals(4, listed.out().lines().count());
    assertFalse(Files.exists(folder.resolve("sweep.json")));
  }

  @Test
  void aSweepTrainsWhatItCanAndGoesOnWhereItStopped() throws Exception {
    String sweep = "--set lr=0.01,1e30 --set beta=1 --set control=constant,hold --seeds 2";
    CommandRun first = small(folder, sweep).succeeded();
    assertEquals(
        "8 runs: 2 completed, 2 diverged, 4 refused.", first.out().lines().findFirst().get());
    assertEquals(
        ExitReason.COMPLETED, record("lr=0.01_beta=1_control=constant_seed=1").exitReason());
    assertEquals(
        ExitReason.DIVERGED, record("lr=1e30_beta=1_control=constant_seed=0").exitReason());
    assertTrue(
        Files.readString(run("lr=0.01_beta=1_control=hold_seed=0").resolve("refused.txt"))
            .startsWith("--beta has no effect with --control hold"));
    // The files there say what the sweep is.
    RunRecord before = record("lr=0.01_beta=1_control=constant_seed=1");
    assertEquals(first.out(), sweep(folder, "").succeeded().out());
    assertEquals(before, record("lr=0.01_beta=1_control=constant_seed=1"));
    String refusal = small(folder, sweep.replace("--seeds 2", "--seeds 3")).refusal();
    assertTrue(
        refusal.startsWith(folder + " holds another sweep: --seeds is 2 there and 3 here."),
        refusal);
    // Its own file is as good as its options.
    sweep(folder, "--file " + folder.resolve("sweep.json")).succeeded();
  }

  @Test
  void partsTogetherAreTheWholeAndOneRunHasItsOwnExitCode() throws Exception {
    String sweep = "--set lr=0.01,1e30 --set control=constant,hold --beta 1 --seeds 2";
    assertEquals(ExitCode.OK, small(folder, sweep + " --index 0").code());
    assertEquals(ExitCode.DIVERGED, small(folder, sweep + " --index 4").code());
    assertTrue(small(folder, sweep + " --index 2").refusal().startsWith("--beta has no effect"));
    assertTrue(Files.exists(run("lr=0.01_control=hold_seed=0").resolve("refused.txt")));
    assertFalse(Files.exists(run("lr=0.01_control=constant_seed=1")));
    for (int part = 0; part < 3; part++) {
      small(folder, sweep + " --shard " + part + "/3").succeeded();
    }
    try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
      assertEquals(8, runs.count());
    }
    try (RunDirectory other = RunDirectory.resume(run("lr=0.01_control=constant_seed=1"))) {
      assertTrue(Files.exists(other.recordFile()));
      Files.delete(other.recordFile());
      assertEquals(ExitCode.TRY_AGAIN, small(folder, sweep + " --index 1").code());
      CommandRun all = small(folder, sweep);
      assertEquals(ExitCode.TRY_AGAIN, all.code());
      assertEquals(
          "8 runs: 1 completed, 2 diverged, 4 refused, 1 not begun.",
          all.out().lines().findFirst().get());
    }
  }

  @Test
  void logLikelihoodsAreMeasuredForTheCurveUnlessAMeasureIsAskedFor() {
    String sweep = "--set kl=2,3";
    small(folder, sweep + " --measure elbo").succeeded();
    Path measures = run("kl=2_seed=0").resolve("measures.json");
    assertFalse(Files.exists(measures));
    assertTrue(Files.exists(folder.resolve("report.html")));
    String status = sweep(folder, "--status").succeeded().out();
    assertTrue(status.contains("Gather it, which measures 2 models first: "), status);
    CommandRun all = small(folder, sweep).succeeded();
    assertTrue(all.err().contains("measuring 2/2  kl="), all.err());
    assertTrue(Files.exists(measures));
    status = sweep(folder, "--status").succeeded().out();
    assertTrue(status.contains("All that can be trained has been. Gather it: "), status);
    // As files have it.
    sweep(folder, "--collect --measure kl_error").succeeded();
  }

  /** As a folder that was copied by hand: it is no run of these settings. */
  @Test
  void aRunInAnothersFolderIsNotTakenForIt() throws IOException {
    small(folder, "--set lr=0.01,0.001").succeeded();
    for (Path file : List.of(Path.of("run.json"), Path.of("metrics.csv"))) {
      Files.copy(
          run("lr=0.001_seed=0").resolve(file),
          run("lr=0.01_seed=0").resolve(file),
          StandardCopyOption.REPLACE_EXISTING);
    }
    String gathered = sweep(folder, "--collect").succeeded().out();
    assertEquals("2 runs: 1 completed, 1 unreadable.", gathered.lines().findFirst().get());
    String status = sweep(folder, "--status").succeeded().out();
    assertTrue(
        status.contains(
            "holds a run of other settings than the sweep's: learning_rate 0.01 against 0.001."),
        status);
    assertTrue(sweep(folder, "").out().startsWith("2 runs: 1 completed, 1 unreadable."));
    assertFalse(Files.exists(run("lr=0.01_seed=0").resolve("refused.txt")));
  }

  @Test
  void whatIsDoneIsSaidToBe() {
    String sweep = "--set lr=0.01,1e30 --control constant";
    small(folder, sweep + " --index 0").succeeded();
    assertEquals(
        "Nothing to train: all of it is done.\n", small(folder, sweep + " --index 0").err());
    assertEquals(ExitCode.OK, small(folder, sweep).code());
    Path wild = folder.resolve("wild");
    CommandRun all = small(wild, "--set lr=1e30,1e31 --control constant");
    assertEquals(ExitCode.DIVERGED, all.code());
    assertTrue(all.out().startsWith("2 runs: 2 diverged."), all.out());
  }

  /** As often as a scheduler asks: it would do so again, and was not refused. */
  @Test
  void aRunThatDivergedEndsAsItDid() throws IOException {
    String sweep = "--set lr=1e30,0.01 --control constant --index 0";
    CommandRun first = small(folder, sweep);
    CommandRun again = sweep(folder, "--index 0");
    assertEquals(ExitCode.DIVERGED, first.code());
    assertEquals(ExitCode.DIVERGED, again.code());
    assertEquals("lr=1e30_seed=0: " + record("lr=1e30_seed=0").message(), again.err().strip());
    assertFalse(Files.exists(run("lr=1e30_seed=0").resolve("refused.txt")));
    assertEquals(1, record("lr=1e30_seed=0").sessions().size());
  }

  /** Three widths are twelve runs' worth of draws and three runs. */
  @Test
  void whatASearchComesToAgainIsOneRun() {
    String sweep = "--search random --runs 12 --set latent=2..3";
    CommandRun all = small(folder, sweep).succeeded();
    assertEquals("2 runs: 2 completed.", all.out().lines().findFirst().get());
    CommandRun last = sweep(folder, "--index 11").succeeded();
    assertEquals("Nothing to train: the search came to these settings before.\n", last.err());
    sweep(folder, "--shard 11/12").succeeded();
    assertTrue(sweep(folder, "--shard 12/13").refusal().contains("has nothing to train"));
    String status = sweep(folder, "--status").succeeded().out();
    assertTrue(status.startsWith("2 runs in "), status);
  }

  @Test
  void aRungWithoutAnyValueLeavesNobody() {
    String sweep = "--set lr=1e30,1e31,1e32 --beta 1 --halving 1";
    CommandRun first = small(folder, sweep);
    assertEquals(ExitCode.DIVERGED, first.code());
    assertTrue(first.err().contains("no combination has a value"), first.err());
    assertFalse(Files.exists(folder.resolve("rungs.json")));
    assertEquals(
        "--halving by kl-error compares runs that hold a KL divergence, and lr=0.001_seed=0 holds"
            + " none.",
        small(
                folder.resolve("another"),
                "--set lr=0.001,0.01 --beta 1 --halving 1 --measure kl-error")
            .refusal());
  }

  @Test
  void aRangeOfAFileIsOfTheOptionsKind() throws IOException {
    Path file = folder.resolve("mine.json");
    Files.writeString(
        file,
        "{\"search\": \"random\", \"runs\": 2, \"set\": {\"latent\": {\"from\": 2, \"to\": 8}}}");
    assertEquals(
        "--set latent takes whole numbers: its range needs \"whole\": true.",
        sweep(folder.resolve("s"), "--file " + file).refusal());
    Files.writeString(file, Files.readString(file).replace("latent", "control"));
    assertEquals(
        "--set control takes words, of which there is no range.",
        sweep(folder.resolve("s"), "--file " + file).refusal());
    Files.writeString(
        file, Files.readString(file).replace("control", "lr").replace("8", "8, \"whole\": true"));
    assertEquals(
        "--set lr takes all numbers: its range is not \"whole\".",
        sweep(folder.resolve("s"), "--file " + file).refusal());
  }

  @Test
  void runsSideBySideHaveTheBitsOfOneAlone() {
    Path alone = folder.resolve("alone");
    Path beside = folder.resolve("beside");
    for (int i = 0; i < 3; i++) {
      small(alone, "--seeds 3 --threads 1 --index " + i).succeeded();
    }
    small(beside, "--seeds 3").succeeded();
    for (int seed = 0; seed < 3; seed++) {
      String name = "runs/seed=" + seed;
      RunRecord one = RunDirectory.readRecord(alone.resolve(name));
      RunRecord other = RunDirectory.readRecord(beside.resolve(name));
      assertEquals(one.parametersSha256(), other.parametersSha256());
      assertEquals(one.plan(), other.plan());
      assertEquals(null, other.sessions().getLast().askedThreads());
    }
  }

  @Test
  void halvingLeavesTheWorseAndTheSameCommandLeavesThemToo() throws Exception {
    String sweep = "--set lr=0.01,0.001,1e30,0.0001 --beta 1 --seeds 2 --halving 1";
    CommandRun first = small(folder, sweep).succeeded();
    assertEquals(
        "8 runs: 2 completed, 4 left early, 2 diverged.", first.out().lines().findFirst().get());
    String status = sweep(folder, "--status").succeeded().out();
    assertTrue(status.contains("  left early          4\n"), status);
    assertTrue(status.contains("All that can be trained has been. Gather it: "), status);
    String rungs = Files.readString(folder.resolve("rungs.json"));
    assertEquals(ExitReason.INTERRUPTED, record("lr=0.0001_seed=0").exitReason());
    assertEquals(1, record("lr=0.0001_seed=0").parametersSha256().size());
    assertEquals(ExitReason.COMPLETED, record("lr=0.01_seed=1").exitReason());
    assertEquals(first.out(), sweep(folder, "").succeeded().out());
    assertEquals(rungs, Files.readString(folder.resolve("rungs.json")));
    assertEquals(1, record("lr=0.0001_seed=0").parametersSha256().size());
    assertTrue(
        Files.readString(folder.resolve("runs.csv")).contains("left after epoch 1: number 2 of 4"));
    assertEquals(
        "--halving decides by all runs together: leave --index out.",
        sweep(folder, "--index 0").refusal());
  }

  @Test
  void collectingTrainsNothing() throws Exception {
    String sweep = "--set lr=0.01,0.02 --beta 1";
    small(folder, sweep + " --index 1").succeeded();
    CommandRun collected = sweep(folder, "--collect").succeeded();
    assertEquals("2 runs: 1 completed, 1 not begun.", collected.out().lines().findFirst().get());
    assertFalse(Files.exists(run("lr=0.01_seed=0")));
    assertTrue(Files.exists(folder.resolve("report.html")));
    assertEquals(3, Files.readString(folder.resolve("runs.csv")).lines().count());
    assertEquals(
        "--collect gathers all runs: leave --index out.",
        sweep(folder, "--collect --index 0").refusal());
    // What is measured is kept.
    sweep(folder, "--collect --measure bound").succeeded();
    assertTrue(Files.exists(run("lr=0.02_seed=0").resolve("measures.json")));
    assertFalse(Files.exists(run("lr=0.01_seed=0")));
  }
}
