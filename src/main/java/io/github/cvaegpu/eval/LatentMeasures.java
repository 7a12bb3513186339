// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What a latent space is like, measured on held-out images.
 *
 * @param images held-out images
 * @param dimensions each latent dimension over them
 * @param activeUnits dimensions whose posterior means have a variance above {@value
 *     #ACTIVE_VARIANCE}: Y. Burda, R. Grosse, R. Salakhutdinov, "Importance weighted autoencoders",
 *     ICLR 2016, section 5
 * @param mutualInformation of image and latent point
 * @param labels how well it keeps labels apart; null if the images have none
 * @param disentanglement whether a dimension is about one factor; null if these are not known
 */
public record LatentMeasures(
    int images,
    List<DimensionStatistics> dimensions,
    int activeUnits,
    MutualInformation mutualInformation,
    LabelSeparation labels,
    Disentanglement disentanglement) {

  /** Variance of a dimension's posterior means above which it is active. */
  public static final double ACTIVE_VARIANCE = 0.01;

  /** Neighbours that are asked for a label. */
  public static final int NEIGHBOURS = 10;

  /**
   * How well a latent space keeps labels apart: fitted on the training images, scored on held-out
   * ones.
   *
   * @param neighbourAccuracy share of images whose label their {@value #NEIGHBOURS} nearest
   *     neighbours tell
   * @param probeAccuracy share of images whose label a linear function of the posterior mean tells
   * @param labelMig label MIG of the held-out images
   */
  public record LabelSeparation(double neighbourAccuracy, double probeAccuracy, double labelMig) {}

  /**
   * Measures a latent space.
   *
   * @param train of the images that the model was trained on
   * @param test of held-out images
   * @param seed of the latent points that mutual information is estimated with, and of the images
   *     that vote on factors
   */
  public static LatentMeasures of(Posterior train, Posterior test, long seed) {
    List<DimensionStatistics> dimensions = dimensions(test);
    boolean labelled = train.images().hasLabels() && test.images().hasLabels();
    boolean made = train.images().factors().isPresent() && test.images().factors().isPresent();
    return new LatentMeasures(
        test.size(),
        dimensions,
        active(dimensions),
        MutualInformation.of(test, seed),
        labelled
            ? new LabelSeparation(
                new NearestNeighbours(train, NEIGHBOURS).accuracy(test),
                new LinearProbe(train).accuracy(test),
                LabelGap.of(test))
            : null,
        made ? Disentanglement.of(train, test, seed) : null);
  }

  /** How many dimensions are active over some images. */
  public static int activeUnits(Posterior posterior) {
    return active(dimensions(posterior));
  }

  private static int active(List<DimensionStatistics> dimensions) {
    return (int) dimensions.stream().filter(DimensionStatistics::isActive).count();
  }

  private static List<DimensionStatistics> dimensions(Posterior posterior) {
    return IntStream.range(0, posterior.latent())
        .mapToObj(dimension -> DimensionStatistics.of(posterior, dimension))
        .toList();
  }
}
