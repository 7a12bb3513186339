// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
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
          "calibrate", List.of("--epochs"),
          "bench", List.of("--epochs"),
          "profile", List.of("--epochs", "--engine", "--threads"));

  /** Options about training. */
  private static final List<String> OF_TRAINING = List.of("--step", "--tune");

  /** Commands that do not have them, as they train nothing. */
  private static final List<String> WITHOUT_TRAINING =
      List.of(
          "evaluate",
          "report",
          "encode",
          "decode",
          "sample",
          "traverse",
          "interpolate",
          "reconstruct",
          "score");

  /** Commands that give a trained model images. */
  private static final List<String> WITH_INPUT =
      List.of("encode", "sample", "traverse", "interpolate", "reconstruct", "score");

  /** What {@code --kl} is for commands that refuse {@code auto}. */
  private static final Map<String, String> SET_POINT =
      Map.of(
          "calibrate", "a set point to check, nats. Default: none.",
          "bench", "hold, pi, capacity, dynamic: set point of KL, nats. Default: 9.97.",
          "profile", "hold, pi, capacity, dynamic: set point of KL, nats. Default: 9.97.");

  /** What {@code --data} is for commands about runs, which have data of their own. */
  private static final String DATA_OF_RUN = DataOptions.DATA + " Default: the run's.";

  /** The same for commands that give a model images. */
  private static final String DATA_OF_MODEL = DataOptions.DATA + " Default: the model's.";

  /** What {@code --split} is where the images that a model has learnt from are of use. */
  private static final String SPLIT_OF_SAMPLE =
      "Which part of a dataset. Default: train of the model's own, test of another.";

  /** What {@code --parallel} is where a cluster may train the runs. */
  private static final String PARALLEL =
      "Runs, or tasks of a cluster, at a time. Default: one a core, on a GPU one.";

  /** What {@code --output} is. */
  private static final Map<String, String> OUTPUT =
      Map.of(
          "encode", "FILE.csv, FILE.npy, or - to print. Default: none, it has to be given.",
          "decode", "FILE.npy, FILE.png, or a new folder. Default: none, it has to be given.",
          "sample", "FILE.png, FILE.npy, or a new folder. Default: samples.png.",
          "traverse", "FILE.png, or FILE.gif. Default: traverse.png.",
          "interpolate", "FILE.png, or FILE.gif. Default: interpolate.png.",
          "reconstruct", "FILE.png. Default: reconstruct.png.",
          "score", "FILE.csv, or - to print. Default: scores.csv.");

  private CommandOptions() {}

  /** Fits the options of each command to what it does. */
  static void fit(CommandLine line) {
    HIDDEN.forEach((command, names) -> change(line, command, spec -> hide(spec, names)));
    change(line, "calibrate", spec -> hide(spec, RuleOptions.notForCalibration()));
    for (String command : WITHOUT_TRAINING) {
      change(
          line, command, spec -> OF_TRAINING.forEach(name -> spec.remove(spec.findOption(name))));
    }
    for (String command : List.of("evaluate", "report")) {
      change(line, command, spec -> describe(spec, "--data", DataOptions.LABEL, DATA_OF_RUN));
    }
    for (String command : WITH_INPUT) {
      change(line, command, spec -> describe(spec, "--data", DataOptions.LABEL, DATA_OF_MODEL));
      change(line, command, spec -> rename(spec, "--data", "--input"));
    }
    change(
        line,
        "sample",
        spec -> describe(spec, "--split", "test|train|validation", SPLIT_OF_SAMPLE));
    change(line, "sweep", spec -> describe(spec, "--parallel", "N", PARALLEL));
    OUTPUT.forEach(
        (command, description) ->
            change(line, command, spec -> describe(spec, "--output", "FILE", description)));
    SET_POINT.forEach(
        (command, description) ->
            change(line, command, spec -> describe(spec, "--kl", "NATS", description)));
  }

  /** Changes a command, but not one that is only mentioned and so has no options. */
  private static void change(CommandLine line, String command, Consumer<CommandSpec> change) {
    CommandLine sub = line.getSubcommands().get(command);
    if (sub != null && !sub.getCommandSpec().options().isEmpty()) {
      change.accept(sub.getCommandSpec());
    }
  }

  private static void hide(CommandSpec spec, Collection<String> names) {
    replace(spec, names, option -> option.hidden(true));
  }

  private static void describe(CommandSpec spec, String name, String label, String description) {
    replace(spec, List.of(name), option -> option.paramLabel(label).description(description));
  }

  private static void rename(CommandSpec spec, String from, String to) {
    replace(spec, List.of(from), option -> option.names(to));
  }

  /** In their place: the help has options in their order. */
  private static void replace(
      CommandSpec spec, Collection<String> names, UnaryOperator<OptionSpec.Builder> change) {
    List<OptionSpec> options = List.copyOf(spec.options());
    options.forEach(spec::remove);
    for (OptionSpec option : options) {
      spec.addOption(
          names.contains(option.longestName())
              ? change.apply(OptionSpec.builder(option)).build()
              : option);
    }
  }
}
