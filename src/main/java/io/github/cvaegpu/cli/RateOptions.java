// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * The options that decide what becomes of the learning rate. One that is not given is null, as in
 * {@link PlanOptions}.
 */
final class RateOptions {
  /** What {@code --lr-schedule} takes, each with the options that it knows. */
  enum Kind {
    CONSTANT {
      @Override
      Map<String, Object> options(RateSchedule schedule) {
        return Map.of(WARM_UP, schedule.warmUpSteps());
      }

      @Override
      RateSchedule schedule(Map<String, Object> options, int epochs) {
        return new RateSchedule.Constant((long) options.get(WARM_UP));
      }
    },
    COSINE {
      @Override
      Map<String, Object> options(RateSchedule schedule) {
        return Map.of(
            WARM_UP,
            schedule.warmUpSteps(),
            END,
            schedule instanceof RateSchedule.Cosine cosine ? cosine.end() : 0.0);
      }

      @Override
      RateSchedule schedule(Map<String, Object> options, int epochs) {
        return new RateSchedule.Cosine(
            (long) options.get(WARM_UP), (double) options.get(END), epochs);
      }
    },
    STEP {
      @Override
      Map<String, Object> options(RateSchedule schedule) {
        RateSchedule.Step step =
            schedule instanceof RateSchedule.Step its
                ? its
                : new RateSchedule.Step(schedule.warmUpSteps(), 50, 0.1);
        return Map.of(WARM_UP, step.warmUpSteps(), EVERY, step.every(), FACTOR, step.factor());
      }

      @Override
      RateSchedule schedule(Map<String, Object> options, int epochs) {
        return new RateSchedule.Step(
            (long) options.get(WARM_UP), (int) options.get(EVERY), (double) options.get(FACTOR));
      }
    };

    /** The options that it knows, with what they are in a schedule, or by default of another. */
    abstract Map<String, Object> options(RateSchedule schedule);

    /**
     * The schedule of options.
     *
     * @param options all that it knows
     * @param epochs of the run
     */
    abstract RateSchedule schedule(Map<String, Object> options, int epochs);

    boolean knows(String option) {
      return options(new RateSchedule.Constant(0)).containsKey(option);
    }

    static Kind of(RateSchedule schedule) {
      return valueOf(schedule.name().toUpperCase(Locale.ROOT));
    }

    /** As the command line has it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final String WARM_UP = "--lr-warm-up";
  private static final String END = "--lr-end";
  private static final String EVERY = "--lr-step";
  private static final String FACTOR = "--lr-factor";

  @Option(
      names = "--lr-schedule",
      paramLabel = "constant|cosine|step",
      description = "What becomes of --lr. Default: the first that has the options given.")
  private Kind kind;

  @Option(
      names = WARM_UP,
      paramLabel = "STEPS",
      description = "Steps in which the learning rate rises to --lr. Default: 0.")
  private Long warmUp;

  @Option(
      names = END,
      paramLabel = "RATE",
      description = "cosine: what it falls to by the last of --epochs. Default: 0.")
  private Double end;

  @Option(
      names = EVERY,
      paramLabel = "EPOCHS",
      description = "step: epochs after which it falls, again and again. Default: 50.")
  private Integer every;

  @Option(
      names = FACTOR,
      paramLabel = "PART",
      description = "step: the part of it that is left each time. Default: 0.1.")
  private Double factor;

  /** What was given, by its name, but for {@code --lr-schedule}. */
  private Map<String, Object> given() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put(WARM_UP, warmUp);
    options.put(END, end);
    options.put(EVERY, every);
    options.put(FACTOR, factor);
    options.values().removeIf(value -> value == null);
    return options;
  }

  private static Stream<Kind> knowing(List<String> names) {
    return Stream.of(Kind.values()).filter(one -> names.stream().allMatch(one::knows));
  }

  private void refuseWithoutEffect(Kind chosen) {
    Given.refuseWithoutEffect(
        "--lr-schedule " + chosen,
        given().keySet(),
        chosen::knows,
        option -> knowing(List.of(option)).map(Kind::toString).toList());
  }

  /**
   * A plan of a new run with the schedule that was asked for. What was not given is as in the other
   * schedule, if that knows all that was. A cosine is as long as the run.
   *
   * @param plan whose learning rate stays as it is
   * @param otherwise the schedule where nothing is asked for
   * @throws io.github.cvaegpu.InputException if no schedule knows all the options
   */
  TrainingPlan on(TrainingPlan plan, RateSchedule otherwise) {
    List<String> names = List.copyOf(given().keySet());
    Kind its = Kind.of(otherwise);
    Kind chosen = kind;
    if (chosen == null) {
      chosen =
          names.stream().allMatch(its::knows)
              ? its
              : Given.implied("learning-rate schedule", names, knowing(names).findFirst());
    }
    refuseWithoutEffect(chosen);
    Map<String, Object> options = new HashMap<>(chosen.options(otherwise));
    options.putAll(given());
    return plan.withRates(chosen.schedule(options, plan.epochs()));
  }

  /**
   * Refuses settings that a run does not have.
   *
   * @throws io.github.cvaegpu.InputException if one differs
   */
  void requireSame(TrainingPlan running) {
    Kind its = Kind.of(running.schedule().rateSchedule());
    Given.requireSame("--lr-schedule", kind, its);
    refuseWithoutEffect(its);
    Map<String, Object> has = its.options(running.schedule().rateSchedule());
    given().forEach((name, asked) -> Given.requireSame(name, asked, has.get(name)));
  }
}
