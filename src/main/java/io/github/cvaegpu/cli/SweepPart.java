// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.sweep.SweepPlan;
import io.github.cvaegpu.sweep.SweepPoint;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The options that say which runs of a sweep a process is to train. */
final class SweepPart {
  private static final Pattern SHARD = Pattern.compile("(\\d{1,9})/(\\d{1,9})");

  @Option(
      names = "--index",
      paramLabel = "I",
      description = "Train the run of this index alone, from 0. Default: all runs.")
  private Integer index;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description = "Train the I-th of N parts alone, from 0. Default: all runs.")
  private String shard;

  /** The one run, if there is to be one. */
  Optional<Integer> index() {
    return Optional.ofNullable(index);
  }

  /** The option that was given. */
  String name() {
    return index != null ? "--index" : "--shard";
  }

  /** Whether others are to train the rest. */
  boolean isPart() {
    return index != null || shard != null;
  }

  /**
   * The runs to train, in order.
   *
   * @return none where a search at random came to all of them before, so that they are of another
   *     part
   * @throws InputException if there are none
   */
  List<SweepPoint> of(SweepPlan plan) {
    if (index != null && shard != null) {
      throw new InputException("--index is one run and --shard a part: give one of them.");
    }
    if (index != null) {
      SweepPoint point = plan.point(index);
      return plan.earlier(point).isPresent() ? List.of() : List.of(point);
    }
    if (shard == null) {
      return plan.points();
    }
    Matcher parts = SHARD.matcher(shard);
    if (!parts.matches()) {
      throw new InputException(
          "--shard is I/N, as in 0/4 to 3/4 for four parts, and not '%s'.".formatted(shard));
    }
    int part = Integer.parseInt(parts.group(1));
    int of = Integer.parseInt(parts.group(2));
    if (of < 1 || part >= of) {
      throw new InputException(
          of < 1
              ? "--shard %s: there has to be one part at least.".formatted(shard)
              : String.format(
                  Locale.ROOT,
                  "--shard %s: %d parts are 0/%d to %d/%d.",
                  shard,
                  of,
                  of,
                  of - 1,
                  of));
    }
    if (part >= plan.size()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--shard %s has nothing to train: the sweep has %d run%s.",
              shard,
              plan.size(),
              plan.size() == 1 ? "" : "s"));
    }
    // Every N-th, so that each part has some of every setting, long and short.
    return plan.points().stream().filter(point -> point.index() % of == part).toList();
  }
}
