// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A sweep as an array job of Slurm: the script of its tasks, and that of the job after them. Both
 * are the same text for the same sweep, and are submitted from the folder that they are in, by
 * which alone Slurm finds the logs: a path in a line of {@code #SBATCH} could not have every name.
 *
 * @param sweep the sweep's folder
 * @param workingFolder where names of images in the sweep's settings start from
 * @param java the Java that runs this program here
 * @param jar the program; null if it is a command of the path
 * @param task what a task is given
 * @param time the limit of a task's time, as Slurm writes it; null for the partition's
 * @param partition where the tasks go; null for Slurm's default
 * @param options further options of {@code sbatch}, each with its dashes
 */
public record SlurmJob(
    Path sweep,
    Path workingFolder,
    Path java,
    Path jar,
    ClusterTask task,
    String time,
    String partition,
    List<String> options) {

  /** Before a task's time is up, for a checkpoint. */
  private static final int SIGNAL_SECONDS = 120;

  /** Slurm may send the signal a minute early, and a JVM wants to get somewhere before. */
  private static final int LEAST_MINUTES = 5;

  private static final Pattern TIME =
      Pattern.compile("(?:(\\d{1,4})-)?(\\d{1,7})(?::(\\d{1,2}))?(?::(\\d{1,2}))?");

  private static final Pattern PARTITION = Pattern.compile("[\\w.,@+-]+");

  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]*(=[^\\p{Cntrl}'\"\\\\]+)?");

  /** What a task does, after the lines that say where. */
  private static final String BODY =
      """
      set -u

      folder=@SWEEP@
      # Names of images in sweep.json may be relative to this one.
      cd @WORKING@ || exit 1
      java=@JAVA@
      # Another machine may have another.
      [ -x "$java" ] || java=java

      # The signals come to this shell, which passes them on: SIGUSR1 has the program write a checkpoint and exit with 75,
      # and SIGTERM, by which scancel and preemption end a job, has it write one and end.
      child=
      signalled=
      heard=
      trap 'heard=yes; signalled=yes; [ -z "$child" ] || kill -USR1 "$child" 2>/dev/null' USR1
      trap 'heard=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM

      @PROGRAM@ &
      child=$!
      # It may have come before there was a child to tell.
      [ -z "$signalled" ] || kill -USR1 "$child" 2>/dev/null
      # A signal ends "wait" before the child has ended.
      while
        heard=
        wait "$child"
        status=$?
        [ -n "$heard" ]
      do :; done
      trap '' USR1
      trap - TERM
      # 138: the signal met a Java that was still starting, and had nothing to put away.
      [ -z "$signalled" ] || [ "$status" -ne 138 ] || status=75

      # 75: try again. Without end only what gets on: a task that gave up by itself within ten minutes did not.
      if [ "$status" -eq 75 ]; then
        most=1000
        [ -n "$signalled" ] || [ "$SECONDS" -ge 600 ] || most=5
        if [ "${SLURM_RESTART_COUNT:-0}" -lt "$most" ]; then
          # Slurm ends this shell for it, and starts the task anew.
          scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && sleep 60
        else
          echo "Not tried again after ${SLURM_RESTART_COUNT:-0} times: mend what it says above, and submit the sweep anew." >&2
        fi
      fi
      exit "$status"
      """;

  private static final String COLLECTING_BODY =
      """
      set -u

      cd @WORKING@ || exit 1
      java=@JAVA@
      # Another machine may have another.
      [ -x "$java" ] || java=java

      exec @PROGRAM@
      """;

  /** Refuses what {@code sbatch} would read as something else. */
  public SlurmJob {
    options = List.copyOf(options);
    if (time != null && minutes(time) < LEAST_MINUTES) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--time %s is too short: runs are told to stop %d minutes before its end, so give"
                  + " %d minutes or more.",
              time,
              SIGNAL_SECONDS / 60,
              LEAST_MINUTES));
    }
    if (partition != null && !PARTITION.matcher(partition).matches()) {
      throw new InputException("--partition has no name '%s'.".formatted(partition));
    }
    for (String option : options) {
      if (!OPTION.matcher(option).matches()) {
        throw new InputException(
            "--slurm-option takes a long option of sbatch, as in --slurm-option=--account=mine, and"
                + " not"
                + " '%s'.".formatted(option));
      }
    }
  }

  /** In Slurm's forms: minutes, m:s, h:m:s, d-h, d-h:m, d-h:m:s. */
  private static long minutes(String time) {
    Matcher parts = TIME.matcher(time);
    if (!parts.matches()) {
      throw new InputException(
          "--time is minutes, hours:minutes:seconds or days-hours, and not '%s'.".formatted(time));
    }
    long first = Long.parseLong(parts.group(2));
    if (parts.group(1) != null) {
      long minutes = parts.group(3) == null ? 0 : Long.parseLong(parts.group(3));
      return (Long.parseLong(parts.group(1)) * 24 + first) * 60 + minutes;
    }
    return parts.group(4) == null ? first : first * 60 + Long.parseLong(parts.group(3));
  }

  /** The script of the tasks. */
  public String script() {
    List<String> words = new ArrayList<>(List.of("sweep", "--out"));
    Stream<String> part =
        Stream.concat(
            task.array().part("$SLURM_ARRAY_TASK_ID").stream(),
            task.sharing("$SLURM_CPUS_PER_TASK").stream());
    words.add("\"$folder\"");
    part.map(SlurmJob::expanded).forEach(words::add);
    task.arguments().stream().map(Program::quoted).forEach(words::add);

    List<String> lines = new ArrayList<>();
    lines.add("#!/bin/bash");
    lines.add(
        task.array().isOneEach()
            ? "# Trains a sweep as an array job of Slurm, a run each task. From this folder: sbatch"
                + " job.sh"
            : String.format(
                Locale.ROOT,
                "# Trains a sweep as an array job of Slurm, up to %,d runs each task. From this"
                    + " folder: sbatch job.sh",
                task.array().perTask()));
    lines.add(
        "# What a run is, sweep.json in the folder above says. Written by cvae-gpu sweep --slurm.");
    lines.add("#");
    lines.add("#SBATCH --job-name=" + name());
    lines.add(
        String.format(
            Locale.ROOT,
            "#SBATCH --array=0-%d%s",
            task.array().tasks() - 1,
            task.atOnce() == null ? "" : "%" + task.atOnce()));
    lines.addAll(allotment());
    if (task.gpus() > 0) {
      lines.add("#SBATCH --gres=gpu:" + task.gpus());
    }
    lines.add("# Before its time is up, and to this shell alone (B:).");
    lines.add("#SBATCH --signal=B:USR1@" + SIGNAL_SECONDS);
    lines.add("# A task that is started again goes on, in the same log.");
    lines.add("#SBATCH --requeue");
    lines.add("#SBATCH --open-mode=append");
    lines.add("#SBATCH --output=logs/%A_%a.log");
    options.forEach(option -> lines.add("#SBATCH " + Program.quoted(option)));
    return text(lines, BODY, words);
  }

  /** The script of the job after the tasks, which gathers what came of them. */
  public String collectingScript() {
    List<String> lines = new ArrayList<>();
    lines.add("#!/bin/bash");
    lines.add(
        "# Gathers what came of a sweep. From this folder, and with the number of the array job:");
    lines.add("# sbatch --dependency=afterany:NUMBER collect.sh");
    lines.add("#");
    lines.add("#SBATCH --job-name=" + name() + "-collect");
    lines.addAll(allotment());
    lines.add("#SBATCH --output=logs/collect-%j.log");
    options.forEach(option -> lines.add("#SBATCH " + Program.quoted(option)));
    List<String> words =
        new ArrayList<>(List.of("sweep", "--out", Program.quoted(sweep.toString()), "--collect"));
    task.gathering().stream().map(Program::quoted).forEach(words::add);
    return text(lines, COLLECTING_BODY, words);
  }

  private List<String> allotment() {
    List<String> lines = new ArrayList<>();
    lines.add("#SBATCH --ntasks=1");
    lines.add("#SBATCH --cpus-per-task=" + task.cpus());
    if (task.memory() != null) {
      lines.add("#SBATCH --mem=" + task.memory());
    }
    if (time != null) {
      lines.add("#SBATCH --time=" + time);
    }
    if (partition != null) {
      lines.add("#SBATCH --partition=" + partition);
    }
    return lines;
  }

  private String text(List<String> lines, String body, List<String> words) {
    Stream<String> program =
        jar == null
            ? Stream.of("cvae-gpu")
            : Stream.of("\"$java\"", "-jar", Program.quoted(jar.toString()));
    String all = Stream.concat(program, words.stream()).collect(Collectors.joining(" "));
    return String.join("\n", lines)
        + "\n"
        + Marks.filled(
            body,
            Map.of(
                "SWEEP", Program.quoted(sweep.toString()),
                "WORKING", Program.quoted(workingFolder.toString()),
                "JAVA", Program.quoted(java.toString()),
                "PROGRAM", all));
  }

  /** A variable, alone or with something behind it. */
  private static String expanded(String word) {
    return word.startsWith("$") ? "\"" + word + "\"" : word;
  }

  /** Of the folder's name what a list of jobs can show. */
  private String name() {
    Path last = sweep.getFileName();
    String name = last == null ? "" : last.toString().replaceAll("[^A-Za-z0-9._-]+", "-");
    return name.matches("[-.]*") ? "sweep" : name.replaceFirst("^[-.]+", "");
  }
}
