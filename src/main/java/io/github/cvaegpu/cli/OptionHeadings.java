// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Titles between the many options of {@code train} and {@code sweep}, each before the first of a
 * group.
 */
final class OptionHeadings {
  /** By the first option under it. */
  static final Map<String, String> TRAIN =
      Map.of(
          "--control", "What decides beta:",
          "--likelihood", "What a pixel's loss is:",
          "--epochs", "Training and network:",
          "--lr-schedule", "What becomes of the learning rate:",
          "--validation", "Images held out, and stopping early:",
          "--engine", "What computes:",
          "--data", "Images:",
          "--calibration-epochs", "The run:",
          "--tensorboard", "Where it is shown:",
          "--quiet", "Output:");

  /** Those of {@code sweep} beside the same. */
  static final Map<String, String> SWEEP =
      Map.of(
          "--slurm", "By Slurm, on a cluster:",
          "--kubernetes", "By Kubernetes, on a cluster:",
          "--cpus", "What a task of either gets:");

  private OptionHeadings() {}

  /** Gives them to the command, if it is the one or has it. */
  static void fit(CommandLine line) {
    CommandLine train =
        line.getCommand() instanceof TrainCommand ? line : line.getSubcommands().get("train");
    if (train != null) {
      train
          .getHelpSectionMap()
          .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> list(help, TRAIN));
    }
    CommandLine sweep =
        line.getCommand() instanceof SweepCommand ? line : line.getSubcommands().get("sweep");
    if (sweep != null) {
      Map<String, String> titles = new HashMap<>(TRAIN);
      titles.putAll(SWEEP);
      sweep
          .getHelpSectionMap()
          .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> list(help, titles));
    }
  }

  private static String list(Help help, Map<String, String> titles) {
    var list = new StringBuilder();
    for (String line : help.optionList().lines().toList()) {
      String title = titles.get(line.strip().split("[ =]", 2)[0]);
      if (title != null) {
        list.append(title).append(System.lineSeparator());
      }
      list.append(line).append(System.lineSeparator());
    }
    return list.toString();
  }
}
