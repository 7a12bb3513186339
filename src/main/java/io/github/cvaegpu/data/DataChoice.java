// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * What {@code --data} asks for: a dataset by its name, or what lies at a path. A name stays one
 * wherever a folder is called so; {@code ./mnist} is the folder.
 */
public sealed interface DataChoice {
  /** MNIST if it can be had, else synthetic digits. */
  DataChoice AUTO = new Named("auto");

  /** The text that {@link #of} makes this choice of again, in any working directory. */
  String text();

  /**
   * A dataset by its name.
   *
   * @param name of a dataset, or a word that is no dataset's name and that no file has either: who
   *     loads it says so
   */
  record Named(String name) implements DataChoice {
    @Override
    public String text() {
      return name;
    }
  }

  /**
   * A folder or a file.
   *
   * @param path where it is
   */
  record At(Path path) implements DataChoice {
    @Override
    public String text() {
      return path.toAbsolutePath().normalize().toString();
    }
  }

  /**
   * What a word of the command line, or of a run's record, asks for: a dataset if it is the name of
   * one, a path, made absolute, if it has a separator or something of that name exists, else a name
   * that nothing has.
   */
  static DataChoice of(String text) {
    // The empty path is the working directory, which nobody means by --data "".
    if (text.isEmpty() || DatasetLoader.NAMES.contains(text)) {
      return new Named(text);
    }
    try {
      Path path = Path.of(text);
      return text.contains("/") || text.contains(File.separator) || Files.exists(path)
          ? new At(path.toAbsolutePath().normalize())
          : new Named(text);
    } catch (InvalidPathException e) {
      return new Named(text);
    }
  }
}
