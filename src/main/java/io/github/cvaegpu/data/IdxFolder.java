// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A folder of four IDX files, or of two where the images have no labels. */
final class IdxFolder {
  private final Path folder;

  IdxFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * Reads a folder of the user's own that has one of the four files at least. If every file has a
   * published checksum, the dataset gets the published name and is verified, else it has the
   * folder's name. Without the test files it is of one part.
   *
   * @throws InputException if the folder or a file of it cannot be used, or if it has two files for
   *     one that do not hold the same
   */
  Parts read(List<PublishedDataset> published) {
    Map<IdxPart, Path> paths = new EnumMap<>(IdxPart.class);
    for (IdxPart file : IdxPart.values()) {
      file.in(folder).ifPresent(path -> paths.put(file, path));
    }
    requireAll(paths);
    Map<IdxPart, IdxFile> contents = new EnumMap<>(IdxPart.class);
    paths.forEach(
        (file, path) -> {
          IdxFile content = IdxFile.read(path, file.kind());
          requireTheSame(file, path, content);
          contents.put(file, content);
        });
    for (PublishedDataset candidate : published) {
      if (contents.size() == IdxPart.values().length && is(candidate, paths, contents)) {
        return Parts.of(dataset(candidate.name(), Dataset.Status.VERIFIED, contents));
      }
    }
    if (contents.containsKey(IdxPart.TEST_IMAGES)) {
      return Parts.of(dataset(name(folder), Dataset.Status.UNVERIFIED, contents));
    }
    return new Parts(
        name(folder),
        folder.toString(),
        Dataset.Status.UNVERIFIED,
        training(contents),
        Optional.empty(),
        false,
        Optional.empty(),
        List.of());
  }

  private void requireAll(Map<IdxPart, Path> paths) {
    String missing =
        Stream.of(IdxPart.values())
            .filter(file -> !paths.containsKey(file))
            .map(IdxPart::idxName)
            .collect(Collectors.joining(", "));
    // Labels are for pictures and measures; training does without.
    boolean areImagesThere =
        paths.containsKey(IdxPart.TRAIN_IMAGES) && paths.containsKey(IdxPart.TEST_IMAGES);
    boolean areLabelsThere =
        paths.containsKey(IdxPart.TRAIN_LABELS) || paths.containsKey(IdxPart.TEST_LABELS);
    boolean isOnePart =
        paths.containsKey(IdxPart.TRAIN_IMAGES)
            && !paths.containsKey(IdxPart.TEST_IMAGES)
            && !paths.containsKey(IdxPart.TEST_LABELS);
    if (!missing.isEmpty() && !isOnePart && !(areImagesThere && !areLabelsThere)) {
      throw new InputException(
          "The folder %s holds only a part of a dataset: it lacks %s, plain or with .gz."
              .formatted(folder, missing));
    }
  }

  /**
   * A plain file beside the gzipped one is usual; which to take if they differ, nobody can know.
   */
  private void requireTheSame(IdxPart file, Path taken, IdxFile content) {
    for (Path other : file.all(folder)) {
      if (!other.equals(taken)
          && !IdxFile.read(other, file.kind()).sha256().equals(content.sha256())) {
        throw new InputException(
            "%s and %s do not hold the same, and either could be the file %s: keep one of them."
                .formatted(taken, other, file.idxName()));
      }
    }
  }

  private static boolean is(
      PublishedDataset candidate, Map<IdxPart, Path> paths, Map<IdxPart, IdxFile> contents) {
    // The small files come first: they tell datasets apart without another look at the large ones.
    return Stream.of(
            IdxPart.TEST_LABELS, IdxPart.TRAIN_LABELS, IdxPart.TEST_IMAGES, IdxPart.TRAIN_IMAGES)
        .allMatch(file -> mismatch(candidate, file, paths.get(file), contents.get(file)).isEmpty());
  }

  /**
   * Reads one file of a published dataset.
   *
   * @return its content; empty if there is no such file
   * @throws InputException if it is not the published file
   */
  Optional<IdxFile> readPublished(PublishedDataset dataset, IdxPart file) {
    Optional<Path> path = file.in(folder);
    Optional<IdxFile> content = path.map(p -> IdxFile.read(p, file.kind()));
    if (content.isPresent()) {
      mismatch(dataset, file, path.get(), content.get())
          .ifPresent(
              wrong -> {
                throw new InputException("%s %s.".formatted(path.get(), wrong));
              });
    }
    return content;
  }

  private static Optional<String> mismatch(
      PublishedDataset dataset, IdxPart file, Path path, IdxFile content) {
    try {
      return dataset.mismatch(file, path, content);
    } catch (IOException e) {
      throw new InputException("%s cannot be read (%s).".formatted(path, e.getMessage()), e);
    }
  }

  /**
   * Puts four files together.
   *
   * @throws InputException if they do not go together
   */
  Dataset dataset(String name, Dataset.Status status, Map<IdxPart, IdxFile> contents) {
    ImageSet train = training(contents);
    ImageSet test =
        images("test", contents.get(IdxPart.TEST_IMAGES), contents.get(IdxPart.TEST_LABELS));
    if (train.height() != test.height() || train.width() != test.width()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The folder %s has training images of %d x %d pixels and test images of %d x %d.",
              folder,
              train.height(),
              train.width(),
              test.height(),
              test.width()));
    }
    Map<String, String> sha256 =
        contents.entrySet().stream()
            .collect(Collectors.toMap(e -> e.getKey().idxName(), e -> e.getValue().sha256()));
    return new Dataset(name, train, test, folder.toString(), status, sha256);
  }

  private ImageSet training(Map<IdxPart, IdxFile> contents) {
    return images(
        "training", contents.get(IdxPart.TRAIN_IMAGES), contents.get(IdxPart.TRAIN_LABELS));
  }

  private ImageSet images(String split, IdxFile images, IdxFile labels) {
    if (labels == null) {
      return ImageSet.withoutLabels(
          images.height(), images.width(), images.bytes(), images.count());
    }
    if (images.count() != labels.count()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The folder %s has %d %s images and %d labels for them.",
              folder,
              images.count(),
              split,
              labels.count()));
    }
    return new ImageSet(images.height(), images.width(), images.bytes(), labels.bytes());
  }

  /** What a folder or a file is called, wherever it lies. */
  static String name(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? path.toString() : last.toString();
  }
}
