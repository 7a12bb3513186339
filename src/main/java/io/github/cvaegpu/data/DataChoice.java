// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * What {@code --data} asks for: a dataset by its name, or what lies at a path. A name stays one
 * wherever a folder is called so; {@code ./mnist} is the folder. A run's record may also say that
 * its images were in a program's memory.
 */
public sealed interface DataChoice {
  /** MNIST if it can be had, else synthetic digits. */
  DataChoice AUTO = new Named("auto");

  /**
   * The text that {@link #of(String, Reading)} makes this choice of again, in any working
   * directory.
   */
  String text();

  /** How it is read. */
  Reading reading();

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

    @Override
    public Reading reading() {
      return Reading.PLAIN;
    }
  }

  /**
   * Images that were in a program's memory: nothing loads them again.
   *
   * @param name for people
   */
  record InMemory(String name) implements DataChoice {
    private static final String PREFIX = "memory:";

    @Override
    public String text() {
      return PREFIX + name;
    }

    @Override
    public Reading reading() {
      return Reading.PLAIN;
    }
  }

  /**
   * A folder or a file.
   *
   * @param path where it is
   * @param reading how it is read
   */
  record At(Path path, Reading reading) implements DataChoice {
    /** What lies at a path, as it is. */
    public At(Path path) {
      this(path, Reading.PLAIN);
    }

    @Override
    public String text() {
      return path.toAbsolutePath().normalize().toString();
    }
  }

  /**
   * What a word of the command line, or of a run's record, asks for: a dataset if it is the name of
   * one, images that were in memory if it is what a record has for such, a path, made absolute, if
   * it has a separator or something of that name exists, else a name that nothing has.
   */
  static DataChoice of(String text) {
    // The empty path is the working directory, which nobody means by --data "".
    if (text.isEmpty() || DatasetLoader.NAMES.contains(text)) {
      return new Named(text);
    }
    // No such name has a separator: with one it is a path like any other.
    if (text.startsWith(InMemory.PREFIX) && !text.contains("/")) {
      return new InMemory(text.substring(InMemory.PREFIX.length()));
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

  /**
   * The same, read as was asked for.
   *
   * @throws InputException if something was asked for and the text is a dataset's name
   */
  static DataChoice of(String text, Reading reading) {
    DataChoice choice = of(text);
    if (choice instanceof At at) {
      return new At(at.path(), reading);
    }
    // A word that is no dataset's name is refused as that when it is loaded.
    if (!reading.isPlain() && DatasetLoader.NAMES.contains(text)) {
      throw new InputException(
          "Only a folder or a file of images takes %s, and %s is the name of a dataset."
              .formatted(reading.options(), text));
    }
    return choice;
  }
}
