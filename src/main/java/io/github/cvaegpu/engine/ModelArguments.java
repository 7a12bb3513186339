// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
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

  /** Refuses what {@link Trainee#trainEpoch} does. */
  public static void requireTrains(TrainingSettings settings, ImageSet images, BatchOrder order) {
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
      VaeShape shape, ImageSet images, int first, int count, float[] mean, float[] logVariance) {
    requireImages(shape, images, first, count);
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
      VaeShape shape, ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
    requireImages(shape, images, first, count);
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

  private static void requireImages(VaeShape shape, ImageSet images, int first, int count) {
    requireFits(shape, images);
    if (first < 0 || count < 0 || count > images.size() - first) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "images %d to %d of %d", first, (long) first + count, images.size()));
    }
  }
}
