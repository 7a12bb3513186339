// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The four files of a dataset in the IDX format, named as MNIST's are. */
enum IdxPart {
  TRAIN_IMAGES("train-images", IdxFile.Kind.IMAGES),
  TRAIN_LABELS("train-labels", IdxFile.Kind.LABELS),
  TEST_IMAGES("t10k-images", IdxFile.Kind.IMAGES),
  TEST_LABELS("t10k-labels", IdxFile.Kind.LABELS);

  /** For sentences: all four, as they are downloaded. */
  static final String GZIP_NAMES =
      "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
          + "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz";

  private final String stem;
  private final IdxFile.Kind kind;

  IdxPart(String stem, IdxFile.Kind kind) {
    this.stem = stem;
    this.kind = kind;
  }

  /**
   * Checksums of the files that images would be, by their names; of labels where there are some.
   */
  static Map<String, String> sha256(ImageSet train, ImageSet test) {
    Map<String, String> sums = new TreeMap<>();
    for (IdxPart part : values()) {
      ImageSet images = part == TRAIN_IMAGES || part == TRAIN_LABELS ? train : test;
      if (part.kind == IdxFile.Kind.IMAGES || images.hasLabels()) {
        sums.put(part.idxName(), IdxFile.sha256(part.kind, images));
      }
    }
    return sums;
  }

  IdxFile.Kind kind() {
    return kind;
  }

  /** Name of the uncompressed file, e.g. {@code train-images-idx3-ubyte}. */
  String idxName() {
    return "%s-%s".formatted(stem, suffix());
  }

  /** Name of the file as it is downloaded and cached. */
  String gzipName() {
    return idxName() + ".gz";
  }

  /**
   * Accepted names, the preferred first. A cache that holds a damaged plain file is mended by a
   * download, so the name of downloads comes first; some archives unpack to the dotted spelling.
   */
  private List<String> names() {
    String dotted = "%s.%s".formatted(stem, suffix());
    return List.of(gzipName(), idxName(), dotted + ".gz", dotted);
  }

  private String suffix() {
    return switch (kind) {
      case IMAGES -> "idx3-ubyte";
      case LABELS -> "idx1-ubyte";
    };
  }

  /**
   * The file in a folder, under any of its accepted names: see {@link #all}. Where there is none,
   * what is in the way under such a name, so that who reads it can say what it is.
   */
  Optional<Path> in(Path folder) {
    return all(folder).stream()
        .findFirst()
        .or(
            () ->
                names().stream()
                    .map(folder::resolve)
                    .filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS))
                    .findFirst());
  }

  /**
   * All files in a folder that have an accepted name, the preferred first. Only where there is none
   * are folders of such a name looked into: some unpackers give each file a folder of its own name.
   */
  List<Path> all(Path folder) {
    List<Path> here = files(folder);
    return here.isEmpty()
        ? names().stream().flatMap(name -> files(folder.resolve(name)).stream()).toList()
        : here;
  }

  private List<Path> files(Path folder) {
    return names().stream().map(folder::resolve).filter(Files::isRegularFile).toList();
  }
}
