// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Execution(ExecutionMode.CONCURRENT)
class HoldControllerTest {
  private static final double SET_POINT = 4;

  private static HoldController controller() {
    return new HoldController(new HoldRule(SET_POINT), 0);
  }

  /** KL of a step in the middle of a run. */
  private static StepFeedback told(double kl) {
    return new StepFeedback(7, 100, kl);
  }

  private static double feed(BetaController controller, double kl, int steps) {
    double beta = Double.NaN;
    for (int i = 0; i < steps; i++) {
      beta = controller.next(told(kl));
    }
    return beta;
  }

  /** Any double but NaN, with those that break careless arithmetic often among them. */
  @Provide
  Arbitrary<List<Double>> anyKls() {
    Arbitrary<Double> usual = Arbitraries.doubles().between(0, 40);
    Arbitrary<Double> signed =
        Combinators.combine(Arbitraries.doubles().between(-300, 300), Arbitraries.of(1.0, -1.0))
            .as((size, sign) -> sign * Math.pow(10, size));
    Arbitrary<Double> special =
        Arbitraries.of(
            Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, 0.0, -0.0);
    return Arbitraries.oneOf(usual, signed, special).list().ofMinSize(1).ofMaxSize(200);
  }

  /** Worked by hand: the ratio is 1, so that nothing but the level moves, and that to 1. */
  @Test
  void theFirstStepsAreThoseOfTheFormula() {
    HoldController controller = controller();

    // L = 0: ln 0.001 is below what P may be. I = 1 - 0.08 * 0.02.
    assertEquals(Math.exp(1 - 0.0016 - 2.4), controller.next(StepFeedback.NONE), 1e-15);

    // L = 0.3, g = 0.2 ln 300 = 1.14; w = (0.3 / 0.8)^2 + 0.02 = 0.160625.
    double growth = 0.2 * Math.log(300);
    double proportional = 1.6 * (Math.log(0.3) + 15 * (growth - 0.03));
    assertTrue(proportional > 2.4);
    double integral = 1 - 0.0016 + 0.08 * 0.160625;
    assertEquals(Math.exp(integral + 2.4), controller.next(told(2 * SET_POINT)), 1e-9);

    // L = 0.3 + 0.15 * 0.1 = 0.315; no lead once the growth is over.
    controller.restore(
        ControllerMemory.of(
            Map.of("integral", integral, "level", 0.3, "growth", 0.0, "scale", 1.0)));
    growth = 0.2 * Math.log(0.315 / 0.3);
    assertTrue(growth < 0.03);
    double weight = 0.315 * 0.315 / 0.64 + 0.02;
    assertEquals(
        Math.exp(integral - 0.08 * weight * 0.6 + 1.6 * Math.log(0.315)),
        controller.next(told(0.4 * SET_POINT)),
        1e-14);
  }

  @Test
  void betaRestsWhereKlIsAtItsSetPoint() {
    HoldController controller = controller();
    double beta = feed(controller, SET_POINT, 300);

    assertEquals(beta, feed(controller, SET_POINT, 1000));
  }

  @Test
  void betaRisesAboveTheSetPointAndFallsBelowIt() {
    HoldController controller = controller();
    double rested = feed(controller, SET_POINT, 300);
    double above = feed(controller, 1.1 * SET_POINT, 100);
    double below = feed(controller, 0.9 * SET_POINT, 300);

    assertTrue(above > 2 * rested, above + " after " + rested);
    assertTrue(below < rested / 2, below + " after " + rested);
  }

  /** The law is one of ratios, so a set point and a KL twice as large have the same betas. */
  @Test
  void onlyTheRatioToTheSetPointMatters() {
    HoldController small = new HoldController(new HoldRule(2), 0);
    HoldController large = new HoldController(new HoldRule(4), 0);
    for (double kl : List.of(0.0, 0.01, 0.3, 2.5, 9.0, 1.0, 2.0, 60.0)) {
      assertEquals(small.next(told(kl)), large.next(told(2 * kl)));
    }
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void betaIsWithinItsLimitsForEveryKl(@ForAll("anyKls") List<Double> kls) {
    HoldController controller = controller();
    for (double kl : kls) {
      double beta = controller.next(told(kl));
      assertTrue(
          beta >= HoldController.LEAST_BETA * (1 - 1e-12)
              && beta <= HoldController.LARGEST_BETA * (1 + 1e-12),
          "beta " + beta);
    }
  }

  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void aRestoredControllerGoesOnBitForBit(
      @ForAll("anyKls") List<Double> kls, @ForAll @DoubleRange(min = 0, max = 1) double where) {
    int split = (int) (where * kls.size());
    HoldController whole = controller();
    for (double kl : kls.subList(0, split)) {
      whole.next(told(kl));
    }
    HoldController second = controller();
    second.next(told(1));
    second.restore(whole.memory());
    for (double kl : kls.subList(split, kls.size())) {
      assertEquals(whole.next(told(kl)), second.next(told(kl)));
      assertEquals(whole.memory(), second.memory());
    }
  }

  /** Whatever was, and for as long as you like at a limit. */
  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void noLimitIsForLong(
      @ForAll("anyKls") List<Double> past,
      @ForAll boolean atTheUpperOne,
      @ForAll @DoubleRange(min = 0.05, max = 0.95) double margin) {
    HoldController controller = controller();
    past.forEach(kl -> controller.next(told(kl)));
    feed(controller, atTheUpperOne ? 100 * SET_POINT : 0, 20_000);
    double limit = controller.next(told(atTheUpperOne ? 100 * SET_POINT : 0));
    double kl = SET_POINT * (atTheUpperOne ? 1 - margin : 1 + margin);
    double after = feed(controller, kl, 60);

    assertTrue(atTheUpperOne ? after < limit : after > limit, after + " after " + limit);
    double later = feed(controller, kl, 20_000);
    assertTrue(atTheUpperOne ? later < 1e-3 : later > 1e3, "beta " + later);
  }

  /** The bound of the Javadoc, with any KLs on one side, growing and falling as they like. */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void whateverKlDoesOnOneSideBetaLeavesTheLimit(
      @ForAll("anyKls") List<Double> past,
      @ForAll boolean below,
      @ForAll @DoubleRange(min = 0.05, max = 0.95) double margin,
      @ForAll @IntRange(min = 1, max = 100) int holds,
      @ForAll long seed) {
    HoldController controller = controller();
    past.forEach(kl -> controller.next(told(kl)));
    Random random = new Random(seed);
    double bound = below ? 1500 / margin : 30 / Math.min(margin, 1) + 30;
    double kl = 0;
    for (int step = 0; step < bound + 3000; step++) {
      if (step % holds == 0) {
        double part = random.nextInt(3) == 0 ? 0 : random.nextDouble();
        kl = SET_POINT * (below ? part * (1 - margin) : 1 + margin + 20 * part);
      }
      double beta = controller.next(told(kl));
      if (step > bound) {
        assertTrue(
            below
                ? beta < 0.999 * HoldController.LARGEST_BETA
                : beta > 1.001 * HoldController.LEAST_BETA,
            "beta " + beta + " at step " + step);
      }
    }
  }

  /** The bounds of the Javadoc: from as far off as L can be, to the step. */
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.05, 0.3, 0.9, 1, 4, 9})
  void theLevelCrossesOneAsSoonAsTheJavadocSays(double margin) {
    if (margin <= 1) {
      assertEquals(
          Math.ceil(Math.log(1 + 9 / margin) / Math.log(1 / 0.85)),
          stepsUntilTheLevelCrossesOne(10, 1 - margin));
    }
    assertEquals(
        Math.ceil(Math.log(1 + 1 / margin) / Math.log(1 / 0.85)),
        stepsUntilTheLevelCrossesOne(0, 1 + margin));
  }

  /** With KL at a ratio to the set point. */
  private static int stepsUntilTheLevelCrossesOne(double from, double ratio) {
    HoldController controller = controller();
    controller.restore(
        ControllerMemory.of(Map.of("integral", 0.0, "level", from, "growth", 0.0, "scale", 1.0)));
    int steps = 0;
    double level = from;
    while (from > 1 ? level >= 1 : level <= 1) {
      controller.next(told(ratio * SET_POINT));
      level = controller.memory().get("level");
      steps++;
    }
    return steps;
  }

  /** Where I has furthest to fall and is slowest at it. */
  @Test
  void howLongItTakesToUnwindIsAsTheJavadocSays() {
    for (var known : Map.of(0.0, 4870L, 0.1, 3060L, 0.3, 910L).entrySet()) {
      HoldController controller = controller();
      feed(controller, 100 * SET_POINT, 20_000);
      long steps = 0;
      while (controller.memory().get("integral") > 0) {
        controller.next(told(known.getKey() * SET_POINT));
        steps++;
      }
      assertEquals(known.getValue(), Math.round(steps / 10.0) * 10, "at " + known.getKey());
    }
  }

  /**
   * A plant whose ln KL falls with ln beta, by a lag: KL is held from wherever the past has left
   * the controller.
   */
  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void aReachableSetPointIsHeld(
      @ForAll("anyKls") List<Double> past,
      @ForAll @DoubleRange(min = 0.15, max = 1.6) double steepness,
      @ForAll @DoubleRange(min = -4, max = 4) double logBetaNeeded,
      @ForAll @DoubleRange(min = 3, max = 100) double timeConstant) {
    HoldController controller = controller();
    past.forEach(kl -> controller.next(told(kl)));
    double logKl = Math.log(0.5);
    double largest = 0;
    for (int step = 0; step < 5000; step++) {
      double logBeta = Math.log(controller.next(told(SET_POINT * Math.exp(logKl))));
      logKl += (steepness * (logBetaNeeded - logBeta) - logKl) / timeConstant;
      largest = step < 4000 ? 0 : Math.max(largest, Math.abs(logKl));
    }
    assertTrue(largest < 0.005, "off by a factor of e^" + largest);
  }

  /** All betas of a run whose first loss is a tenth are a tenth, the limits too. */
  @Test
  void betaGoesByTheScaleOfTheLoss() {
    HoldController usual = controller();
    HoldController small = controller();
    assertEquals(usual.next(StepFeedback.NONE), small.next(StepFeedback.NONE));
    usual.next(new StepFeedback(1, HoldController.USUAL_LOSS, 0.1));
    small.next(new StepFeedback(1, HoldController.USUAL_LOSS / 10, 0.1));
    for (double kl : new double[] {0.2, 5, 0.1, 0.1, 1e9, 0}) {
      double beta = feed(usual, kl, 200);
      assertEquals(beta / 10, feed(small, kl, 200), beta * 1e-12);
    }
    assertEquals(
        List.of(HoldController.LEAST_BETA / 10, HoldController.LARGEST_BETA / 10),
        new HoldRule(SET_POINT)
            .target(HoldController.USUAL_LOSS / 10, 1)
            .map(target -> List.of(target.betaMin(), target.betaMax()))
            .orElseThrow());
    // A loss of nothing has betas that engines can use.
    assertTrue((float) (HoldController.LEAST_BETA * HoldController.scale(0)) > 0);
  }

  /** Only what a loss is above its origin tells how large it is; later ones tell nothing. */
  @ParameterizedTest
  @ValueSource(doubles = {720.45, -543.4, -1e5})
  void theLossIsCountedFromItsOrigin(double origin) {
    double above = HoldController.USUAL_LOSS / 8;
    BetaController counted = new HoldRule(SET_POINT).start(origin);
    BetaController usual = new HoldRule(SET_POINT).start();
    for (BetaController controller : List.of(counted, usual)) {
      controller.next(StepFeedback.NONE);
    }
    double beta = usual.next(new StepFeedback(1, above, 0.1));
    assertEquals(beta, counted.next(new StepFeedback(1, origin + above, 0.1)), beta * 1e-9);
    assertEquals(1.0 / 8, counted.memory().get("scale"), 1e-9);
    assertEquals(feed(usual, 5, 200), feed(counted, 5, 200), beta * 1e-6);
    assertEquals(1.0 / 8, counted.memory().get("scale"), 1e-9);
  }

  /** Below it there is no scale but the least. */
  @Test
  void aLossBelowItsOriginHasTheLeastScale() {
    HoldController controller = new HoldController(new HoldRule(SET_POINT), 100);
    controller.next(new StepFeedback(1, 99, 0.1));
    assertEquals(HoldController.scale(0), controller.memory().get("scale"));
  }

  /** From its step on, as if it had always been so, but for the integral. */
  @Test
  void aSetPointChangesAtItsStep() {
    var rule = new HoldRule(4, List.of(new SetPointChange(100, 8), new SetPointChange(200, 2)));
    assertEquals(4, rule.setPointAt(1));
    assertEquals(4, rule.setPointAt(99));
    assertEquals(8, rule.setPointAt(100));
    assertEquals(8, rule.setPointAt(199));
    assertEquals(2, rule.setPointAt(200));
    assertEquals(2, rule.target().orElseThrow().kl());
    assertEquals(
        List.of(new BetaRule.Setting("set points", "4, 8 from step 100, 2 from step 200")),
        rule.settings());

    assertEquals("VAE held at KL 4, at last 2", rule.title());
    assertEquals("VAE held at KL 4", new HoldRule(4).title());

    assertEquals(Optional.empty(), rule.warning(200));
    assertEquals(
        "The set point of 2 is from step 200 on, but the run ends with step 199.",
        rule.warning(199).orElseThrow());
    assertEquals(8, rule.target(500, 199).orElseThrow().kl());

    HoldController changing = new HoldController(rule, 0);
    HoldController same = controller();
    double beta = 0;
    for (int done = 2; done < 99; done++) {
      beta = changing.next(new StepFeedback(done, 100, 4));
      assertEquals(same.next(new StepFeedback(done, 100, 4)), beta);
    }
    // KL is half of what it is to be now, and not growing.
    double level = changing.memory().get("level");
    assertTrue(changing.next(new StepFeedback(99, 100, 4)) < beta / 2);
    assertEquals(level / 2 + 0.15 * (0.5 - level / 2), changing.memory().get("level"), 1e-15);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesWhatIsNoSetPoint(double setPoint) {
    assertThrows(InputException.class, () -> new HoldRule(setPoint));
  }

  @Test
  void refusesKlThatIsNaN() {
    HoldController controller = controller();

    assertThrows(IllegalArgumentException.class, () -> controller.next(told(Double.NaN)));
  }

  @Test
  void refusesTheMemoryOfAnotherRule() {
    HoldController controller = controller();

    assertThrows(InputException.class, () -> controller.restore(Told.memory(1, 0)));
  }
}
