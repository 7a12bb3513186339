// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import java.util.Locale;

/** What every engine refuses alike, see {@link VaeModel}. */
public final class ModelArguments {
  private ModelArguments() {}

  /** Refuses images that are not of the network's size. */
  public static void requireFits(VaeShape shape, ImageSet images) {
    if (images.imageSize() != shape.inputs()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "images of %d pixels for a network of %d inputs",
              images.imageSize(),
              shape.inputs()));
    }
  }

  /** Refuses images that have grey pixels, where all have to be black or white. */
  private static void requireDrawn(Objective objective, ImageSet images) {
    if (objective.targets().isDrawn() && images.hasGrey()) {
      throw new IllegalArgumentException("grey images for " + objective.name());
    }
  }

  /** Refuses what {@link Trainee#replaceImages} does. */
  public static void requireReplaces(TrainingSettings settings, ImageSet images, ImageSet others) {
    Objective objective = settings.objective();
    if (!objective.targets().isDrawn()) {
      throw new IllegalArgumentException("images of %s stay".formatted(objective.name()));
    }
    if (others.size() != images.size() || others.imageSize() != images.imageSize()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d images of %d pixels in place of %d of %d",
              others.size(),
              others.imageSize(),
              images.size(),
              images.imageSize()));
    }
    requireDrawn(objective, others);
  }

  /** Refuses what {@link Trainee#trainEpoch} does. */
  public static void requireTrains(TrainingSettings settings, ImageSet images, BatchOrder order) {
    requireDrawn(settings.objective(), images);
    int last = order.size(order.batches() - 1);
    long count = (long) (order.batches() - 1) * order.batchSize() + last;
    boolean isWhole = last == order.batchSize() && count <= images.size();
    if (order.batchSize() != settings.batchSize() || !(isWhole || count == images.size())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "batches of %d, together %d images, for a trainee of %d images in batches of %d",
              order.batchSize(),
              count,
              images.size(),
              settings.batchSize()));
    }
  }

  /** Refuses what {@link VaeModel#encode} does. */
  public static void requireEncodes(
      VaeShape shape,
      Objective objective,
      ImageSet images,
      int first,
      int count,
      float[] mean,
      float[] logVariance) {
    requireImages(shape, objective, images, first, count);
    requireLength("means", (long) count * shape.latent(), mean);
    requireLength("log variances", (long) count * shape.latent(), logVariance);
  }

  /** Refuses what {@link VaeModel#decode} does. */
  public static void requireDecodes(VaeShape shape, float[] z, int count, float[] mean) {
    if (count < 0) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, "%d latent points", count));
    }
    requireLength("latent points", (long) count * shape.latent(), z);
    requireLength("pixels", (long) count * shape.inputs(), mean);
  }

  /** Refuses what {@link VaeModel#logits} does. */
  public static void requireLogits(
      VaeShape shape, float[] z, int count, float[] logits, float[] logPartition) {
    requireDecodes(shape, z, count, logits);
    requireLength("log partitions", count, logPartition);
  }

  /** Refuses what {@link VaeModel#reconstructionLoss} does. */
  public static void requireScores(
      VaeShape shape,
      Objective objective,
      ImageSet images,
      int first,
      int count,
      int samples,
      float[] z,
      float[] loss) {
    requireImages(shape, objective, images, first, count);
    if (samples < 1) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, "%d samples", samples));
    }
    requireLength("latent points", Math.multiplyExact((long) count * samples, shape.latent()), z);
    requireLength("losses", (long) count * samples, loss);
  }

  /** Refuses an array that is not exactly as long as it has to be. */
  public static void requireLength(String what, long expected, float[] floats) {
    if (floats.length != expected) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: %d floats where there have to be %d",
              what,
              floats.length,
              expected));
    }
  }

  private static void requireImages(
      VaeShape shape, Objective objective, ImageSet images, int first, int count) {
    requireFits(shape, images);
    requireDrawn(objective, images);
    if (first < 0 || count < 0 || count > images.size() - first) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "images %d to %d of %d", first, (long) first + count, images.size()));
    }
  }
}
