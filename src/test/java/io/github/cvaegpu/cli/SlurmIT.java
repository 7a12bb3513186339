// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A sweep of six runs by a real Slurm, which is started for it and stopped: one task is told that
 * its time is up, one is killed and requeued, one cancelled, and all are gathered by the job after
 * them.
 */
@Isolated("Its processes need the machine")
class SlurmIT {
  private static final int EPOCHS = 700;

  /** What a folder may be called. */
  private static final String ODD = "it's 100%d \"$HOME\"";

  @TempDir Path temp;

  private JarProcess jar;
  private SlurmCluster cluster;
  private Path sweep;

  private RunningProcess.Result run(String... arguments) throws Exception {
    var builder = jar.builder(List.of(arguments));
    cluster.enter(builder.environment());
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals(0, result.code(), result.errors());
    return result;
  }

  private Path run(int index) {
    return sweep.resolve("runs/lr=0.00" + (1 + index / 3) + "_seed=" + index % 3);
  }

  /** Whether a run has a checkpoint, and most of it is still to be done. */
  private boolean isOnItsWay(int index) {
    return Files.exists(RunDirectory.checkpointFile(run(index)));
  }

  private RunRecord record(int index) {
    return RunDirectory.readRecord(run(index));
  }

  /** What is left of a job in the queue, a task a line. */
  private String state(String job) {
    return cluster.ask("squeue", "--noheader", "--array", "--jobs=" + job, "--format=%T").strip();
  }

  private String job(String job) {
    return cluster.ask("scontrol", "show", "job", job);
  }

  @Test
  void anArrayIsSignalledKilledRequeuedCancelledAndGathered() throws Exception {
    jar = new JarProcess(temp);
    sweep = temp.resolve(ODD);
    TinyImages.writeFolder(temp.resolve("images"), 1);
    try (SlurmCluster started = SlurmCluster.start(Files.createDirectory(temp.resolve("slurm")))) {
      cluster = started;
      // The images' name is relative: the tasks begin where the command was given.
      List<String> command = new ArrayList<>(List.of("sweep", "--out", sweep.toString()));
      command.addAll(List.of("--set", "lr=0.001,0.002", "--seeds", "3", "--data", "images"));
      command.addAll(List.of("--epochs", String.valueOf(EPOCHS), "--batch", "64"));
      command.addAll(List.of("--hidden", "20,10", "--kl", "0.5", "--engine", "cpu"));
      command.addAll(List.of("--checkpoint-every", "200steps", "--parallel", "2"));
      command.addAll(List.of("--slurm", "--submit", "--slurm-option=--comment=a test"));
      run(command.toArray(String[]::new));
      JsonObject jobs =
          JsonParser.parseString(Files.readString(sweep.resolve("slurm/jobs.json")))
              .getAsJsonObject();
      String array = jobs.get("array_job").getAsString();
      String collect = jobs.get("collect_job").getAsString();

      // The last waits for its turn, and never gets it.
      started.ask("scancel", array + "_5");

      started.await("two checkpoints", () -> isOnItsWay(0) && isOnItsWay(1));
      kill("--index 1 ");
      started.await("the second to fail", () -> job(array + "_1").contains("JobState=FAILED"));
      assertEquals(ExitReason.RUNNING, record(1).exitReason());
      // At once: when nothing is left of the array, it is gathered.
      started.ask("scontrol", "requeue", array + "_1");
      signal("--index 0 ");
      String status = run("sweep", "--out", sweep.toString(), "--status").text();
      assertTrue(status.contains("Slurm's job " + array + " has "), status);
      started.await("the first to be requeued", () -> job(array + "_0").contains(" Restarts=1 "));

      started.await("the gathering", () -> state(collect).isEmpty());
      assertEquals("", state(array));
      assertTrue(
          job(collect).contains("JobState=COMPLETED"),
          Files.readString(sweep.resolve("slurm/logs/collect-" + collect + ".log")));
      for (int index = 0; index < 5; index++) {
        assertEquals(ExitReason.COMPLETED, record(index).exitReason(), "run " + index);
        assertEquals(index < 2 ? 2 : 1, record(index).sessions().size(), "run " + index);
      }
      assertTrue(record(0).sessions().getLast().firstStep() > 0);
      assertTrue(record(1).sessions().getLast().firstStep() > 0);
      status = run("sweep", "--out", sweep.toString(), "--status").text();
      assertTrue(status.contains("  completed           5\n  not begun           1\n"), status);
      assertTrue(
          Files.readString(sweep.resolve("slurm/logs/%s_0.log".formatted(array)))
              .contains("Stopped; everything so far is kept."));
    }
    // What was stopped and killed on the way has the bits of what was not.
    List<String> plain = new ArrayList<>(List.of("train", "--out", "plain", "--data", "images"));
    plain.addAll(List.of("--epochs", String.valueOf(EPOCHS), "--batch", "64", "--hidden", "20,10"));
    plain.addAll(List.of("--lr", "0.001", "--kl", "0.5", "--engine", "cpu", "--threads", "1"));
    assertEquals(0, jar.run(plain).code());
    assertArrayEquals(
        Files.readAllBytes(temp.resolve("plain/metrics.csv")),
        Files.readAllBytes(run(0).resolve("metrics.csv")));
  }

  /** Kills the program of a task and its launcher, as a machine that is out of memory does. */
  private void kill(String part) {
    programs(part).forEach(ProcessHandle::destroyForcibly);
  }

  /**
   * Signals the script of a task alone, as Slurm does before its time is up. By {@code scancel
   * --signal} it may come twice: where Slurm is busy with a task it is sent, and tried again.
   */
  private void signal(String part) throws IOException, InterruptedException {
    List<ProcessHandle> programs = programs(part);
    ProcessHandle launcher =
        programs.stream()
            .filter(program -> program.parent().filter(programs::contains).isEmpty())
            .findFirst()
            .orElseThrow();
    long script = launcher.parent().orElseThrow().pid();
    assertEquals(0, new ProcessBuilder("kill", "-USR1", Long.toString(script)).start().waitFor());
  }

  /** The processes of a task's program: its launcher, and what that has started. */
  private List<ProcessHandle> programs(String part) {
    List<ProcessHandle> programs =
        ProcessHandle.allProcesses().filter(process -> isOfTask(process, part)).toList();
    assertFalse(programs.isEmpty(), "no process has " + part);
    return programs;
  }

  /** By /proc: Java's own view of a command line has no arguments where one is long. */
  private boolean isOfTask(ProcessHandle process, String part) {
    try {
      String line =
          Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).replace('\0', ' ');
      return line.contains(sweep.toString()) && line.contains(part);
    } catch (IOException e) {
      // It has ended.
      return false;
    }
  }
}
