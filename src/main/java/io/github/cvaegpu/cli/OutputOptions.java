// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.SavedModel;
import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The options that say where a command's result goes. */
final class OutputOptions {
  private static final String STANDARD_OUTPUT = "-";
  private static final int BUFFER = 1 << 16;

  @Option(names = "--output", paramLabel = "FILE", description = "Where the result goes.")
  private String output;

  @Option(
      names = "--overwrite",
      description = "Replace a file that is there, never a folder. Default: refuse to.")
  private boolean isReplacing;

  /** What names the file. */
  private String option = "--output";

  /** Writes lines of text. */
  @FunctionalInterface
  interface Lines {
    /** Writes all of them. */
    void writeTo(Appendable out) throws IOException;
  }

  /** Whether the result is to be printed. */
  boolean isStandardOutput() {
    return STANDARD_OUTPUT.equals(output);
  }

  /** What was given. */
  Optional<String> asked() {
    return Optional.ofNullable(output);
  }

  /** Takes a name where none was given. */
  void orElse(String name) {
    if (output == null) {
      output = name;
    }
  }

  /**
   * The ending of the output's name, one of those that the command has.
   *
   * @param endings in lower case, e.g. {@code .csv}
   * @throws InputException if it has another one
   */
  String ending(String... endings) {
    return find(endings).orElseThrow(() -> unknown(String.join(" or ", endings)));
  }

  /**
   * The same where a name without an ending is that of a folder.
   *
   * @return empty for a folder
   */
  Optional<String> endingOrFolder(String... endings) {
    if (isStandardOutput()) {
      throw new InputException("Images are not printed: --output - is for text.");
    }
    Optional<String> found = find(endings);
    if (found.isEmpty() && fileName().contains(".") && !output.endsWith("/")) {
      throw unknown(
          String.join(" or ", endings) + ", or be that of a folder, with a / where it has a dot");
    }
    return found;
  }

  private Optional<String> find(String... endings) {
    if (output == null) {
      throw new InputException(
          "--output is missing: it names the file for the result, %s."
              .formatted(String.join(" or ", endings)));
    }
    return Stream.of(endings).filter(fileName()::endsWith).findFirst();
  }

  private String fileName() {
    Path name = path().getFileName();
    return name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
  }

  private InputException unknown(String known) {
    return new InputException(
        output.isEmpty()
            ? "The name of the output is empty: it must end in %s.".formatted(known)
            : "The name of the output must end in %s: %s does not.".formatted(known, output));
  }

  /** Where it goes. */
  Path path() {
    try {
      return Path.of(output);
    } catch (InvalidPathException e) {
      throw new InputException("%s is no name of a file.".formatted(output), e);
    }
  }

  /**
   * Refuses, before anything is computed, what cannot be written.
   *
   * @param input what is read: a result in it would be read with it the next time
   */
  void requireFree(Optional<DataChoice> input) {
    if (isStandardOutput()) {
      return;
    }
    requirePlace(input);
    if (Files.isDirectory(path())) {
      throw new InputException("%s is a folder, where a file is to be written.".formatted(output));
    }
    if (!RegularFile.isTaken(path())) {
      return;
    }
    if (!isReplacing) {
      throw new InputException("%s is there already: --overwrite replaces it.".formatted(output));
    }
    try {
      RegularFile.require(path(), Links.REFUSED);
    } catch (IOException e) {
      throw new InputException(
          "%s cannot be replaced: %s.".formatted(output, AtomicFile.reason(e)), e);
    }
  }

  /** The same of a folder, which has to be new or empty: no other files are to be among its own. */
  void requireNewFolder(Optional<DataChoice> input) {
    requirePlace(input);
    if (isReplacing) {
      throw new InputException("--overwrite is for files: a folder of images has to be new.");
    }
    if (!Files.exists(path())) {
      return;
    }
    try (Stream<Path> inside = Files.list(path())) {
      if (inside.findAny().isPresent()) {
        throw new InputException(
            "The folder %s is not empty: a folder of images has to be new.".formatted(output));
      }
    } catch (IOException e) {
      throw new InputException("%s is no folder that can be read.".formatted(output), e);
    }
  }

  /**
   * Refuses an output among a model's own files, or among the images that it was trained on and is
   * given again where no others are named: the next command would read it with them.
   */
  void requireOutside(ModelOptions model, SavedModel saved) {
    if (isStandardOutput()) {
      return;
    }
    if (Outside.real(path()).startsWith(Outside.real(model.path()))) {
      throw new InputException(
          Files.isDirectory(model.path())
              ? "The output %s lies in the model's folder %s: name another place."
                  .formatted(output, model.path())
              : "%s is the model: name another file for the output.".formatted(output));
    }
    requireOutside(saved.dataToLoad());
  }

  /** Refuses an output among what is read; see {@link #requireFree}. */
  private void requireOutside(Optional<DataChoice> input) {
    if (!isStandardOutput()) {
      input.ifPresent(
          choice -> Outside.require(path(), choice, "name another place with " + option));
    }
  }

  private void requirePlace(Optional<DataChoice> input) {
    requireOutside(input);
    Path file = path().toAbsolutePath().normalize();
    if (file.getParent() != null && !Files.isDirectory(file.getParent())) {
      throw new InputException(
          "%s cannot be written: there is no folder %s.".formatted(output, file.getParent()));
    }
  }

  /**
   * Another file under the same rules.
   *
   * @param named the option that names it
   */
  OutputOptions beside(Path file, String named) {
    var other = new OutputOptions();
    other.output = file.toString();
    other.option = named;
    other.isReplacing = isReplacing;
    return other;
  }

  /** Writes the file, whole or not at all. */
  void write(AtomicFile.Content content) {
    try {
      AtomicFile.replace(
          path(),
          out -> {
            var buffered = new BufferedOutputStream(out, BUFFER);
            content.writeTo(buffered);
            buffered.flush();
          });
    } catch (IOException e) {
      throw unwritable(output, e);
    }
  }

  /** Writes lines to the file, whole or not at all, or prints them. */
  void writeLines(PrintWriter standardOutput, Lines lines) {
    if (!isStandardOutput()) {
      write(
          out -> {
            var writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
            lines.writeTo(writer);
            writer.flush();
          });
      return;
    }
    try {
      lines.writeTo(standardOutput);
    } catch (IOException e) {
      // A print writer keeps its failures to itself, and whoever made this one asks it.
      throw new IllegalStateException(e);
    }
    standardOutput.flush();
  }

  /** That something could not be written, and why. */
  static InputException unwritable(String what, IOException e) {
    return new UnwritableException(
        "%s cannot be written: %s.".formatted(what, AtomicFile.reason(e)), e);
  }

  /** Says what was written, where that is not the result itself. */
  void tell(PrintWriter out, String what) {
    if (!isStandardOutput()) {
      out.println("%s: %s".formatted(path(), what));
    }
  }
}
