// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Slurm's own commands, as far as this machine has them. */
public final class Slurm {
  /** What Slurm takes where nobody has said otherwise. */
  static final int DEFAULT_MOST_TASKS = 1001;

  private static final Pattern MOST = Pattern.compile("(?m)^MaxArraySize\\s*=\\s*(\\d{1,9})$");

  /** A task of an array, its state and nothing else. */
  private static final Pattern TASK = Pattern.compile("(\\d{1,9}) ([A-Z_]+)");

  /** A job's number, and of several clusters the cluster's name. */
  private static final Pattern JOB = Pattern.compile("(?m)^(\\d+)(;.*)?$");

  private Slurm() {}

  /**
   * The tasks of an array job that Slurm has in its queue.
   *
   * @param running indices of those at work, or at their end
   * @param pending indices of those that wait
   */
  public record Queue(Set<Integer> running, Set<Integer> pending) {
    /** Whether nothing of it is left. */
    public boolean isEmpty() {
      return running.isEmpty() && pending.isEmpty();
    }
  }

  private record Answer(int code, String said) {}

  /** The most tasks of an array: what this cluster says, or else Slurm's default. */
  public static int mostTasks() {
    OptionalInt asked = OptionalInt.empty();
    try {
      asked = mostTasks(ask(null, "scontrol", "show", "config").said());
    } catch (IOException e) {
      // The script may be written where there is no Slurm.
    }
    return asked.orElse(DEFAULT_MOST_TASKS);
  }

  /** What a cluster's configuration says of it. */
  static OptionalInt mostTasks(String configuration) {
    Matcher most = MOST.matcher(configuration);
    return most.find() && Integer.parseInt(most.group(1)) > 1
        ? OptionalInt.of(Integer.parseInt(most.group(1)))
        : OptionalInt.empty();
  }

  /**
   * Submits a script.
   *
   * @param folder where it is
   * @param words options, and the script's name
   * @return the job's number
   * @throws InputException if there is no {@code sbatch}, or it refuses
   */
  public static String submit(Path folder, String... words) {
    List<String> command = new ArrayList<>(List.of("sbatch", "--parsable"));
    command.addAll(List.of(words));
    Answer answer;
    try {
      answer = ask(folder, command.toArray(String[]::new));
    } catch (IOException e) {
      throw new InputException(
          "--submit needs Slurm's sbatch, and there is none on the path: submit %s from a machine"
                  .formatted(folder.resolve(words[words.length - 1]))
              + " that has it.",
          e);
    }
    Matcher job = JOB.matcher(answer.said());
    if (answer.code() != 0 || !job.find()) {
      throw new InputException(
          "sbatch did not take %s: %s"
              .formatted(folder.resolve(words[words.length - 1]), oneLine(answer.said())));
    }
    return job.group(1);
  }

  /**
   * What is left of an array job.
   *
   * @param job its number
   * @return empty if there is no {@code squeue}, or it does not answer
   */
  public static Optional<Queue> queue(String job) {
    try {
      Answer answer =
          ask(null, "squeue", "--noheader", "--array", "--jobs=" + job, "--format=%K %T");
      // So it answers where a job was over some minutes ago.
      boolean isForgotten = answer.said().contains("Invalid job id");
      return answer.code() == 0 || isForgotten
          ? Optional.of(queueOf(answer.said()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** What {@code squeue} listed: a task a line, {@code INDEX STATE}. */
  static Queue queueOf(String listed) {
    Set<Integer> running = new HashSet<>();
    Set<Integer> pending = new HashSet<>();
    for (String line : listed.lines().toList()) {
      Matcher task = TASK.matcher(line.strip());
      if (task.matches()) {
        boolean isPending = task.group(2).matches("PENDING|REQUEUED|REQUEUE_.*");
        (isPending ? pending : running).add(Integer.parseInt(task.group(1)));
      }
    }
    return new Queue(running, pending);
  }

  private static String oneLine(String said) {
    String line = said.strip().replaceAll("\\s+", " ");
    return line.endsWith(".") ? line : line + ".";
  }

  /** Runs a command to its end; what it says on either stream is one text. */
  private static Answer ask(Path folder, String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .directory(folder == null ? null : folder.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Answer(process.waitFor(), said);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroy();
    }
  }
}
