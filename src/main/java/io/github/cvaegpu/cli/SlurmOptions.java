// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.sweep.ClusterTask;
import io.github.cvaegpu.sweep.SlurmJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that make a sweep an array job of Slurm. */
final class SlurmOptions {
  @Option(
      names = "--slurm",
      description = "Write DIR/slurm/job.sh, an array job, and train nothing. Default: train.")
  private boolean slurm;

  @Option(
      names = "--submit",
      description = "Submit it too, and the job that gathers it all. Default: print how to.")
  private boolean submit;

  @Option(
      names = "--time",
      paramLabel = "LIMIT",
      description = "A task's, as Slurm has it: 8:00:00. Default: the partition's.")
  private String time;

  @Option(
      names = "--partition",
      paramLabel = "NAME",
      description = "Where its tasks go. Default: Slurm's.")
  private String partition;

  @Option(
      names = "--slurm-option",
      paramLabel = "OPTION",
      description = "A further one of sbatch: --slurm-option=--account=mine. Default: none.")
  private List<String> options;

  /** Whether it was asked for. */
  boolean isAsked() {
    return slurm;
  }

  /** Whether the scripts are to be submitted. */
  boolean isToSubmit() {
    return submit;
  }

  /** The options beside it that were given, by name. */
  List<String> given() {
    List<String> given = new ArrayList<>();
    if (submit) {
      given.add("--submit");
    }
    if (time != null) {
      given.add("--time");
    }
    if (partition != null) {
      given.add("--partition");
    }
    if (options != null) {
      given.add("--slurm-option");
    }
    return given;
  }

  /**
   * The job.
   *
   * @param sweep the sweep's folder
   */
  SlurmJob job(Path sweep, ClusterTask task) {
    return new SlurmJob(
        sweep.toAbsolutePath().normalize(),
        Path.of("").toAbsolutePath(),
        Path.of(System.getProperty("java.home"), "bin", "java"),
        Program.jar().map(jar -> jar.toAbsolutePath().normalize()).orElse(null),
        task,
        time,
        partition,
        Given.or(options, List.of()));
  }
}
