// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A training set, a test set and where they came from.
 *
 * @param name {@code mnist}, {@code fashion-mnist}, {@code kmnist}, {@code synthetic}, {@code
 *     sprites}, or the name of a folder or a file
 * @param train images to train on
 * @param test held-out images
 * @param origin where the bytes were found, for people: a folder, a file, or "drawn by the program"
 * @param status how far the bytes are to be trusted
 * @param sha256 SHA-256 (lower-case hex) of each part by the name that its {@link ImageSource} has
 *     for it: of IDX files, uncompressed, by their names, e.g. {@code train-images-idx3-ubyte}; of
 *     all else the same bytes as such a file would hold
 */
public record Dataset(
    String name,
    ImageSet train,
    ImageSet test,
    String origin,
    Status status,
    Map<String, String> sha256) {

  /** How far a dataset's bytes are to be trusted. */
  public enum Status {
    /** Every file has the published checksum. */
    VERIFIED,
    /** A folder or a file of the user's own, with no published checksum to compare with. */
    UNVERIFIED,
    /** Drawn by the program, because it was asked for. */
    SYNTHETIC,
    /** Drawn by the program, because the real data could not be had. */
    SYNTHETIC_FALLBACK
  }

  /** Copies the map. */
  public Dataset {
    sha256 = Map.copyOf(sha256);
  }

  /**
   * Images that were in memory already.
   *
   * @param name for people
   * @throws InputException if the two parts' images differ in size
   */
  public static Dataset inMemory(String name, ImageSet train, ImageSet test) {
    return new Parts(
            name,
            "memory",
            Status.UNVERIFIED,
            train,
            Optional.of(test),
            false,
            Optional.empty(),
            List.of())
        .dataset(0);
  }

  /**
   * The same dataset with other images made of its own.
   *
   * @param madeOfTrain in place of those to train on, as many
   * @param madeOfTest in place of the held-out ones, as many
   */
  public Dataset with(ImageSet madeOfTrain, ImageSet madeOfTest) {
    return new Dataset(name, madeOfTrain, madeOfTest, origin, status, sha256);
  }

  /** The same data, to be trusted differently. */
  Dataset withStatus(Status other) {
    return new Dataset(name, train, test, origin, other, sha256);
  }
}
