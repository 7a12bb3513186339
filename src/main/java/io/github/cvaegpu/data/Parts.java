// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.random.Permutation;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What an {@link ImageSource} read: training and test images, or images of one part, of which
 * {@code --test-part} makes two.
 *
 * @param name for people
 * @param origin where the bytes were found, for people
 * @param status how far they are to be trusted
 * @param train images to train on, or all where there is one part
 * @param test held-out images; empty if there is one part
 * @param isSorted whether images are in the order of their names, classes one after the other: then
 *     a dataset has them mixed, so that the first ones are of all classes
 * @param sha256 SHA-256 of each part, if it is known
 * @param warnings complete sentences for the user
 */
record Parts(
    String name,
    String origin,
    Dataset.Status status,
    ImageSet train,
    Optional<ImageSet> test,
    boolean isSorted,
    Optional<Map<String, String>> sha256,
    List<String> warnings) {

  /** A run's seed must not change what is learnt from, nor what is held out. */
  private static final long STANDARD_SEED = 0;

  /** Which order a part is put into. */
  private static final int HELD_OUT = 0;

  private static final int TRAIN = 1;
  private static final int TEST = 2;

  /**
   * Copies the warnings.
   *
   * @throws InputException if the parts' images differ in size
   */
  Parts {
    warnings = List.copyOf(warnings);
    if (test.isPresent() && !test.get().shape().equals(train.shape())) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has training images of %d x %d pixels and test images of %d x %d.",
              origin,
              train.height(),
              train.width(),
              test.get().height(),
              test.get().width()));
    }
  }

  /** A dataset that is whole. */
  static Parts of(Dataset dataset) {
    return new Parts(
        dataset.name(),
        dataset.origin(),
        dataset.status(),
        dataset.train(),
        Optional.of(dataset.test()),
        false,
        Optional.of(dataset.sha256()),
        List.of());
  }

  /**
   * Training and test images.
   *
   * @param testPart which part of images of one part is held out; 0 if none was asked for
   * @throws InputException if there is one part and none is to be held out, or the other way round
   */
  Dataset dataset(double testPart) {
    if (test.isPresent()) {
      if (testPart != 0) {
        throw new InputException(
            "--test-part is for images without a test part, and %s has one.".formatted(origin));
      }
      return dataset(
          isSorted ? mixed(train, TRAIN) : train,
          isSorted ? mixed(test.get(), TEST) : test.get(),
          isSorted ? Optional.empty() : sha256);
    }
    if (testPart == 0) {
      throw new InputException(
          "%s has no test images beside those to train on: --test-part 0.1 holds out a tenth."
              .formatted(origin));
    }
    int all = train.size();
    int heldOut = (int) Math.max(1, Math.round(testPart * all));
    if (heldOut == all) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--test-part %s of the %,d images of %s leaves none to train on.",
              testPart,
              all,
              origin));
    }
    int[] order = order(all, HELD_OUT);
    return dataset(
        train.picked(Arrays.copyOf(order, all - heldOut)),
        train.picked(Arrays.copyOfRange(order, all - heldOut, all)),
        Optional.empty());
  }

  private Dataset dataset(ImageSet first, ImageSet second, Optional<Map<String, String>> known) {
    return new Dataset(
        name, first, second, origin, status, known.orElseGet(() -> IdxPart.sha256(first, second)));
  }

  private static ImageSet mixed(ImageSet images, int number) {
    return images.picked(order(images.size(), number));
  }

  private static int[] order(int size, int number) {
    return Permutation.of(size, STANDARD_SEED, RandomPurpose.OWN_IMAGES, number);
  }

  /**
   * Images that are not to be trained on, in the order of the input but for a part that is held
   * out.
   *
   * @param testPart as of {@link #dataset}
   * @param split which part, the test images if it is empty; all images where there is one part
   * @throws InputException if a part is asked for where there is one and none is held out
   */
  ImageSet images(double testPart, Optional<Split> split) {
    if (testPart != 0) {
      Dataset dataset = dataset(testPart);
      return split.equals(Optional.of(Split.TRAIN)) ? dataset.train() : dataset.test();
    }
    if (test.isEmpty() && split.isPresent()) {
      throw new InputException(
          "%s has one part, so that there are no %s images to choose."
              .formatted(origin, split.get()));
    }
    return test.isEmpty() || split.equals(Optional.of(Split.TRAIN)) ? train : test.get();
  }
}
