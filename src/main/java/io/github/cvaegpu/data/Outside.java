// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keeps what the program writes out of what it reads. */
public final class Outside {
  private Outside() {}

  /**
   * Refuses a result that lies in the folder that is read, or is the file that is.
   *
   * @param output a file or a folder, there or not
   * @param input what is read
   * @param remedy ends the sentence, e.g. {@code name another place with --output}
   */
  public static void require(Path output, DataChoice input, String remedy) {
    if (input instanceof DataChoice.At at && liesIn(output, at)) {
      throw new InputException(
          Files.isDirectory(at.path())
              ? "The output %s lies in the input %s: %s.".formatted(output, at.path(), remedy)
              : "%s is the input: %s.".formatted(output, remedy));
    }
  }

  /**
   * Refuses a place among pictures: all that is in their folder is read the next time, and a folder
   * there is taken for a class. Other data may have a run beside them: of a folder of IDX files
   * those are read and no others.
   *
   * @param output a file or a folder, there or not
   * @param input what is read
   * @param remedy ends the sentence, e.g. {@code name another place with --out}
   */
  public static void requireOfPictures(Path output, DataChoice input, String remedy) {
    // The place first: it costs less to know than what a folder holds.
    if (input instanceof DataChoice.At at
        && liesIn(output, at)
        && DatasetLoader.isFolderOfPictures(input)) {
      require(output, input, remedy);
    }
  }

  private static boolean liesIn(Path output, DataChoice.At input) {
    return real(output).startsWith(real(input.path()));
  }

  /** Where links lead, as far as there is something. */
  public static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    try {
      return absolute.toRealPath();
    } catch (IOException e) {
      Path parent = absolute.getParent();
      return parent == null ? absolute : real(parent).resolve(absolute.getFileName());
    }
  }
}
