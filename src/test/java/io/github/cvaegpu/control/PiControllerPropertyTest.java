// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.constraints.DoubleRange;

/** What holds for every sequence of KLs, every settings and a wide class of plants. */
class PiControllerPropertyTest {

  /** Spread evenly over the orders of magnitude. */
  private static Arbitrary<Double> logUniform(double low, double high) {
    double ratio = Math.log(high) - Math.log(low);
    return Arbitraries.doubles()
        .between(0, 1)
        .ofScale(9)
        .withDistribution(RandomDistribution.uniform())
        .map(place -> Math.exp(Math.log(low) + ratio * place));
  }

  /** Any double but NaN, with those that break careless arithmetic often among them. */
  @Provide
  Arbitrary<List<Double>> anyKls() {
    Arbitrary<Double> usual = Arbitraries.doubles().between(0, 100);
    Arbitrary<Double> signed =
        Combinators.combine(logUniform(1e-300, 1e300), Arbitraries.of(1.0, -1.0))
            .as((size, sign) -> size * sign);
    Arbitrary<Double> special =
        Arbitraries.of(
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.MAX_VALUE,
            -Double.MAX_VALUE,
            Double.MIN_VALUE,
            0.0,
            -0.0);
    return Arbitraries.oneOf(usual, signed, special).list().ofMinSize(1).ofMaxSize(60);
  }

  /** Any valid settings, to the ends of what doubles hold, and floats for beta. */
  @Provide
  Arbitrary<PiRule> anySettings() {
    Arbitrary<Double> positive =
        Arbitraries.oneOf(
            logUniform(1e-6, 1e3),
            logUniform(1e-300, 1e300),
            Arbitraries.of(Double.MIN_VALUE, Double.MAX_VALUE));
    Arbitrary<Integer> zeros = Arbitraries.integers().between(0, 5); // which of Kp, Ki, beta_min
    return Combinators.combine(
            positive,
            positive,
            positive,
            positive,
            positive,
            Arbitraries.of(AntiWindup.class),
            zeros)
        .filter((setPoint, kp, ki, low, high, law, zero) -> low < high && high <= Float.MAX_VALUE)
        .filter((setPoint, kp, ki, low, high, law, zero) -> setPoint <= 1e6)
        .as(
            (setPoint, kp, ki, low, high, law, zero) ->
                new PiRule(
                    setPoint,
                    zero % 3 == 1 ? 0 : kp,
                    zero % 3 == 2 ? 0 : ki,
                    zero >= 3 ? 0 : low,
                    high,
                    law));
  }

  /** Settings of which Kp is not beyond all reason: at most the range of beta. */
  @Provide
  Arbitrary<PiRule> directionalSettings() {
    return Combinators.combine(
            logUniform(2, 200),
            logUniform(1e-4, 1),
            logUniform(1e-4, 1),
            logUniform(1e-3, 1),
            logUniform(1, 10))
        .as(
            (setPoint, kp, ki, low, range) ->
                new PiRule(setPoint, kp, ki, low, low + range, AntiWindup.DIRECTIONAL));
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void betaIsWithinItsLimitsForEveryKl(
      @ForAll("anySettings") PiRule settings, @ForAll("anyKls") List<Double> kls) {
    PiController controller = new PiController(settings);
    for (double kl : kls) {
      double beta = controller.next(Told.kl(kl));
      assertTrue(settings.betaMin() <= beta && beta <= settings.betaMax(), "beta " + beta);
      assertTrue(Double.isFinite(Told.integral(controller)), "integral is finite");
    }
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void aRestoredControllerGoesOnBitForBit(
      @ForAll("anySettings") PiRule settings,
      @ForAll("anyKls") List<Double> kls,
      @ForAll @DoubleRange(min = 0, max = 1) double where) {
    int split = (int) (where * kls.size());
    PiController whole = new PiController(settings);
    PiController first = new PiController(settings);
    for (double kl : kls.subList(0, split)) {
      assertEquals(whole.next(Told.kl(kl)), first.next(Told.kl(kl)));
    }
    PiController second = new PiController(settings);
    second.next(Told.kl(1));
    second.restore(first.memory());
    assertEquals(first.memory(), second.memory());
    for (double kl : kls.subList(split, kls.size())) {
      assertEquals(whole.next(Told.kl(kl)), second.next(Told.kl(kl)));
      assertEquals(whole.memory(), second.memory());
    }
  }

  /** The reason why the directional law cannot latch: no limit holds beta against the error. */
  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void noLimitHoldsBetaAgainstTheError(
      @ForAll("directionalSettings") PiRule settings, @ForAll("anyKls") List<Double> kls) {
    PiController controller = new PiController(settings);
    for (double kl : kls) {
      double beta = controller.next(Told.kl(kl));
      double error = settings.setPoint() - kl;
      // Within a micronat the sum may round to the limit.
      assertTrue(error > -1e-6 || beta > settings.betaMin(), "KL " + kl + ", beta " + beta);
      assertTrue(error < 1e-6 || beta < settings.betaMax(), "KL " + kl + ", beta " + beta);
    }
  }

  /**
   * After anything that KL may have done, a set point that the plant can reach is reached: KL comes
   * within 2 % of it, or crosses it. The plant is a first-order lag towards a steady KL that falls
   * with beta and meets the set point at {@code share} of beta's range.
   */
  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void aReachableSetPointIsReachedFromEveryState(
      @ForAll("directionalSettings") PiRule settings,
      @ForAll("anyKls") List<Double> past,
      @ForAll @DoubleRange(min = 0.02, max = 0.98) double share,
      @ForAll @DoubleRange(min = 2, max = 6) double steepness,
      @ForAll @DoubleRange(min = 1, max = 300) double timeConstant,
      @ForAll @DoubleRange(min = 0, max = 5) double start) {
    PiController controller = new PiController(settings);
    for (double kl : past) {
      controller.next(Told.kl(kl));
    }
    double target = settings.setPoint();
    double tolerance = 0.02 * target;
    double kl = start * target;
    boolean above = kl > target;
    long limit = stepsToReach(settings, steepness, share, timeConstant, tolerance);
    long step = 0;
    while (Math.abs(kl - target) > tolerance && kl > target == above) {
      assertTrue(step++ < limit, "KL " + kl + " after " + limit + " steps");
      double beta = controller.next(Told.kl(kl));
      assertTrue(
          above ? beta > settings.betaMin() : beta < settings.betaMax(), "latched at KL " + kl);
      kl += (steadyKl(settings, steepness, share, beta) - kl) / timeConstant;
    }
  }

  /** From {@code exp(steepness share)} set points at beta_min down to less than one at beta_max. */
  private static double steadyKl(PiRule settings, double steepness, double share, double beta) {
    double fraction = (beta - settings.betaMin()) / (settings.betaMax() - settings.betaMin());
    return settings.setPoint() * Math.exp(steepness * (share - fraction));
  }

  /**
   * While |e| > tolerance without a change of sign, a step either moves I by Ki tolerance or more,
   * which beta's range plus Kp allows only so often, or leaves beta at the limit that drives KL
   * home; and that many steps at the limit in a row bring any KL seen here home.
   */
  private static long stepsToReach(
      PiRule settings, double steepness, double share, double timeConstant, double tolerance) {
    double target = settings.setPoint();
    double range = settings.betaMax() - settings.betaMin();
    double moves = (range + settings.kp()) / (settings.ki() * tolerance) + 2;
    double highest = Math.max(5 * target, steadyKl(settings, steepness, share, settings.betaMin()));
    double fromAbove = target - steadyKl(settings, steepness, share, settings.betaMax());
    double fromBelow = steadyKl(settings, steepness, share, settings.betaMin()) - target;
    double home = timeConstant * Math.log(highest / Math.min(fromAbove, fromBelow) + 1) + 2;
    return (long) (moves * home);
  }
}
