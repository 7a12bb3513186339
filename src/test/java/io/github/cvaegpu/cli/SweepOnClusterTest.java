// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sweep --slurm} and {@code --kubernetes}, with stubs in the place of Slurm's commands. */
class SweepOnClusterTest {
  private static final String SIX = "--set lr=0.001,0.0001 --seeds 3 --data synthetic";

  @TempDir Path temp;

  private List<String> words(String options) {
    List<String> words = new ArrayList<>(List.of("sweep", "--out", temp.resolve("s").toString()));
    words.addAll(List.of(options.split(" ", -1)));
    return words;
  }

  /** Options that are refused before anything is asked of Slurm. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --submit | --submit does nothing without --slurm.
          --time 8:00:00 --partition gpu | --time and --partition do nothing without --slurm.
          --claim mine | --claim does nothing without --kubernetes.
          --gpus 1 --memory 4G | --gpus and --memory do nothing without --slurm and --kubernetes.
          --slurm --kubernetes i | --slurm and --kubernetes are two clusters: give one of them.
          --slurm --index 1 | A cluster trains all runs: leave --index and --shard out.
          --kubernetes i --claim c --cpus 0 | --cpus must be from 1 to 256, not 0.
          --kubernetes i --claim c --gpus=-1 | --gpus must be from 0 to 64, not -1.
          --kubernetes i --claim c --runs-per-task 0 | --runs-per-task must be from 1 to 2147483647, not 0.
          --kubernetes i --claim c --parallel 20000 | --parallel 20,000 is more than the 10,000 of a job of Kubernetes.
          --kubernetes i | --kubernetes needs --claim NAME, the PersistentVolumeClaim that has the sweep's folder.
          """)
  void whatDoesNotGoTogetherIsRefused(String options, String sentence) {
    assertEquals(sentence, CommandRun.of(words(SIX + " " + options)).refusal());
    assertFalse(Files.exists(temp.resolve("s")));
  }

  @Test
  void theManifestIsWrittenAndTheSweepBegun() throws IOException {
    CommandRun run =
        CommandRun.of(
                words(
                    SIX
                        + " --kubernetes me/cvae-gpu --claim mine --claim-path a/b --gpus 1"
                        + " --checkpoint-every 5s --parallel 2"))
            .succeeded();
    Path file = temp.resolve("s/kubernetes/job.yaml");
    assertEquals(
        List.of(
            "Wrote %s: 6 runs in 6 tasks, 2 at a time.".formatted(file),
            "It was tried on no cluster yet.",
            "With %s in a/b of the claim mine:".formatted(temp.resolve("s/sweep.json")),
            "    kubectl apply -f " + file),
        run.out().lines().toList());
    String manifest = Files.readString(file);
    // sweep.json has the settings; what it has not is passed on, and a GPU that is asked for is
    // taken.
    for (String word : List.of("--checkpoint-every", "5s", "--engine", "cuda")) {
      assertTrue(manifest.contains("            - \"" + word + "\"\n"), manifest);
    }
    assertFalse(manifest.contains("0.0001"), manifest);
    assertEquals(6, CommandRun.of(words("--list")).succeeded().out().lines().count());
  }

  @Test
  void aSweepThatIsAnothersIsLeft() {
    CommandRun.of(words(SIX + " --kubernetes i --claim c")).succeeded();
    String refusal = CommandRun.of(words("--set lr=1 --kubernetes i --claim c")).refusal();
    assertTrue(refusal.contains("holds another sweep"), refusal);
  }

  // ---- with Slurm's commands -------------------------------------------------------------------

  private void stub(String name, String script) throws IOException {
    Path file = Files.createDirectories(temp.resolve("bin")).resolve(name);
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Runs the program in a process that finds the stubs and no other command. */
  private RunningProcess.Result run(String... options) throws Exception {
    List<String> commands = new ArrayList<>();
    for (String option : options) {
      commands.add("sweep --out s " + option);
    }
    var builder =
        NvidiaWheels.java(CommandSession.class, commands.toArray(String[]::new))
            .directory(temp.toFile());
    builder.environment().put("PATH", Files.createDirectories(temp.resolve("bin")).toString());
    return new RunningProcess(builder).await();
  }

  @Test
  void theArrayAndWhatGathersItAreSubmitted() throws Exception {
    stub(
        "sbatch",
        """
        echo "$PWD: $*" >>../../bin/asked.txt
        echo 'sbatch: warning: a quiet day' >&2
        case "$*" in *job.sh) echo '12;here' ;; *) echo 13 ;; esac
        """);
    // What was submitted is in the queue from then on.
    stub("squeue", "[ \"$3\" = --jobs=12 ] && printf '0 RUNNING\\n3 PENDING\\n5 PENDING\\n'\n");
    stub("scontrol", "echo 'MaxArraySize            = 1001'\n");
    RunningProcess.Result result =
        run(SIX + " --slurm --submit --parallel 2 --threads 3", "--status", "--slurm --submit");
    Path slurm = temp.resolve("s/slurm");
    assertEquals(
        List.of(
            "Wrote s/slurm/job.sh: 6 runs in 6 tasks, 2 at a time.",
            "Submitted as job 12, and what gathers it as job 13.",
            "How it stands: cvae-gpu sweep --out s --status",
            "exit 0: sweep --out s " + SIX + " --slurm --submit --parallel 2 --threads 3",
            "6 runs in s:",
            "  running             1",
            "  not begun           5",
            "",
            "Running:",
            "  0  lr=0.001_seed=0",
            "",
            "Slurm's job 12 has 1 tasks at work and 2 that wait.",
            "exit 0: sweep --out s --status",
            "Wrote s/slurm/job.sh: 6 runs in 6 tasks.",
            "The sweep is in Slurm's queue already, as job 12: wait for it, or scancel 12 first.",
            "exit 2: sweep --out s --slurm --submit"),
        result.lines());
    String here = slurm.toRealPath().toString();
    assertEquals(
        List.of(
            here + ": --parsable job.sh",
            here + ": --parsable --dependency=afterany:12 collect.sh"),
        Files.readAllLines(temp.resolve("bin/asked.txt")));
    JsonObject jobs =
        JsonParser.parseString(Files.readString(slurm.resolve("jobs.json"))).getAsJsonObject();
    assertEquals("12", jobs.get("array_job").getAsString());
    assertEquals("13", jobs.get("collect_job").getAsString());
    assertTrue(
        Files.getPosixFilePermissions(slurm.resolve("job.sh"))
            .contains(PosixFilePermission.OTHERS_EXECUTE));
    assertTrue(Files.isDirectory(slurm.resolve("logs")));
  }

  @Test
  void anArrayWithoutWhatGathersItIsNotSubmittedAgain() throws Exception {
    stub(
        "sbatch",
        "case \"$*\" in *job.sh) echo 12 ;; *) echo 'error: too many jobs' >&2; exit 1 ;; esac\n");
    stub("squeue", "echo 'slurm_load_jobs error: Unable to contact' >&2; exit 1\n");
    assertEquals(
        "sbatch did not take s/slurm/collect.sh: error: too many jobs. The tasks are in the queue"
            + " all the same, as job 12: gather what comes of them by sweep --collect.",
        run(SIX + " --slurm --submit --measure bound --offline").lines().get(1));
    String gathering = Files.readString(temp.resolve("s/slurm/collect.sh"));
    assertTrue(gathering.contains(" --collect --measure bound --offline\n"), gathering);
    List<String> said = run("--slurm --submit", "--status").lines();
    assertEquals(
        "squeue does not say whether job 12 of this sweep is over: try again, or remove"
            + " s/slurm/jobs.json if it is.",
        said.get(1));
    assertTrue(said.contains("squeue says nothing of job 12."), said.toString());
  }

  @Test
  void anArrayThatIsTooLargeIsCut() throws Exception {
    stub("scontrol", "echo 'MaxArraySize            = 4'\n");
    List<String> said = run(SIX + " --slurm").lines();
    assertEquals(
        List.of(
            "The cluster takes arrays of up to 4 tasks, so each trains up to 2 of the 6 runs.",
            "Wrote s/slurm/job.sh: 6 runs in 3 tasks.",
            "Submit it, or add --submit:",
            "    cd s/slurm",
            "    job=$(sbatch --parsable job.sh)",
            "    sbatch --dependency=afterany:\"${job%%;*}\" collect.sh"),
        said.subList(0, said.size() - 1));
    String script = Files.readString(temp.resolve("s/slurm/job.sh"));
    assertTrue(script.contains("\n#SBATCH --array=0-2\n"), script);
    assertTrue(script.contains("--shard \"$SLURM_ARRAY_TASK_ID/3\""), script);
  }

  @Test
  void withoutSlurmThereIsAScriptAndASentence() throws Exception {
    assertEquals(
        List.of(
            "Wrote s/slurm/job.sh: 6 runs in 6 tasks.",
            "--submit needs Slurm's sbatch, and there is none on the path: submit s/slurm/job.sh"
                + " from a machine that has it.",
            "exit 2: sweep --out s " + SIX + " --slurm --submit"),
        run(SIX + " --slurm --submit").lines());
    assertTrue(Files.exists(temp.resolve("s/slurm/job.sh")));
  }

  @Test
  void whatSbatchSaysIsPassedOn() throws Exception {
    stub("sbatch", "echo 'sbatch: error: invalid partition specified: none' >&2; exit 1\n");
    assertEquals(
        "sbatch did not take s/slurm/job.sh: sbatch: error: invalid partition specified: none.",
        run(SIX + " --slurm --submit --partition none").lines().get(1));
    assertFalse(Files.exists(temp.resolve("s/slurm/jobs.json")));
  }
}
