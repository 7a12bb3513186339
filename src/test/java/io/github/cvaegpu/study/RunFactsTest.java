// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.eval.AggregatePosterior;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.LatentMeasures;
import io.github.cvaegpu.eval.LatentMeasures.LabelSeparation;
import io.github.cvaegpu.eval.MutualInformation;
import io.github.cvaegpu.report.Series;
import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.RunEvaluation.LabelLoss;
import io.github.cvaegpu.study.RunFigures.LabelFigure;
import io.github.cvaegpu.study.StudyRun.Role;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What is made of a run's steps and measures. */
class RunFactsTest {
  private static final Study STUDY = new Study(List.of(0.001, 0.0001), 50, 2, List.of(8.0), false);

  private static final int STEPS = 3000;

  /**
   * RL falls by 0.05 a step from 200, KL is 0.1 above the set point, beta 0.5, once 10, twice 0.01.
   */
  private static Series series() {
    var builder = new Series.Builder();
    for (int step = 1; step <= STEPS; step++) {
      float beta = step == 7 ? 10 : step < 3 ? 0.01f : 0.5f;
      builder.accept(step, 200 - 0.05f * step, (float) (Study.setPoint() + 0.1), beta);
    }
    return builder.build();
  }

  private static final ExactLikelihood EXACT =
      new ExactLikelihood(
          9, estimate(-129), estimate(9), estimate(2), estimate(7), 0.001, 0.002, 0.003, 7, 0, 0);

  private static final AggregatePosterior.Parts PARTS =
      new AggregatePosterior.Parts(estimate(7.5), estimate(0.5), estimate(0.3), estimate(0.2));

  private static final AggregatePosterior AGGREGATE =
      new AggregatePosterior(9, 9, estimate(8), PARTS, PARTS, null);

  private static Estimate estimate(double mean) {
    return new Estimate(mean, 0.1);
  }

  private static RunEvaluation evaluation(LabelSeparation labels) {
    var train = new Evaluation(9, 1, estimate(1), estimate(2), estimate(3), estimate(4), 1);
    var test =
        new Evaluation(9, 100, estimate(130), estimate(8), estimate(-138), estimate(-134), 60);
    return new RunEvaluation(
        RunEvaluation.FORMAT,
        "ab",
        train,
        test,
        EXACT,
        new LatentMeasures(9, List.of(), 2, new MutualInformation(2, 0.1, 2.2, 9), labels, null),
        AGGREGATE,
        labels == null
            ? List.of()
            : List.of(new LabelLoss(3, estimate(150)), new LabelLoss(8, estimate(155))));
  }

  private static RunFigures figures(Role role, LabelSeparation labels) {
    StudyRun run =
        STUDY.runs().stream()
            .filter(one -> one.role() == role && one.plan().seed() == 1)
            .filter(one -> one.plan().learningRate() == 0.0001)
            .findFirst()
            .orElseThrow();
    return RunFacts.figures(run, series(), evaluation(labels));
  }

  @Test
  void aControlVaesFiguresAreThoseOfItsStepsAndItsModel() {
    RunFigures figures = figures(Role.CONTROL, new LabelSeparation(0.8, 0.6, 0.1));
    assertEquals(Role.CONTROL, figures.role());
    assertEquals(0.0001, figures.learningRate());
    assertEquals(9.97, figures.setPoint());
    assertEquals(1, figures.seed());
    assertEquals(50, figures.epochs());
    assertEquals(STEPS, figures.steps());
    assertEquals(130, figures.test().rl());
    assertEquals(8, figures.test().kl());
    assertEquals(-138, figures.test().elbo());
    assertEquals(-134, figures.test().bound());
    assertEquals(-129, figures.test().logLikelihood());
    assertEquals(2, figures.test().approximationGap());
    assertEquals(7, figures.test().amortisationGap());
    assertEquals(
        List.of(new LabelFigure(3, 150), new LabelFigure(8, 155)), figures.test().rlByLabel());
    assertEquals(155, figures.test().rl(8));
    assertTrue(Double.isNaN(figures.test().rl(2)));
    assertEquals(new RunFigures.Separation(0.8, 0.6, 0.1), figures.test().separation());
  }

  /** The mean over steps 2901 to 3000, whose middle is 2950.5. */
  @Test
  void theLastMeansAreInBothAccountings() {
    RunFigures.Last last = figures(Role.CONTROL, null).last();
    double rl = 200 - 0.05 * 2950.5;
    assertEquals(rl, last.rl(), 1e-4);
    assertEquals(10.07, last.kl(), 1e-5);
    assertEquals(0.5, last.beta(), 1e-9);
    assertEquals(rl + 0.5 * 10.07, last.studyRl(), 1e-4);
    assertEquals(-(rl + 10.07), last.elbo(), 1e-4);
    assertEquals(-(rl + 1.5 * 10.07), last.studyElbo(), 1e-4);
  }

  /**
   * At step s the mean of the last 100 is 200 - 0.05 (s - 49.5): below 150 from step 1050 on, and
   * 5.035 more in the study's accounting from 1151 on.
   */
  @Test
  void aThresholdIsPassedByTheMeanOfTheLastHundredSteps() {
    RunFigures figures = figures(Role.CONTROL, null);
    assertEquals(OptionalLong.of(1050), figures.firstBelow(Accounting.STANDARD, 150));
    assertEquals(OptionalLong.of(1151), figures.firstBelow(Accounting.STUDY, 150));
    assertEquals(OptionalLong.of(1450), figures.firstBelow(Accounting.STANDARD, 130));
    assertEquals(2 * RunFigures.THRESHOLDS.size(), figures.firstBelow().size());
  }

  @Test
  void aThresholdNeedsAWholeWindow() {
    float[] loss = new float[150];
    for (int i = 0; i < loss.length; i++) {
      loss[i] = 200 - i;
    }
    // Step 100: the mean of 200 to 101 is 150.5; step 101: 149.5.
    assertEquals(OptionalLong.of(101), RunFacts.firstBelow(loss, 150));
    assertEquals(OptionalLong.of(100), RunFacts.firstBelow(loss, 151));
    assertEquals(OptionalLong.of(100), RunFacts.firstBelow(loss, 1000));
    assertEquals(OptionalLong.empty(), RunFacts.firstBelow(loss, 10));
    // Below is not at.
    assertEquals(OptionalLong.of(102), RunFacts.firstBelow(loss, 149.5));
    assertEquals(OptionalLong.empty(), RunFacts.firstBelow(new float[99], 1000));
    assertEquals(OptionalLong.of(100), RunFacts.firstBelow(new float[100], 1000));
  }

  @Test
  void howItWasHeldIsMeasuredFromItsSteps() {
    RunFigures.Held held = figures(Role.CONTROL, null).held();
    assertTrue(held.tailSteps() > 0 && held.tailSteps() <= 1000, "tail " + held.tailSteps());
    assertEquals(0.1, held.offset(), 1e-5);
    assertEquals(0.1, held.spread(), 1e-5);
    // Its first step is 1.
    Series series = series();
    var builder = new ControlReport.Builder(PiRule.defaults().target().orElseThrow());
    for (int step = 1; step <= STEPS; step++) {
      builder.accept(step, series.kl()[step - 1], series.beta()[step - 1]);
    }
    assertTrue(held.settlingStep().isPresent());
    assertEquals(builder.build().settlingStep(), held.settlingStep());
    assertEquals(0.1, held.overshoot().orElseThrow(), 1e-5);
    assertEquals(3.0 / STEPS, held.atLimits(), 1e-12);
  }

  @Test
  void aBetaVaeHoldsNothingAndARivalHoldsItsOwnSetPoint() {
    RunFigures beta = figures(Role.BETA, null);
    assertNull(beta.held());
    assertTrue(Double.isNaN(beta.setPoint()));
    RunFigures rival = figures(Role.RIVAL, null);
    assertEquals(8, rival.setPoint());
    assertEquals(2.07, rival.held().offset(), 1e-5);
    assertNull(rival.test().separation());
    assertEquals(List.of(), rival.test().rlByLabel());
  }

  /** A file of another model or of an older program is measured anew. */
  @Test
  void anEvaluationIsOfOneModelAndWhole() {
    RunEvaluation whole = evaluation(null);
    assertTrue(whole.isOf("ab"));
    assertFalse(whole.isOf("cd"));
    int format = RunEvaluation.FORMAT;
    List<LabelLoss> none = List.of();
    assertEquals(4, format);
    var train = whole.train();
    var test = whole.test();
    var exact = whole.exact();
    var latent = whole.latent();
    for (RunEvaluation other :
        List.of(
            new RunEvaluation(0, "ab", train, test, exact, latent, AGGREGATE, none),
            new RunEvaluation(format + 1, "ab", train, test, exact, latent, AGGREGATE, none),
            new RunEvaluation(format, null, train, test, exact, latent, AGGREGATE, none),
            new RunEvaluation(format, "ab", null, test, exact, latent, AGGREGATE, none),
            new RunEvaluation(format, "ab", train, null, exact, latent, AGGREGATE, none),
            new RunEvaluation(format, "ab", train, test, null, latent, AGGREGATE, none),
            new RunEvaluation(format, "ab", train, test, exact, null, AGGREGATE, none),
            new RunEvaluation(format, "ab", train, test, exact, latent, null, none),
            new RunEvaluation(format, "ab", train, test, exact, latent, AGGREGATE, null))) {
      assertFalse(other.isOf("ab"), other.toString());
    }
  }

  @Test
  void whatWasNotMeasuredIsMissing() {
    RunFigures none = FiguresOf.control(0).build();
    assertEquals(OptionalLong.empty(), none.firstBelow(Accounting.STANDARD, 1));
  }
}
