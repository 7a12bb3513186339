// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Spelling;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The sources of images, in the order in which they are asked.
 *
 * @param all the sources; where two recognise the same, the first reads it
 */
record ImageSources(List<ImageSource> all) {
  /** Copies the list. */
  ImageSources {
    all = List.copyOf(all);
  }

  /** The names of datasets that they answer to. */
  List<String> names() {
    return all.stream().flatMap(source -> source.names().stream()).toList();
  }

  /**
   * Reads what was chosen.
   *
   * @throws InputException if no source recognises it, or it cannot be used
   */
  Parts read(DataChoice choice, DownloadListener listener) {
    if (choice instanceof DataChoice.At at) {
      requireReadable(at.path());
    }
    return all.stream()
        .filter(source -> source.recognises(choice))
        .findFirst()
        .orElseThrow(() -> unknown(choice))
        .read(choice, listener);
  }

  private static void requireReadable(Path path) {
    if (!Files.exists(path)) {
      throw new InputException("There is no folder or file %s.".formatted(path));
    }
    if (Files.isDirectory(path) && (!Files.isReadable(path) || !Files.isExecutable(path))) {
      throw new InputException("The data folder %s may not be read by this user.".formatted(path));
    }
  }

  private InputException unknown(DataChoice choice) {
    if (choice instanceof DataChoice.At at) {
      return new InputException(
          Files.isDirectory(at.path())
              ? "The folder %s holds no dataset: looked for %s."
                  .formatted(at.path(), layouts(ImageSource.Layout::files))
              : "%s is a file, where %s is needed."
                  .formatted(at.path(), layouts(layout -> Optional.of(layout.place()))));
    }
    if (choice instanceof DataChoice.InMemory images) {
      return new InputException(
          "The images \"%s\" were in the memory of the program that trained on them: name images."
              .formatted(images.name()));
    }
    List<String> known = new ArrayList<>(names());
    known.addFirst(DataChoice.AUTO.text());
    return unknown(choice.text(), known);
  }

  /** That a word is no dataset's name, with the nearest that is. */
  static InputException unknown(String word, List<String> known) {
    String list = String.join(", ", known);
    String unknown = "\"%s\" is not a dataset, and nothing of that name is there".formatted(word);
    return new InputException(
        Spelling.nearest(word, known)
            .map(nearest -> "%s; did you mean \"%s\" (of %s)?".formatted(unknown, nearest, list))
            .orElse("%s; the datasets are %s.".formatted(unknown, list)));
  }

  private String layouts(Function<ImageSource.Layout, Optional<String>> part) {
    return all.stream()
        .map(ImageSource::layout)
        .flatMap(Optional::stream)
        .map(part)
        .flatMap(Optional::stream)
        .collect(Collectors.joining(", or "));
  }
}
