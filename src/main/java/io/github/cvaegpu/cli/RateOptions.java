// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.train.TrainingPlan;
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
      RateSchedule schedule(RateOptions given, TrainingPlan plan) {
        return new RateSchedule.Constant(given.warmUp());
      }
    },
    COSINE {
      @Override
      Map<String, Object> options(RateSchedule schedule) {
        return schedule instanceof RateSchedule.Cosine cosine
            ? Map.of(WARM_UP, cosine.warmUpSteps(), END, cosine.end())
            : Map.of(WARM_UP, 0L, END, 0.0);
      }

      @Override
      RateSchedule schedule(RateOptions given, TrainingPlan plan) {
        return new RateSchedule.Cosine(given.warmUp(), Given.or(given.end, 0.0), plan.epochs());
      }
    },
    STEP {
      @Override
      Map<String, Object> options(RateSchedule schedule) {
        return schedule instanceof RateSchedule.Step step
            ? Map.of(WARM_UP, step.warmUpSteps(), EVERY, step.every(), FACTOR, step.factor())
            : Map.of(WARM_UP, 0L, EVERY, 50, FACTOR, 0.1);
      }

      @Override
      RateSchedule schedule(RateOptions given, TrainingPlan plan) {
        return new RateSchedule.Step(
            given.warmUp(), Given.or(given.every, 50), Given.or(given.factor, 0.1));
      }
    };

    /** The options that it knows, with what they are in a schedule, or by default of another. */
    abstract Map<String, Object> options(RateSchedule schedule);

    /** The schedule that options ask for. */
    abstract RateSchedule schedule(RateOptions given, TrainingPlan plan);

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

  private long warmUp() {
    return Given.or(warmUp, 0L);
  }

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
   * A plan of a new run with the schedule that was asked for: an option gives the whole of it. A
   * cosine is as long as the run.
   *
   * @param plan whose learning rate stays as it is
   * @param otherwise the schedule where nothing is asked for
   * @throws io.github.cvaegpu.InputException if no schedule knows all the options
   */
  TrainingPlan on(TrainingPlan plan, RateSchedule otherwise) {
    List<String> names = List.copyOf(given().keySet());
    if (kind == null && names.isEmpty()) {
      return plan.withRates(
          otherwise instanceof RateSchedule.Cosine cosine
              ? new RateSchedule.Cosine(cosine.warmUpSteps(), cosine.end(), plan.epochs())
              : otherwise);
    }
    Kind chosen =
        kind != null
            ? kind
            : Given.implied("learning-rate schedule", names, knowing(names).findFirst());
    refuseWithoutEffect(chosen);
    return plan.withRates(chosen.schedule(this, plan));
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
