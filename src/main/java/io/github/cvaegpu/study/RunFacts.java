// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.eval.AggregatePosterior;
import io.github.cvaegpu.eval.LatentMeasures.LabelSeparation;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.report.Series;
import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.RunFigures.FirstBelow;
import io.github.cvaegpu.study.RunFigures.Held;
import io.github.cvaegpu.study.RunFigures.HeldOut;
import io.github.cvaegpu.study.RunFigures.LabelFigure;
import io.github.cvaegpu.study.RunFigures.Last;
import io.github.cvaegpu.study.RunFigures.LatentFigures;
import io.github.cvaegpu.study.RunFigures.Separation;
import io.github.cvaegpu.study.StudyRun.Role;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * A finished run and what was measured of its model.
 *
 * @param planned which run of the study it is
 * @param run its folder
 * @param series its steps
 * @param evaluation of its model
 */
record RunFacts(StudyRun planned, Run run, Series series, RunEvaluation evaluation) {

  /** The figures that the study's sentences are judged by. */
  RunFigures figures() {
    return figures(planned, series, evaluation);
  }

  static RunFigures figures(StudyRun run, Series series, RunEvaluation evaluation) {
    TrainingPlan plan = run.plan();
    boolean isHeld = run.role() != Role.BETA;
    float[] studyLoss = studyLoss(series);
    List<FirstBelow> firstBelow = new ArrayList<>();
    for (int threshold : RunFigures.THRESHOLDS) {
      firstBelow.add(
          new FirstBelow(Accounting.STANDARD, threshold, firstBelow(series.rl(), threshold)));
      firstBelow.add(new FirstBelow(Accounting.STUDY, threshold, firstBelow(studyLoss, threshold)));
    }
    return new RunFigures(
        run.role(),
        plan.learningRate(),
        isHeld ? target(plan, series).kl() : Double.NaN,
        plan.seed(),
        plan.epochs(),
        series.size(),
        firstBelow,
        new Last(
            Series.lastMean(series.rl()),
            Series.lastMean(series.kl()),
            Series.lastMean(series.beta()),
            Series.lastMean(studyLoss)),
        isHeld ? held(target(plan, series), series) : null,
        heldOut(evaluation));
  }

  private static BetaRule.Target target(TrainingPlan plan, Series series) {
    return plan.rule().target(series.rl()[0], series.size()).orElseThrow();
  }

  /** From the steps and not from {@code run.json}, which may be an older program's. */
  private static Held held(BetaRule.Target target, Series series) {
    var builder = new ControlReport.Builder(target);
    for (int i = 0; i < series.size(); i++) {
      builder.accept(i + 1L, series.kl()[i], series.beta()[i]);
    }
    ControlReport report = builder.build();
    return new Held(
        report.tailSteps(),
        report.offset(),
        report.spread(),
        report.settlingStep(),
        report.overshoot(),
        report.atMin().fraction() + report.atMax().fraction());
  }

  private static HeldOut heldOut(RunEvaluation evaluation) {
    LabelSeparation labels = evaluation.latent().labels();
    AggregatePosterior.Parts parts = evaluation.aggregate().plugIn();
    return new HeldOut(
        evaluation.test().reconstructionLoss().mean(),
        evaluation.test().klDivergence().mean(),
        evaluation.test().elbo().mean(),
        evaluation.test().importanceWeightedBound().mean(),
        evaluation.exact().logLikelihood().mean(),
        evaluation.exact().approximationGap().mean(),
        evaluation.exact().amortisationGap().mean(),
        new LatentFigures(
            evaluation.latent().activeUnits(),
            parts.mutualInformation().mean(),
            parts.klToPrior().mean(),
            parts.totalCorrelation().mean()),
        evaluation.byLabel().stream()
            .map(loss -> new LabelFigure(loss.label(), loss.reconstructionLoss().mean()))
            .toList(),
        labels == null
            ? null
            : new Separation(
                labels.neighbourAccuracy(), labels.probeAccuracy(), labels.labelMig()));
  }

  /** What the study logged as reconstruction loss: RL + beta KL, the loss that is minimised. */
  static float[] studyLoss(Series series) {
    float[] loss = new float[series.size()];
    for (int i = 0; i < loss.length; i++) {
      loss[i] = series.rl()[i] + series.beta()[i] * series.kl()[i];
    }
    return loss;
  }

  /**
   * The first step whose window, it and the {@value Series#WINDOW} - 1 before it, has a mean below
   * a threshold.
   *
   * @return from {@value Series#WINDOW}; empty if there is none
   */
  static OptionalLong firstBelow(float[] values, double threshold) {
    float[] means = Series.windowMeans(values);
    for (int i = Series.WINDOW - 1; i < means.length; i++) {
      if (means[i] < threshold) {
        return OptionalLong.of(i + 1L);
      }
    }
    return OptionalLong.empty();
  }
}
