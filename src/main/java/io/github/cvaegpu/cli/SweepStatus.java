// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.sweep.Slurm;
import io.github.cvaegpu.sweep.SlurmFolder;
import io.github.cvaegpu.sweep.Standing;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepPlan;
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
  private static final List<Standing> LISTED =
      List.of(
          Standing.AT_WORK,
          Standing.INTERRUPTED,
          Standing.DIVERGED,
          Standing.REFUSED,
          Standing.FAILED);

  private final SweepPlan plan;
  private final SweepFolder folder;
  private final PrintWriter out;

  /**
   * @param out where it is told
   */
  SweepStatus(SweepPlan plan, SweepFolder folder, PrintWriter out) {
    this.plan = plan;
    this.folder = folder;
    this.out = out;
  }

  /** Looks, and tells. */
  void print() {
    Optional<SlurmFolder.Jobs> jobs = new SlurmFolder(folder).jobs();
    Optional<Slurm.Queue> queue = jobs.map(those -> Slurm.queue(those.arrayJob()));
    Set<Integer> running = queue.map(Slurm.Queue::running).orElse(Set.of());
    Map<Standing, List<Standing.Seen>> runs =
        plan.points().stream()
            .map(
                run ->
                    Standing.of(
                        folder,
                        run,
                        jobs.isPresent() && running.contains(jobs.get().array().taskOf(run))))
            .collect(
                Collectors.groupingBy(Standing.Seen::state, TreeMap::new, Collectors.toList()));

    out.printf(
        Locale.ROOT,
        "%,d run%s in %s:%n",
        plan.size(),
        plan.size() == 1 ? "" : "s",
        folder.folder());
    runs.forEach((state, those) -> out.printf(Locale.ROOT, "  %-11s %,9d%n", state, those.size()));
    for (Standing state : LISTED) {
      if (runs.containsKey(state)) {
        String title = state.toString();
        out.printf("%n%s:%n", title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1));
        runs.get(state).forEach(this::printOne);
      }
    }
    out.println();
    if (jobs.isPresent() && !queue.orElseThrow().isEmpty()) {
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

  private void printOne(Standing.Seen seen) {
    int digits = String.valueOf(plan.size() - 1).length();
    String progress =
        seen.of() == 0 || seen.why().isPresent()
            ? ""
            : String.format(Locale.ROOT, "   epoch %d of %d", seen.epochs(), seen.of());
    out.printf(
        Locale.ROOT,
        "  %" + digits + "d  %s%s%s%n",
        seen.run().index(),
        seen.run().name(),
        progress,
        seen.why().map(why -> "   " + why).orElse(""));
  }

  private String whatIsNext(Set<Standing> states, boolean wasOnSlurm) {
    String where = folder.folder().toString();
    boolean isLeft =
        states.contains(Standing.INTERRUPTED)
            || states.contains(Standing.FAILED)
            || states.contains(Standing.WAITING);
    if (!isLeft) {
      return states.contains(Standing.AT_WORK)
          ? "All that is left is at work."
          : "All that can be trained is. Gather it: "
              + Program.command("sweep", "--out", where, "--collect");
    }
    return "What is left: "
        + (wasOnSlurm
            ? Program.command("sweep", "--out", where, "--slurm", "--submit")
                + " with the options that it had"
            : Program.command("sweep", "--out", where));
  }
}
