// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.CapacityRule;
import io.github.cvaegpu.sweep.MadeUpSweep.Figures;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.nio.file.Path;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Curves that are known: RL = 80 + 60 exp(-0.3 KL) has beta = 18 exp(-0.3 KL) at each KL. */
class RateDistortionTest {
  private static final double CURVE = 0.3;

  @TempDir private Path temp;

  private static double rl(double kl) {
    return 80 + 60 * Math.exp(-CURVE * kl);
  }

  private static double beta(double kl) {
    return 60 * CURVE * Math.exp(-CURVE * kl);
  }

  private static Figures of(SweepPoint point, DoubleUnaryOperator rl, DoubleUnaryOperator beta) {
    double kl = MadeUpSweep.number(point, "kl");
    // Seeds are apart by what is common to all of a seed's runs.
    Figures figures = Figures.of(rl.applyAsDouble(kl) + 3 * point.seed(), kl);
    figures.beta = beta.applyAsDouble(kl);
    figures.setPoint = kl;
    return figures;
  }

  private MadeUpSweep sweep(int seeds, String... settings) {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(seeds, settings));
    sweep.putAll(point -> of(point, RateDistortionTest::rl, RateDistortionTest::beta));
    return sweep;
  }

  private static RateDistortion curve(MadeUpSweep sweep) {
    return sweep.read().rateDistortion().orElseThrow();
  }

  /** Where ln beta goes straight over KL, the mean of beta over a chord is the logarithmic one. */
  @Test
  void minusTheSlopeIsBeta() {
    RateDistortion curve = curve(sweep(3, "kl=2,4,6,8,12"));
    assertEquals("kl", curve.along());
    assertEquals(1, curve.lines().size());
    List<SlopeCheck> checks = curve.checks();
    assertEquals(4, checks.size());
    for (SlopeCheck check : checks) {
      assertEquals(check.beta().mean(), check.slope().mean(), 1e-9);
      assertEquals(0, check.disagreement(), 1e-9);
      assertTrue(check.isSettled());
      assertEquals("cannot be told from beta", check.verdict());
      assertEquals("0.0 %", check.off());
      assertEquals(6, check.runs());
    }
    // (rl(2) - rl(4)) / 2, by hand.
    assertEquals(30 * (Math.exp(-0.6) - Math.exp(-1.2)), checks.getFirst().slope().mean(), 1e-9);
  }

  /** Of a curve that is convex and of no such form, the slope is within the betas at the ends. */
  @Test
  void theSlopeOfAConvexCurveIsBetweenTheBetas() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "kl=1,2,4"));
    sweep.putAll(point -> of(point, kl -> 100 / kl, kl -> 100 / (kl * kl)));
    List<SlopeCheck> checks = curve(sweep).checks();
    assertEquals(50, checks.get(0).slope().mean(), 1e-9);
    assertEquals(75 / Math.log(4), checks.get(0).beta().mean(), 1e-9);
    assertEquals(12.5, checks.get(1).slope().mean(), 1e-9);
    for (SlopeCheck check : checks) {
      double high = check.from().of(Quantity.LAST_BETA).orElseThrow().mean();
      double low = check.to().of(Quantity.LAST_BETA).orElseThrow().mean();
      assertTrue(low < check.slope().mean() && check.slope().mean() < high);
    }
  }

  /** Runs whose RL still falls lie above the curve, more so where there is more to learn. */
  @Test
  void aSlopeThatIsNotBetaIsSeen() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(3, "kl=2,4"));
    sweep.putAll(
        point -> {
          Figures figures = of(point, kl -> rl(kl) + kl, RateDistortionTest::beta);
          figures.trainRl += 0.01 * point.seed() * figures.trainKl;
          figures.settled = point.seed() > 0;
          return figures;
        });
    SlopeCheck check = curve(sweep).checks().getFirst();
    assertEquals(check.beta().mean() - 1.01, check.slope().mean(), 1e-9);
    assertFalse(check.difference().covers(0));
    assertFalse(check.isSettled());
    assertEquals(4, check.settled());
    assertEquals("differs from beta", check.verdict());
    assertTrue(check.off().matches("-[0-9.]+ %"), check.off());
  }

  @Test
  void theLogarithmicMeanIsTheOneOfEqualEndsToo() {
    assertEquals(2, SlopeCheck.logarithmicMean(2, 2), 1e-12);
    assertEquals(2, SlopeCheck.logarithmicMean(2, 2 * (1 + 1e-8)), 1e-7);
    assertEquals(1 / Math.log(2), SlopeCheck.logarithmicMean(1, 2), 1e-12);
    assertEquals(SlopeCheck.logarithmicMean(1, 2), SlopeCheck.logarithmicMean(2, 1), 1e-12);
    // A rule may have betas of 0, which have no logarithm.
    assertEquals(0.5, SlopeCheck.logarithmicMean(0, 1), 1e-12);
  }

  @Test
  void aLineIsOfEachCombinationOfTheOthers() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "hidden=a,b", "kl=8,2,4", "lr=1,2"));
    sweep.putAll(point -> of(point, kl -> rl(kl) + Math.abs(kl - 4) * 3, RateDistortionTest::beta));
    RateDistortion curve = curve(sweep);
    assertEquals(
        List.of("hidden a, lr 1", "hidden a, lr 2", "hidden b, lr 1", "hidden b, lr 2"),
        curve.lines().stream().map(RateDistortion.Line::title).toList());
    RateDistortion.Line line = curve.lines().getFirst();
    // By KL, whatever the order in which values were given.
    assertEquals(
        List.of("2", "4", "8"),
        line.points().stream().map(point -> point.values().get("kl")).toList());
    // -(80 + 60 exp(-1.2) + 4) is the largest of the three.
    assertEquals("4", line.best(Measure.ELBO).orElseThrow().values().get("kl"));
    assertTrue(line.best(Measure.LOG_LIKELIHOOD).isEmpty());
  }

  @Test
  void theBestLogLikelihoodIsFound() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(1, "kl=2,4,8"));
    sweep.putAll(
        point -> {
          Figures figures = of(point, RateDistortionTest::rl, RateDistortionTest::beta);
          figures.logLikelihood = -100 + figures.testKl;
          return figures;
        });
    RateDistortion.Line line = curve(sweep).lines().getFirst();
    assertEquals("8", line.best(Measure.LOG_LIKELIHOOD).orElseThrow().values().get("kl"));
  }

  /** A seed that diverged at one end has no chord; the others have. */
  @Test
  void aSeedNeedsBothEnds() {
    MadeUpSweep sweep = sweep(3, "kl=2,4");
    sweep.put(1, Figures.ended(ExitReason.DIVERGED, "It diverged."));
    SlopeCheck check = curve(sweep).checks().getFirst();
    assertEquals(2, check.slope().n());
    assertEquals(5, check.runs());
    sweep.put(0, Figures.ended(ExitReason.DIVERGED, "It diverged."));
    check = curve(sweep).checks().getFirst();
    assertEquals(1, check.slope().n());
    assertEquals("one seed", check.verdict());
    sweep.put(2, Figures.ended(ExitReason.DIVERGED, "It diverged."));
    assertTrue(sweep.read().rateDistortion().isEmpty());
  }

  @Test
  void pointsOfOneKlHaveNoSlope() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "kl=2,4"));
    sweep.putAll(
        point -> {
          Figures figures = of(point, RateDistortionTest::rl, RateDistortionTest::beta);
          figures.trainKl = 3;
          return figures;
        });
    assertEquals(List.of(), curve(sweep).checks());
  }

  /** What is minimised under a capacity is gamma |KL - C|: its gamma is no trade-off. */
  @Test
  void otherLossesHaveNoCheck() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "kl=2,4"));
    sweep.putAll(
        point -> {
          Figures figures = of(point, RateDistortionTest::rl, RateDistortionTest::beta);
          figures.rule = new CapacityRule(figures.setPoint, 10, 1);
          return figures;
        });
    RateDistortion curve = curve(sweep);
    assertFalse(curve.lines().getFirst().isWeighted());
    assertEquals(List.of(), curve.checks());
  }

  /** beta leads KL as a set point does; such runs have nothing to settle at. */
  @Test
  void aSweepOfBetaHasACurve() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "beta=8,4,1"));
    sweep.putAll(
        point -> {
          double beta = MadeUpSweep.number(point, "beta");
          double kl = -Math.log(beta / 18) / CURVE;
          Figures figures = Figures.of(rl(kl), kl);
          figures.beta = beta;
          figures.setPoint = null;
          return figures;
        });
    RateDistortion curve = curve(sweep);
    assertEquals("beta", curve.along());
    assertEquals(2, curve.checks().size());
    assertEquals(0, curve.checks().getFirst().disagreement(), 1e-9);
    assertTrue(curve.checks().getFirst().isSettled());
  }

  /** A picture of hundreds of lines is none: the best ones are drawn, and the title says so. */
  @Test
  void theBestOfManyLinesAreDrawn() {
    assertEquals(
        "Rate and distortion of the test images, with 95 % intervals over seeds",
        SweepPictures.of(curve(sweep(2, "kl=2,4"))).title());
    assertEquals(
        "Rate and distortion of the test images, the 12 best of 14 lines",
        SweepPictures.of(
                curve(
                    new MadeUpSweep(
                            temp.resolve("many"),
                            MadeUpSweep.grid(1, "lr=1,2,3,4,5,6,7,8,9,10,11,12,13,14", "kl=2,4"))
                        .with(
                            point -> of(point, RateDistortionTest::rl, RateDistortionTest::beta))))
            .title());
  }

  @Test
  void aSweepOfSomethingElseHasNone() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "kl=4", "lr=1,2"));
    sweep.putAll(point -> of(point, RateDistortionTest::rl, RateDistortionTest::beta));
    assertTrue(sweep.read().rateDistortion().isEmpty());
  }
}
