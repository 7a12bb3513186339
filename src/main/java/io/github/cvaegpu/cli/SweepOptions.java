// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.sweep.Halving;
import io.github.cvaegpu.sweep.Measure;
import io.github.cvaegpu.sweep.Search;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepPlan;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options that say what a sweep is of. One that is not given is null. */
final class SweepOptions {
  /** {@code --halving} without a number. */
  private static final String BY_ITSELF = "";

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUES",
      converter = SettingsParser.Converter.class,
      description = "An option of train without its dashes, and its values. Default: none.")
  private List<SettingsParser.Given> settings;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Runs of each combination: seeds from --seed on. Default: 1.")
  private Integer seeds;

  @Option(
      names = "--search",
      paramLabel = "grid|random|sobol",
      description = "Every combination, or --runs of them. Default: grid.")
  private Search search;

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "random, sobol: combinations to try. Default: none, it has to be given.")
  private Integer runs;

  @Option(
      names = "--halving",
      arity = "0..1",
      fallbackValue = BY_ITSELF,
      paramLabel = "EPOCHS",
      description = "Leave the worse two thirds after EPOCHS, 3 EPOCHS, ... Default: train all.")
  private String halving;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Read all of this from a sweep.json. Default: from the options.")
  private Path file;

  /** What was given of a sweep, by its options. */
  private List<String> given(Map<String, String> base, boolean hasSeed) {
    List<String> given = new ArrayList<>();
    if (settings != null) {
      given.add("--set");
    }
    if (seeds != null) {
      given.add("--seeds");
    }
    if (search != null) {
      given.add("--search");
    }
    if (runs != null) {
      given.add("--runs");
    }
    if (halving != null) {
      given.add("--halving");
    }
    if (hasSeed) {
      given.add("--seed");
    }
    base.keySet().forEach(name -> given.add("--" + name));
    return given;
  }

  /**
   * The sweep that was asked for.
   *
   * @param given the command line
   * @param parser of its settings
   * @param measure that runs are compared by where the worse are left
   * @return empty if nothing was said of one, so that the one in the folder is meant
   * @throws InputException if it would be none, or train would not take its settings
   */
  Optional<SweepPlan> plan(ParseResult given, SettingsParser parser, Measure measure) {
    Map<String, String> base = parser.base(given);
    long firstSeed = given.matchedOptionValue("--seed", 0L);
    List<String> names = given(base, given.hasMatchedOption("--seed"));
    Optional<SweepPlan> plan;
    if (file != null) {
      if (!names.isEmpty()) {
        throw new InputException(
            "--file says all of a sweep: leave %s out.".formatted(Sentences.and(names)));
      }
      plan = Optional.of(SweepFolder.read(file));
    } else if (names.isEmpty()) {
      plan = Optional.empty();
    } else {
      plan =
          Optional.of(
              new SweepPlan(
                  Given.or(search, Search.GRID),
                  settings == null ? List.of() : parser.settings(settings),
                  runs,
                  Given.or(seeds, 1),
                  firstSeed,
                  base,
                  halving == null ? null : halving(given, measure)));
    }
    plan.ifPresent(parser::require);
    return plan;
  }

  private Halving halving(ParseResult given, Measure measure) {
    int epochs = given.matchedOptionValue("--epochs", TrainingPlan.defaults().epochs());
    if (halving.equals(BY_ITSELF)) {
      return new Halving(measure, Halving.firstEpochs(epochs));
    }
    try {
      return new Halving(measure, Integer.parseInt(halving));
    } catch (NumberFormatException e) {
      throw new InputException(
          "--halving must be a whole number of epochs, not '%s'.".formatted(halving), e);
    }
  }
}
