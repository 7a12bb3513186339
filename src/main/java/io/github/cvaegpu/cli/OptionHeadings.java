// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Titles between the many options of {@code train}, each before the first of a group. */
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

  private OptionHeadings() {}

  /** Gives them to the command, if it is the one or has it. */
  static void fit(CommandLine line) {
    CommandLine train =
        line.getCommand() instanceof TrainCommand ? line : line.getSubcommands().get("train");
    if (train != null) {
      train.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionHeadings::list);
    }
  }

  private static String list(Help help) {
    var list = new StringBuilder();
    for (String line : help.optionList().lines().toList()) {
      String title = TRAIN.get(line.strip().split("[ =]", 2)[0]);
      if (title != null) {
        list.append(title).append(System.lineSeparator());
      }
      list.append(line).append(System.lineSeparator());
    }
    return list.toString();
  }
}
