// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.random.Permutation;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Arrays;
import java.util.Locale;

/**
 * The part of the training images that a run is not trained on but scored on after each epoch.
 *
 * <p>Of n images, round(fraction n) are held out: the first ones of a Philox permutation of the
 * run's seed. Both parts keep the order of the whole.
 *
 * @param fraction of the training images, between 0 and 1
 * @param patience when to stop early; null for a run that never does
 */
public record Validation(double fraction, @AbsentIfNull Patience patience) {
  /** Refuses a fraction that is none, with an {@link InputException}. */
  public Validation {
    if (!(fraction > 0 && fraction < 1)) {
      throw new InputException(
          "The fraction of the training images to validate on must be between 0 and 1, not %s."
              .formatted(fraction));
    }
  }

  /** The same part, and no stopping early. */
  Validation withoutPatience() {
    return new Validation(fraction, null);
  }

  /**
   * How many images are held out.
   *
   * @param images of the whole training set
   * @throws InputException if that leaves none on either side
   */
  public int heldOut(int images) {
    long count = Math.round(fraction * images);
    if (count < 1 || count >= images) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "Validation on %s of %d training images leaves none to %s: take %s fraction.",
              Numbers.plain(fraction),
              images,
              count < 1 ? "validate on" : "train on",
              count < 1 ? "a larger" : "a smaller"));
    }
    return (int) count;
  }

  /** The images to score, of a whole training set: the same object for all that have it. */
  public ImageSet heldOut(ImageSet train, long seed) {
    return part(train, seed, true);
  }

  /** The images to train on, of a whole training set: the same object for all that have it. */
  public ImageSet trainedOn(ImageSet train, long seed) {
    return part(train, seed, false);
  }

  private ImageSet part(ImageSet train, long seed, boolean isHeldOut) {
    int count = heldOut(train.size());
    return SharedParts.of(
        train,
        new SharedParts.Part(seed, count, isHeldOut),
        () -> indices(train.size(), count, seed, isHeldOut));
  }

  private static int[] indices(int images, int count, long seed, boolean isHeldOut) {
    int[] order = Permutation.of(images, seed, RandomPurpose.VALIDATION_IMAGES, 0);
    int[] part = isHeldOut ? Arrays.copyOf(order, count) : Arrays.copyOfRange(order, count, images);
    Arrays.sort(part);
    return part;
  }
}
