// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.random.Permutation;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Locale;

/**
 * The order of the images in one epoch, cut into batches. Every image occurs once; the last batch
 * is smaller where the batch size does not divide the number of images.
 *
 * <p>The order is addressed by (seed, epoch): any epoch's can be had without those before it.
 */
public final class BatchOrder {
  private final int epoch;
  private final int[] order;
  private final int batchSize;
  private final int firstBatch;

  private BatchOrder(int epoch, int[] order, int batchSize, int firstBatch) {
    this.epoch = epoch;
    this.order = order;
    this.batchSize = batchSize;
    this.firstBatch = firstBatch;
  }

  /**
   * The order of an epoch.
   *
   * @param seed the run's seed
   * @param epoch from 0
   * @param images number of images
   * @param batchSize from 1 to {@code images}
   */
  public static BatchOrder shuffled(long seed, int epoch, int images, int batchSize) {
    if (batchSize < 1 || batchSize > images) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "batch size %d of %d images", batchSize, images));
    }
    int[] order = Permutation.of(images, seed, RandomPurpose.BATCH_ORDER, epoch);
    return new BatchOrder(epoch, order, batchSize, 0);
  }

  /** The same order, to be trained on from a later batch: how an interrupted epoch goes on. */
  public BatchOrder from(int batch) {
    if (batch < 0 || batch > batches()) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "batch %d of %d", batch, batches()));
    }
    return new BatchOrder(epoch, order, batchSize, batch);
  }

  /** The epoch, from 0. */
  public int epoch() {
    return epoch;
  }

  /** Images in every batch but perhaps the last. */
  public int batchSize() {
    return batchSize;
  }

  /** Batches in the whole epoch. */
  public int batches() {
    return Math.ceilDiv(order.length, batchSize);
  }

  /** The batch to begin with. */
  public int firstBatch() {
    return firstBatch;
  }

  /** Images in a batch: {@code batchSize()}, or fewer in the last. */
  public int size(int batch) {
    return Math.min(batchSize, order.length - batch * batchSize);
  }

  /** Indices of all images of the epoch, batch after batch. */
  public int[] images() {
    return order.clone();
  }

  /** Index of the image at a place of a batch. */
  public int image(int batch, int place) {
    return order[batch * batchSize + place];
  }
}
