// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.Digests;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A dataset that can be downloaded: four gzipped IDX files with published checksums.
 *
 * @param name what {@code --data} calls it, and the cache folder's name
 * @param mirrors folders on the web that hold the files, in the order in which they are tried
 * @param algorithm what the checksums are of
 * @param checksums checksum of each file in lower-case hex
 */
record PublishedDataset(
    String name, List<URI> mirrors, Algorithm algorithm, Map<IdxPart, String> checksums) {

  /** What a published checksum is of. */
  enum Algorithm {
    /** SHA-256 of the uncompressed file: holds whichever gzip program wrapped it. */
    SHA256_OF_IDX("SHA-256"),
    /** MD5 of the gzipped file: all that was published with the two younger datasets. */
    MD5_OF_GZIP("MD5");

    private final String label;

    Algorithm(String label) {
      this.label = label;
    }
  }

  /** MNIST: Y. LeCun, C. Cortes, C. Burges. */
  static final PublishedDataset MNIST =
      new PublishedDataset(
          "mnist",
          List.of(
              URI.create("https://ossci-datasets.s3.amazonaws.com/mnist/"),
              URI.create("https://storage.googleapis.com/cvdf-datasets/mnist/"),
              URI.create("https://raw.githubusercontent.com/fgnt/mnist/master/")),
          Algorithm.SHA256_OF_IDX,
          Map.of(
              IdxPart.TRAIN_IMAGES,
              "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
              IdxPart.TRAIN_LABELS,
              "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
              IdxPart.TEST_IMAGES,
              "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
              IdxPart.TEST_LABELS,
              "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"));

  /**
   * Fashion-MNIST: H. Xiao, K. Rasul, R. Vollgraf. Its README publishes MD5s of the gzipped files
   * and nothing else. Against accidents, which is what plain HTTP needs here, MD5 is enough.
   */
  static final PublishedDataset FASHION_MNIST =
      new PublishedDataset(
          "fashion-mnist",
          List.of(
              URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
              URI.create(
                  "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/")),
          Algorithm.MD5_OF_GZIP,
          Map.of(
              IdxPart.TRAIN_IMAGES, "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
              IdxPart.TRAIN_LABELS, "25c81989df183df01b3e8a0aad5dffbe",
              IdxPart.TEST_IMAGES, "bef4ecab320f06d8554ea6380940ec79",
              IdxPart.TEST_LABELS, "bb300cfdad3c16e7a12a480ee83cd310"));

  /**
   * Kuzushiji-MNIST: T. Clanuwat et al. Its authors publish no checksum; these MD5s of the gzipped
   * files are those that PyTorch's torchvision checks its downloads with.
   */
  static final PublishedDataset KMNIST =
      new PublishedDataset(
          "kmnist",
          List.of(URI.create("http://codh.rois.ac.jp/kmnist/dataset/kmnist/")),
          Algorithm.MD5_OF_GZIP,
          Map.of(
              IdxPart.TRAIN_IMAGES, "bdb82020997e1d708af4cf47b453dcf7",
              IdxPart.TRAIN_LABELS, "e144d726b3acfaa3e44228e80efcd344",
              IdxPart.TEST_IMAGES, "5c965bf0a639b31b8f53240b1b52f4d7",
              IdxPart.TEST_LABELS, "7320c461ea6c1c855c0b718fb2a4b134"));

  /** All of them, MNIST first. */
  static final List<PublishedDataset> ALL = List.of(MNIST, FASHION_MNIST, KMNIST);

  /** Copies the collections. */
  PublishedDataset {
    mirrors = List.copyOf(mirrors);
    checksums = Map.copyOf(checksums);
  }

  /**
   * Compares a file with its published checksum.
   *
   * @param file which of the four
   * @param path where it was read from
   * @param content what was read
   * @return what is wrong, as a phrase that goes after the file's path or URL; empty if it is the
   *     published file
   */
  Optional<String> mismatch(IdxPart file, Path path, IdxFile content) throws IOException {
    String actual =
        switch (algorithm) {
          case SHA256_OF_IDX -> content.sha256();
          case MD5_OF_GZIP -> Digests.hex(Digests.named("MD5"), path);
        };
    String expected = checksums.get(file);
    return actual.equals(expected)
        ? Optional.empty()
        : Optional.of(
            "is not %s's file: its %s is %s and not %s"
                .formatted(name, algorithm.label, actual, expected));
  }
}
