// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What options that several commands share are to one of them. A command's help shows nothing that
 * it would refuse.
 */
final class CommandOptions {
  /**
   * Where lists are split: not at a comma at their end, behind which a value is missing that nobody
   * would miss if it were taken off in silence.
   */
  static final String COMMAS = ",(?!$)";

  /** Options that commands refuse with a word about what they have instead, and do not show. */
  private static final Map<String, List<String>> HIDDEN =
      Map.of(
          "calibrate",
              List.of(
                  "--control",
                  "--kl-schedule",
                  "--beta",
                  "--kp",
                  "--ki",
                  "--anti-windup",
                  "--ramp-steps",
                  "--cycles",
                  "--cycle-steps",
                  "--cycle-ramp",
                  "--gamma",
                  "--free-nats",
                  "--rl",
                  "--geco-rate",
                  "--geco-decay",
                  "--epochs"),
          "bench", List.of("--epochs"),
          "profile", List.of("--epochs", "--engine", "--threads"));

  /** Options that commands do not have: those about training, where nothing is trained. */
  private static final Map<String, List<String>> ABSENT =
      Map.of(
          "evaluate", List.of("--step", "--tune"),
          "report", List.of("--step", "--tune"));

  /** What {@code --kl} is for commands that refuse {@code auto}. */
  private static final Map<String, String> SET_POINT =
      Map.of(
          "calibrate", "a set point to check, nats. Default: none.",
          "bench", "hold, pi, capacity, dynamic: set point of KL, nats. Default: 9.97.",
          "profile", "hold, pi, capacity, dynamic: set point of KL, nats. Default: 9.97.");

  /** What {@code --data} is for commands about runs, which have data of their own. */
  private static final String DATA_OF_RUN =
      "mnist, fashion-mnist, kmnist, synthetic, sprites, a folder. Default: the run's.";

  private CommandOptions() {}

  /** Fits the options of each command to what it does. */
  static void fit(CommandLine line) {
    forEach(line, HIDDEN, CommandOptions::hide);
    forEach(line, ABSENT, (spec, option) -> spec.remove(spec.findOption(option)));
    for (String command : List.of("evaluate", "report")) {
      CommandLine sub = line.getSubcommands().get(command);
      if (hasOptions(sub)) {
        describe(sub.getCommandSpec(), "--data", "NAME|DIR", DATA_OF_RUN);
      }
    }
    SET_POINT.forEach(
        (command, description) -> {
          CommandLine sub = line.getSubcommands().get(command);
          if (hasOptions(sub)) {
            describe(sub.getCommandSpec(), "--kl", "NATS", description);
          }
        });
  }

  private static void forEach(
      CommandLine line, Map<String, List<String>> named, BiConsumer<CommandSpec, String> change) {
    named.forEach(
        (command, options) -> {
          CommandLine sub = line.getSubcommands().get(command);
          if (hasOptions(sub)) {
            options.forEach(option -> change.accept(sub.getCommandSpec(), option));
          }
        });
  }

  /** Not so of a command that is only mentioned. */
  private static boolean hasOptions(CommandLine command) {
    return command != null && !command.getCommandSpec().options().isEmpty();
  }

  private static void hide(CommandSpec spec, String name) {
    replace(spec, OptionSpec.builder(spec.findOption(name)).hidden(true).build());
  }

  private static void describe(CommandSpec spec, String name, String label, String description) {
    replace(
        spec,
        OptionSpec.builder(spec.findOption(name))
            .paramLabel(label)
            .description(description)
            .build());
  }

  /** In its place: the help has options in their order. */
  private static void replace(CommandSpec spec, OptionSpec option) {
    String name = option.longestName();
    List<OptionSpec> options = List.copyOf(spec.options());
    options.forEach(spec::remove);
    options.forEach(each -> spec.addOption(each.longestName().equals(name) ? option : each));
  }
}
