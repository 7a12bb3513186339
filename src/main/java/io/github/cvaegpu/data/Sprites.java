// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.data.Factors.Factor;
import io.github.cvaegpu.random.Permutation;
import io.github.cvaegpu.random.RandomPurpose;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * White shapes on black, 32 x 32 pixels, drawn by the program: one image for each combination of
 * shape, scale, rotation and place, all of whose values are known. After dSprites (L. Matthey, I.
 * Higgins, D. Hassabis, A. Lerchner, 2017), with fewer values of each factor, smaller images and
 * grey edges; the label is the shape.
 *
 * <p>As in dSprites a square looks the same after a quarter of a turn and an ellipse after half a
 * turn, so that not every image is another one.
 */
public final class Sprites {
  /** The dataset's name. */
  public static final String NAME = "sprites";

  /** Rows and columns of an image. */
  public static final int SIDE = 32;

  /** Images to train on. */
  public static final int TRAIN_IMAGES = 30_000;

  /** Held-out images: the rest. */
  public static final int TEST_IMAGES = 4_560;

  static final int SHAPES = SpriteShape.ALL.size();
  static final int SCALES = 5;
  static final int ROTATIONS = 16;
  static final int PLACES = 12;

  /** Every image is of one value of each. */
  static final List<Factor> FACTORS =
      List.of(
          new Factor("shape", SHAPES, false),
          new Factor("scale", SCALES, true),
          new Factor("rotation", ROTATIONS, true),
          new Factor("x", PLACES, true),
          new Factor("y", PLACES, true));

  private static final long STANDARD_SEED = 0;

  /** What an IDX file of two dimensions of unsigned bytes begins with. */
  private static final int FACTORS_MAGIC = 0x0802;

  private Sprites() {}

  /**
   * The dataset {@code sprites}. It is the same for every run: a run's seed must not change what is
   * learnt from.
   */
  public static Dataset standard() {
    return split(STANDARD_SEED);
  }

  /**
   * All images, in an order of the seed's: the first ones to train on, the others held out.
   *
   * @param seed of the order
   */
  static Dataset split(long seed) {
    int all = TRAIN_IMAGES + TEST_IMAGES;
    int[] order = Permutation.of(all, seed, RandomPurpose.SPRITE_ORDER, 0);
    var stamps = new SpriteStamps();
    ImageSet train = draw(stamps, Arrays.copyOf(order, TRAIN_IMAGES));
    ImageSet test = draw(stamps, Arrays.copyOfRange(order, TRAIN_IMAGES, all));
    return new Dataset(
        NAME,
        train,
        test,
        "drawn by the program",
        Dataset.Status.SYNTHETIC,
        Map.of(
            IdxPart.TRAIN_IMAGES.idxName(),
            IdxFile.sha256(IdxFile.Kind.IMAGES, train),
            IdxPart.TRAIN_LABELS.idxName(),
            IdxFile.sha256(IdxFile.Kind.LABELS, train),
            "train-factors-idx2-ubyte",
            sha256(train.factors().orElseThrow()),
            IdxPart.TEST_IMAGES.idxName(),
            IdxFile.sha256(IdxFile.Kind.IMAGES, test),
            IdxPart.TEST_LABELS.idxName(),
            IdxFile.sha256(IdxFile.Kind.LABELS, test),
            "t10k-factors-idx2-ubyte",
            sha256(test.factors().orElseThrow())));
  }

  /** Images by their numbers among all, the last factor's values fastest. */
  private static ImageSet draw(SpriteStamps stamps, int[] numbers) {
    byte[] pixels = new byte[numbers.length * SIDE * SIDE];
    byte[] labels = new byte[numbers.length];
    byte[] values = new byte[numbers.length * FACTORS.size()];
    int[] image = new int[FACTORS.size()];
    for (int i = 0; i < numbers.length; i++) {
      int left = numbers[i];
      for (int factor = FACTORS.size() - 1; factor >= 0; factor--) {
        int size = FACTORS.get(factor).size();
        image[factor] = left % size;
        left /= size;
        values[i * FACTORS.size() + factor] = (byte) image[factor];
      }
      labels[i] = (byte) image[0];
      stamps.draw(image[0], image[1], image[2], image[3], image[4], pixels, i * SIDE * SIDE);
    }
    return new ImageSet(SIDE, SIDE, pixels, labels).withFactors(new Factors(FACTORS, values));
  }

  private static String sha256(Factors factors) {
    MessageDigest digest = Digests.sha256();
    int count = factors.all().size();
    digest.update(
        ByteBuffer.allocate(3 * Integer.BYTES)
            .putInt(FACTORS_MAGIC)
            .putInt(factors.images())
            .putInt(count)
            .array());
    for (int i = 0; i < factors.images() * count; i++) {
      digest.update((byte) factors.value(i / count, i % count));
    }
    return Digests.hex(digest);
  }
}
