// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Spelling;
import io.github.cvaegpu.sweep.Setting;
import io.github.cvaegpu.sweep.SweepPlan;
import io.github.cvaegpu.sweep.SweepPoint;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads what a sweep sets: options of {@code train} by their names, with the very parser that reads
 * them there, so that a value means the same and is refused with the same sentence.
 */
final class SettingsParser {
  /** Who refuses. */
  private static final String COMMAND = "sweep";

  private static final String SEED = "seed";

  /** How images are come by, which is each machine's own business. */
  private static final String OFFLINE = "offline";

  /** All runs of a sweep share their images. */
  private static final Set<String> OF_IMAGES =
      Set.of("data", "test-part", "resize", "skip-unreadable", OFFLINE);

  private static final String NUMBER = "[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?";

  private static final Pattern RANGE =
      Pattern.compile("(log:)?(" + NUMBER + ")\\.\\.(" + NUMBER + ")");

  private final RunSettings settings = new RunSettings();
  private final CommandLine line = CvaeGpu.commandLine(settings);

  /**
   * What one {@code --set} says.
   *
   * @param name of the option, without its dashes
   * @param values what is after the equals sign
   */
  record Given(String name, String values) {}

  /** Reads what {@code --set} takes. */
  static final class Converter implements ITypeConverter<Given> {
    @Override
    public Given convert(String value) {
      int equals = value.indexOf('=');
      if (equals < 1) {
        throw new TypeConversionException(
            "'%s' is no option with values, as lr=0.001,0.0001 is".formatted(value));
      }
      return new Given(
          bare(value.substring(0, equals).strip()), value.substring(equals + 1).strip());
    }
  }

  /**
   * What a command line says of all runs, by option without its dashes.
   *
   * @param given the command line of {@code sweep}, which has the same options
   */
  Map<String, String> base(ParseResult given) {
    Map<String, String> base = new TreeMap<>();
    for (OptionSpec option : given.matchedOptions()) {
      String name = bare(option.longestName());
      if (isOfRun(name) && !name.equals(SEED) && !name.equals(OFFLINE)) {
        base.put(name, String.join(",", option.originalStringValues()));
      }
    }
    return base;
  }

  private boolean isOfRun(String name) {
    return line.getCommandSpec().findOption("--" + name) != null;
  }

  /**
   * Reads {@code --set}s; of one name they are one setting, with the values of all.
   *
   * @param given each with values between commas, a range {@code FROM..TO}, or {@code log:FROM..TO}
   * @throws InputException if one has none of these, or train would not take it
   */
  List<Setting> settings(List<Given> given) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (Given one : given) {
      OptionSpec option = requireSettable(one.name());
      List<String> its = values.computeIfAbsent(one.name(), key -> new ArrayList<>());
      // What has commas of its own is one value each time.
      its.addAll(
          option.isMultiValue() ? List.of(one.values()) : List.of(one.values().split(",", -1)));
    }
    return values.entrySet().stream().map(set -> setting(set.getKey(), set.getValue())).toList();
  }

  private Setting setting(String name, List<String> values) {
    OptionSpec option = requireSettable(name);
    Optional<Matcher> range =
        values.stream().map(RANGE::matcher).filter(Matcher::matches).findFirst();
    if (range.isEmpty()) {
      return new Setting.Choice(name, values.stream().map(String::strip).toList());
    }
    boolean isWhole = isOneOf(option, Integer.class, Long.class);
    if (values.size() > 1 || !(isWhole || isOneOf(option, Double.class) || name.equals("kl"))) {
      throw new InputException(
          values.size() > 1
              ? "--set %s has a range and something beside it: it takes one or the other."
                  .formatted(name)
              : "--set %s takes words, of which there is no range.".formatted(name));
    }
    return new Setting.Range(
        name,
        Double.parseDouble(range.get().group(2)),
        Double.parseDouble(range.get().group(3)),
        range.get().group(1) != null,
        isWhole);
  }

  /** Two spellings of a number would be trained twice, and compared with each other. */
  private static void requireDifferent(Setting.Choice choice) {
    Map<Double, String> seen = new LinkedHashMap<>();
    for (String value : choice.values()) {
      Optional<String> before = number(value).map(number -> seen.put(number, value));
      if (before.isPresent()) {
        throw new InputException(
            "--set %s has %s and %s, which are the same."
                .formatted(choice.name(), before.get(), value));
      }
    }
  }

  /** Empty of a word, or a list. */
  private static Optional<Double> number(String value) {
    try {
      return Optional.of(Double.parseDouble(value));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** As a file has it: the command line's are of the option's kind already. */
  private static void requireRange(OptionSpec option, Setting.Range range) {
    boolean isWhole = isOneOf(option, Integer.class, Long.class);
    if (!isWhole && !isOneOf(option, Double.class) && !range.name().equals("kl")) {
      throw new InputException(
          "--set %s takes words, of which there is no range.".formatted(range.name()));
    }
    if (isWhole != range.isWhole()) {
      throw new InputException(
          isWhole
              ? "--set %s takes whole numbers: its range needs \"whole\": true."
                  .formatted(range.name())
              : "--set %s takes all numbers: its range is not \"whole\".".formatted(range.name()));
    }
  }

  private static boolean isOneOf(OptionSpec option, Class<?>... types) {
    return List.of(types).contains(option.type());
  }

  /**
   * Refuses settings that {@code train} does not know, and values that it cannot read.
   *
   * @throws InputException at the first
   */
  void require(SweepPlan plan) {
    for (String name : plan.base().keySet()) {
      if (!isOfRun(name) || name.equals(SEED) || name.equals(OFFLINE)) {
        throw unknown(name, "A sweep's base", "has no");
      }
    }
    plan.base().forEach(this::requireReadable);
    for (Setting setting : plan.settings()) {
      OptionSpec option = requireSettable(setting.name());
      if (setting instanceof Setting.Range range) {
        requireRange(option, range);
      } else if (setting instanceof Setting.Choice choice) {
        requireDifferent(choice);
      }
      List<String> values =
          switch (setting) {
            case Setting.Choice choice -> choice.values();
            case Setting.Range range -> List.of(range.at(0), range.at(Math.nextDown(1.0)));
          };
      values.forEach(value -> requireReadable(setting.name(), value));
    }
  }

  private void requireReadable(String name, String value) {
    parse(List.of(argument(name, value)));
  }

  private OptionSpec requireSettable(String name) {
    if (name.equals(SEED)) {
      throw new InputException("--set seed is --seeds N: that many from --seed on.");
    }
    if (OF_IMAGES.contains(name)) {
      throw new InputException(
          "All runs of a sweep have the same images: give --%s without --set.".formatted(name));
    }
    OptionSpec option = line.getCommandSpec().findOption("--" + name);
    if (option == null) {
      throw unknown(name, "--set", "knows no");
    }
    return option;
  }

  private InputException unknown(String name, String who, String knows) {
    Set<String> known = new TreeSet<>();
    line.getCommandSpec().options().forEach(option -> known.add(bare(option.longestName())));
    known.removeAll(OF_IMAGES);
    known.remove(SEED);
    return new InputException(
        "%s %s '%s'%s"
            .formatted(
                who,
                knows,
                name,
                Spelling.nearest(name, known)
                    .map("; did you mean %s?"::formatted)
                    .orElse(
                        ": its names are those of train's options that decide what a run comes"
                            + " to.")));
  }

  /**
   * The plan of a run.
   *
   * @throws InputException if its settings do not go together; the run is refused with that
   *     sentence
   */
  TrainingPlan plan(SweepPlan sweep, SweepPoint run) {
    List<String> arguments = new ArrayList<>();
    sweep.base().forEach((name, value) -> arguments.add(argument(name, value)));
    run.values().forEach((name, value) -> arguments.add(argument(name, value)));
    arguments.add(argument(SEED, String.valueOf(run.seed())));
    return parse(arguments).plan(COMMAND);
  }

  /**
   * Which images the runs are of.
   *
   * @param isOffline whether nothing is to be downloaded
   */
  static DataOptions data(SweepPlan sweep, boolean isOffline) {
    // Of its own: the next that is read would change what is asked for.
    var own = new SettingsParser();
    List<String> arguments = new ArrayList<>();
    sweep.base().forEach((name, value) -> arguments.add(argument(name, value)));
    if (isOffline) {
      arguments.add("--" + OFFLINE);
    }
    return own.parse(arguments).data();
  }

  private RunSettings parse(List<String> arguments) {
    try {
      line.parseArgs(arguments.toArray(String[]::new));
    } catch (ParameterException e) {
      throw new InputException(Failures.sentence(e), e);
    }
    return settings;
  }

  private static String argument(String name, String value) {
    return "--" + name + "=" + value;
  }

  private static String bare(String name) {
    return name.replaceFirst("^-+", "");
  }
}
