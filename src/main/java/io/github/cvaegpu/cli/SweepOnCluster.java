// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.sweep.ClusterTask;
import io.github.cvaegpu.sweep.KubernetesJob;
import io.github.cvaegpu.sweep.Slurm;
import io.github.cvaegpu.sweep.SlurmFolder;
import io.github.cvaegpu.sweep.SlurmJob;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepPlan;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParseResult;

/** A sweep that others train: what is written for Slurm and for Kubernetes. */
final class SweepOnCluster {
  @Mixin private SlurmOptions slurm;

  @Mixin private KubernetesOptions kubernetes;

  @Mixin private ClusterOptions options;

  /** The option that asks for a cluster; empty if none does. */
  String name() {
    return slurm.isAsked() ? "--slurm" : kubernetes.isAsked() ? "--kubernetes" : "";
  }

  /**
   * Whether others are to train the sweep.
   *
   * @throws InputException if two are, or options are given for one that was not asked for
   */
  boolean isAsked() {
    if (slurm.isAsked() && kubernetes.isAsked()) {
      throw new InputException("--slurm and --kubernetes are two clusters: give one of them.");
    }
    if (!slurm.isAsked()) {
      requireNone(slurm.given(), "--slurm");
    }
    if (!kubernetes.isAsked()) {
      requireNone(kubernetes.given(), "--kubernetes");
    }
    if (!slurm.isAsked() && !kubernetes.isAsked()) {
      requireNone(options.given(), "--slurm and --kubernetes");
    }
    return slurm.isAsked() || kubernetes.isAsked();
  }

  private static void requireNone(List<String> given, String kind) {
    if (!given.isEmpty()) {
      throw new InputException(
          "%s %s nothing without %s."
              .formatted(Sentences.and(given), given.size() == 1 ? "does" : "do", kind));
    }
  }

  /**
   * Writes what the cluster takes, begins the sweep's folder, and says how to go on.
   *
   * @param parallel tasks at a time; null if that was not said
   * @param threads that were asked for, or 1
   * @param line the command line
   */
  int write(
      SweepPlan plan,
      SweepFolder folder,
      Integer parallel,
      int threads,
      ParseResult line,
      PrintWriter out,
      PrintWriter err) {
    int most = slurm.isAsked() ? Slurm.mostTasks() : KubernetesJob.MOST_TASKS;
    ClusterTask task = options.task(plan.size(), most, parallel, threads, line);
    if (task.array().perTask() > options.runsPerTask()) {
      err.printf(
          Locale.ROOT,
          "The cluster takes arrays of up to %,d tasks, so each trains up to %,d of the %,d"
              + " runs.%n",
          most,
          task.array().perTask(),
          plan.size());
    }
    if (kubernetes.isAsked()) {
      writeForKubernetes(plan, folder, task, out);
    } else {
      writeForSlurm(plan, folder, task, out);
    }
    return ExitCode.OK;
  }

  private void writeForSlurm(
      SweepPlan plan, SweepFolder folder, ClusterTask task, PrintWriter out) {
    SlurmJob job = slurm.job(folder.folder(), task);
    folder.begin(plan);
    var here = new SlurmFolder(folder);
    here.write(job);
    out.println(summary(task, here.folder().resolve("job.sh")));
    if (slurm.isToSubmit()) {
      SlurmFolder.Jobs jobs = here.submit(task.array());
      out.printf(
          Locale.ROOT,
          "Submitted as job %s, and what gathers it as job %s.%n",
          jobs.arrayJob(),
          jobs.collectJob().orElseThrow());
      out.println(
          "How it stands: "
              + Program.command("sweep", "--out", folder.folder().toString(), "--status"));
      return;
    }
    out.println("Submit it, or add --submit:");
    out.println("    cd " + Program.quoted(here.folder().toString()));
    out.println("    job=$(sbatch --parsable job.sh)");
    out.println("    sbatch --dependency=afterany:\"${job%%;*}\" collect.sh");
  }

  private void writeForKubernetes(
      SweepPlan plan, SweepFolder folder, ClusterTask task, PrintWriter out) {
    KubernetesJob job = kubernetes.job(folder.folder(), task);
    folder.begin(plan);
    Path file = folder.write(Path.of("kubernetes", "job.yaml"), job.manifest());
    out.println(summary(task, file));
    out.println("It was tried on no cluster yet.");
    out.printf(
        "With %s %s:%n    kubectl apply -f %s%n",
        folder.planFile(), kubernetes.place(), Program.quoted(file.toString()));
  }

  private static String summary(ClusterTask task, Path file) {
    int tasks = task.array().tasks();
    return String.format(
        Locale.ROOT,
        "Wrote %s: %,d run%s in %,d task%s%s.",
        file,
        task.array().runs(),
        task.array().runs() == 1 ? "" : "s",
        tasks,
        tasks == 1 ? "" : "s",
        task.atOnce() == null
            ? ""
            : String.format(Locale.ROOT, ", %,d at a time", Math.min(task.atOnce(), tasks)));
  }
}
