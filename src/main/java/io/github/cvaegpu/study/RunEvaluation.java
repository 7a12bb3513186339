// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import com.google.gson.annotations.SerializedName;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.AggregatePosterior;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.LatentMeasures;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.Checkpoint;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * What a finished model is like: {@code evaluation.json} of its run, so that it is measured once.
 *
 * @param format version of this file's layout, and of what is measured
 * @param parametersSha256 of the parameters that were measured
 * @param train the training images, with {@value #TRAIN_SAMPLES} sample each
 * @param test the test images, with {@value #TEST_SAMPLES} samples each
 * @param exact log p(x) of the test images, and the parts of the ELBO's distance from it
 * @param latent the latent space
 * @param aggregate what the KL divergence of the test images is made of
 * @param byLabel reconstruction loss of the test images of each label; empty without labels
 */
public record RunEvaluation(
    int format,
    String parametersSha256,
    Evaluation train,
    Evaluation test,
    ExactLikelihood exact,
    LatentMeasures latent,
    AggregatePosterior aggregate,
    List<LabelLoss> byLabel) {

  /** The version of this layout. What is of another one is measured again. */
  static final int FORMAT = 4;

  static final int TRAIN_SAMPLES = 1;
  static final int TEST_SAMPLES = 100;

  private static final int LABELS = 256;

  /**
   * Reconstruction loss of one label's test images.
   *
   * @param label the label
   * @param reconstructionLoss over its images
   */
  public record LabelLoss(int label, @SerializedName("rl") Estimate reconstructionLoss) {}

  /**
   * Measures a model.
   *
   * @param model with the checkpoint's parameters
   * @param parametersSha256 of them
   */
  static RunEvaluation of(
      VaeModel model, Checkpoint checkpoint, Dataset dataset, String parametersSha256) {
    long seed = checkpoint.plan().seed();
    var evaluator = new Evaluator(model, seed);
    ImageSet test = dataset.test();
    ImageScores scores = evaluator.score(test, TEST_SAMPLES);
    scores.requireFinite();
    List<LabelLoss> byLabel =
        test.hasLabels()
            ? IntStream.range(0, LABELS)
                .filter(
                    label -> IntStream.range(0, test.size()).anyMatch(i -> test.label(i) == label))
                .mapToObj(label -> new LabelLoss(label, scores.reconstructionLoss(test, label)))
                .toList()
            : List.of();
    Posterior posterior = Posterior.of(model, test);
    return new RunEvaluation(
        FORMAT,
        parametersSha256,
        evaluator.evaluate(dataset.train(), TRAIN_SAMPLES),
        scores.evaluation(),
        ExactLikelihood.of(model, checkpoint.objective(), posterior, scores),
        LatentMeasures.of(Posterior.of(model, dataset.train()), posterior, seed),
        AggregatePosterior.of(posterior, seed),
        byLabel);
  }

  /** Whether a file had all of it, and is of these parameters. */
  boolean isOf(String sha256) {
    return format == FORMAT
        && sha256.equals(parametersSha256)
        && isWhole(train)
        && isWhole(test)
        && exact != null
        && exact.logLikelihood() != null
        && exact.approximationGap() != null
        && exact.amortisationGap() != null
        && latent != null
        && latent.dimensions() != null
        && latent.dimensions().stream().allMatch(Objects::nonNull)
        && latent.mutualInformation() != null
        && isWhole(aggregate)
        && byLabel != null
        && byLabel.stream().allMatch(loss -> loss != null && loss.reconstructionLoss() != null);
  }

  private static boolean isWhole(AggregatePosterior aggregate) {
    return aggregate != null
        && aggregate.plugIn() != null
        && aggregate.plugIn().mutualInformation() != null
        && aggregate.plugIn().klToPrior() != null
        && aggregate.plugIn().totalCorrelation() != null;
  }

  private static boolean isWhole(Evaluation evaluation) {
    return evaluation != null
        && evaluation.reconstructionLoss() != null
        && evaluation.klDivergence() != null
        && evaluation.elbo() != null
        && evaluation.importanceWeightedBound() != null;
  }
}
