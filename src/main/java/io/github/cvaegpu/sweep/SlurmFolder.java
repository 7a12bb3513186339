// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * What a sweep has for Slurm: {@code slurm/} in its folder, with the two scripts, the tasks' logs
 * and, once they are submitted, {@code jobs.json}.
 */
public final class SlurmFolder {
  private static final String ARRAY = "array_job";
  private static final String COLLECT = "collect_job";
  private static final String RUNS = "runs";
  private static final String PER_TASK = "runs_per_task";

  private static final String JOB_SCRIPT = "job.sh";
  private static final String COLLECT_SCRIPT = "collect.sh";

  /** Longer than it ever is. */
  private static final int MAX_JOBS = 1 << 16;

  private final Path folder;

  /**
   * What was submitted.
   *
   * @param arrayJob the number of the array job
   * @param collectJob that of the job after it; empty if it was not taken
   * @param array how the runs are spread over its tasks
   */
  public record Jobs(String arrayJob, Optional<String> collectJob, TaskArray array) {}

  /**
   * @param sweep the sweep's folder
   */
  public SlurmFolder(SweepFolder sweep) {
    folder = sweep.folder().resolve("slurm");
  }

  /** The folder, from which jobs are submitted. */
  public Path folder() {
    return folder;
  }

  private Path jobsFile() {
    return folder.resolve("jobs.json");
  }

  /** Writes the scripts. */
  public void write(SlurmJob job) {
    try {
      Files.createDirectories(folder.resolve("logs"));
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
    writeScript(JOB_SCRIPT, job.script());
    writeScript(COLLECT_SCRIPT, job.collectingScript());
  }

  private void writeScript(String name, String text) {
    Path file = folder.resolve(name);
    write(file, text);
    try {
      if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  /**
   * Submits the array job, and the one that gathers what comes of it.
   *
   * @throws InputException if there is no {@code sbatch}, it refuses, or what was submitted before
   *     is still in the queue, or may be
   */
  public Jobs submit(TaskArray array) {
    Optional<Jobs> before = jobs();
    if (before.isPresent()) {
      requireOver(before.get().arrayJob());
    }
    String arrayJob = Slurm.submit(folder, JOB_SCRIPT);
    // At once: what is in the queue must not be submitted again, whatever comes of the other.
    write(new Jobs(arrayJob, Optional.empty(), array));
    String collectJob;
    try {
      collectJob = Slurm.submit(folder, "--dependency=afterany:" + arrayJob, COLLECT_SCRIPT);
    } catch (InputException e) {
      throw new InputException(
          "%s The tasks are in the queue all the same, as job %s: gather what comes of them by sweep"
                  .formatted(e.getMessage(), arrayJob)
              + " --collect.",
          e);
    }
    var jobs = new Jobs(arrayJob, Optional.of(collectJob), array);
    write(jobs);
    return jobs;
  }

  private void requireOver(String job) {
    Slurm.Queue queue =
        Slurm.queue(job)
            .orElseThrow(
                () ->
                    new InputException(
                        "squeue does not say whether job %s of this sweep is over: try again, or"
                                .formatted(job)
                            + " remove %s if it is.".formatted(jobsFile())));
    if (!queue.isEmpty()) {
      throw new InputException(
          "The sweep is in Slurm's queue already, as job %s: wait for it, or scancel %s first."
              .formatted(job, job));
    }
  }

  private void write(Jobs jobs) {
    var json = new JsonObject();
    json.addProperty(ARRAY, jobs.arrayJob());
    jobs.collectJob().ifPresent(job -> json.addProperty(COLLECT, job));
    json.addProperty(RUNS, jobs.array().runs());
    json.addProperty(PER_TASK, jobs.array().perTask());
    write(jobsFile(), Json.PRETTY.toJson(json) + "\n");
  }

  /**
   * What was submitted last.
   *
   * @return empty if nothing was
   * @throws InputException if the file that says so cannot be read
   */
  public Optional<Jobs> jobs() {
    if (!RegularFile.isTaken(jobsFile())) {
      return Optional.empty();
    }
    try {
      byte[] bytes = RegularFile.readAllBytes(jobsFile(), Links.REFUSED, MAX_JOBS);
      JsonObject json =
          JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8)).getAsJsonObject();
      String arrayJob = json.get(ARRAY).getAsString();
      if (!arrayJob.matches("\\d+")) {
        throw new JsonParseException(arrayJob);
      }
      return Optional.of(
          new Jobs(
              arrayJob,
              Optional.ofNullable(json.get(COLLECT)).map(JsonElement::getAsString),
              new TaskArray(json.get(RUNS).getAsInt(), json.get(PER_TASK).getAsInt())));
    } catch (IOException e) {
      throw new InputException(
          "%s cannot be read: %s.".formatted(jobsFile(), AtomicFile.reason(e)), e);
    } catch (RuntimeException e) {
      throw new InputException("%s is damaged: remove it.".formatted(jobsFile()), e);
    }
  }

  private static void write(Path file, String text) {
    try {
      AtomicFile.replace(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  private static InputException unwritable(Path file, IOException e) {
    return AtomicFile.refusal("%s cannot be written: %s.", file, e);
  }
}
