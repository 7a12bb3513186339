// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.sweep.RunState;
import io.github.cvaegpu.sweep.Slurm;
import io.github.cvaegpu.sweep.SlurmFolder;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepPlan;
import io.github.cvaegpu.sweep.SweepRow;
import io.github.cvaegpu.sweep.Trained;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How the runs of a sweep stand, as their folders have it and Slurm's queue. Writes nothing. */
final class SweepStatus {
  /** Of which the runs are listed: the others are many, and alike. */
  private static final List<RunState> LISTED =
      List.of(
          RunState.RUNNING,
          RunState.INTERRUPTED,
          RunState.DIVERGED,
          RunState.FAILED,
          RunState.REFUSED,
          RunState.UNREADABLE);

  private final SweepPlan plan;
  private final List<SweepRow> rows;
  private final int unmeasured;
  private final SweepFolder folder;
  private final PrintWriter out;

  /**
   * @param rows the runs as they are
   * @param unmeasured how many models gathering would measure
   * @param out where it is told
   */
  SweepStatus(
      SweepPlan plan, List<SweepRow> rows, int unmeasured, SweepFolder folder, PrintWriter out) {
    this.plan = plan;
    this.rows = rows;
    this.unmeasured = unmeasured;
    this.folder = folder;
    this.out = out;
  }

  /** Looks, and tells. */
  void print() {
    Optional<SlurmFolder.Jobs> jobs = new SlurmFolder(folder).jobs();
    Optional<Slurm.Queue> queue = jobs.flatMap(those -> Slurm.queue(those.arrayJob()));
    Set<Integer> running = queue.map(Slurm.Queue::running).orElse(Set.of());
    Map<RunState, List<SweepRow>> runs =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    row ->
                        jobs.isPresent() && running.contains(jobs.get().array().taskOf(row.point()))
                            ? asSlurmHasIt(row.state())
                            : row.state(),
                    TreeMap::new,
                    Collectors.toList()));

    out.printf(
        Locale.ROOT,
        "%,d run%s in %s:%n",
        rows.size(),
        rows.size() == 1 ? "" : "s",
        folder.folder());
    runs.forEach(
        (state, those) -> out.printf(Locale.ROOT, "  %-11s %,9d%n", state.text(), those.size()));
    for (RunState state : LISTED) {
      if (runs.containsKey(state)) {
        String title = state.text();
        out.printf("%n%s:%n", title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1));
        runs.get(state).forEach(this::printOne);
      }
    }
    out.println();
    if (jobs.isPresent() && queue.isEmpty()) {
      out.printf("squeue says nothing of job %s.%n", jobs.get().arrayJob());
    }
    if (queue.filter(its -> !its.isEmpty()).isPresent()) {
      out.printf(
          Locale.ROOT,
          "Slurm's job %s has %,d tasks at work and %,d that wait.%n",
          jobs.get().arrayJob(),
          running.size(),
          queue.get().pending().size());
    } else {
      out.println(whatIsNext(runs.keySet(), jobs.isPresent()));
    }
  }

  /** A lock on another machine need not be seen on this one; Slurm knows of its own tasks. */
  private static RunState asSlurmHasIt(RunState state) {
    return state == RunState.NOT_BEGUN || state == RunState.INTERRUPTED ? RunState.RUNNING : state;
  }

  private void printOne(SweepRow row) {
    int digits = String.valueOf(plan.size() - 1).length();
    out.printf(
        Locale.ROOT,
        "  %" + digits + "d  %s%s%n",
        row.point().index(),
        row.point().name(),
        row.message() != null
            ? "   " + row.message()
            : Optional.ofNullable(row.trained()).map(SweepStatus::progress).orElse(""));
  }

  private static String progress(Trained run) {
    return String.format(Locale.ROOT, "   epoch %d of %d", run.epochsDone(), run.epochsPlanned());
  }

  private String whatIsNext(Set<RunState> states, boolean wasOnSlurm) {
    String where = folder.folder().toString();
    boolean isLeft =
        states.contains(RunState.INTERRUPTED)
            || states.contains(RunState.FAILED)
            || states.contains(RunState.NOT_BEGUN);
    if (!isLeft) {
      return states.contains(RunState.RUNNING)
          ? "All that is left is at work."
          : "All that can be trained has been. Gather it"
              + (unmeasured == 0
                  ? ": "
                  : String.format(
                      Locale.ROOT,
                      ", which measures %,d model%s first: ",
                      unmeasured,
                      unmeasured == 1 ? "" : "s"))
              + Program.command("sweep", "--out", where, "--collect");
    }
    return "What is left: "
        + (wasOnSlurm
            ? Program.command("sweep", "--out", where, "--slurm", "--submit")
                + " with the options that it had"
            : Program.command("sweep", "--out", where));
  }
}
