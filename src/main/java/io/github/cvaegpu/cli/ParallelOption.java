// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that says how many runs are trained and measured at a time. */
final class ParallelOption {
  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Runs at a time. Default: one a core, on a GPU one.")
  private Integer parallel;

  /** What was asked for, if anything was. */
  Optional<Integer> asked() {
    return Optional.ofNullable(parallel);
  }

  /** Refuses what is no number of runs. */
  void check() {
    if (parallel != null && parallel < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "--parallel must be 1 or more, not %d.", parallel));
    }
  }

  /**
   * Decides how many runs train at a time, and on the CPU with how many threads each; for before
   * anything is chosen to train on.
   *
   * @param runs to train, from 1
   * @throws InputException if those asked for come to more threads than this process may have
   */
  int share(int runs, EngineOptions engine) {
    int most = Math.min(runs, asked().orElse(Integer.MAX_VALUE));
    if (engine.takesGpu()) {
      return parallel == null ? 1 : most;
    }
    return engine.shareThreads(most, parallel != null);
  }

  /**
   * The same for runs that are logged to one file, which has one after another.
   *
   * @param isOneFile whether they are
   */
  int share(int runs, EngineOptions engine, boolean isOneFile) {
    if (!isOneFile) {
      return share(runs, engine);
    }
    if (parallel != null && parallel > 1) {
      throw new InputException(
          "--log-json has one run after another in its file: leave --parallel out, or take"
              + " --tensorboard.");
    }
    return 1;
  }
}
