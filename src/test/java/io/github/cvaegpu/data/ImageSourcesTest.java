// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two formats beside each other: the one of IDX files and one that a test made. */
class ImageSourcesTest {
  private static final ImageSources BOTH =
      new ImageSources(List.of(new IdxSource(List.of()), new Lines()));

  @TempDir private Path folder;

  /** Files of digits, a pixel each, which are two images of as many pixels. */
  private record Lines() implements ImageSource {
    @Override
    public List<String> names() {
      return List.of("lines");
    }

    @Override
    public Optional<Layout> layout() {
      return Optional.of(new Layout("a file of lines", Optional.of("*.lines")));
    }

    @Override
    public boolean recognises(DataChoice choice) {
      return choice instanceof DataChoice.At at
          ? at.path().toString().endsWith(".lines")
          : choice.equals(new DataChoice.Named("lines"));
    }

    @Override
    public Parts read(DataChoice choice, DownloadListener listener) {
      try {
        byte[] pixels =
            choice instanceof DataChoice.At at ? Files.readAllBytes(at.path()) : new byte[] {7};
        ImageSet images = ImageSet.withoutLabels(1, pixels.length, pixels, 1);
        return Parts.of(
            new Dataset(
                "lines",
                images,
                images,
                choice.text(),
                Dataset.Status.UNVERIFIED,
                Map.of("the lines", "sum of " + pixels.length)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Dataset read(DataChoice choice) {
    return BOTH.read(choice, DownloadListener.SILENT).dataset(0);
  }

  private static String refused(DataChoice choice) {
    return assertThrows(InputException.class, () -> read(choice)).getMessage();
  }

  @Test
  void theSourceThatRecognisesAPathReadsIt() throws IOException {
    Path file = Files.writeString(folder.resolve("some.lines"), "123");
    Dataset lines = read(new DataChoice.At(file));
    assertEquals(3, lines.train().width());
    assertEquals(Map.of("the lines", "sum of 3"), lines.sha256());
    IdxBytes.write(folder.resolve("idx"));
    assertEquals(5, read(new DataChoice.At(folder.resolve("idx"))).train().width());
  }

  @Test
  void theFirstOfTwoThatRecogniseItReadsIt() throws IOException {
    Path both = folder.resolve("both.lines");
    IdxBytes.write(both);
    assertEquals(3, read(new DataChoice.At(both)).train().height());
  }

  @Test
  void aNameIsThatOfASource() {
    assertEquals(1, read(new DataChoice.Named("lines")).train().imageSize());
    assertEquals(
        "\"line\" is not a dataset, and nothing of that name is there; did you mean \"lines\" (of"
            + " auto, lines)?",
        refused(new DataChoice.Named("line")));
    assertEquals(
        "The images \"my own\" were in the memory of the program that trained on them: name"
            + " images.",
        refused(new DataChoice.InMemory("my own")));
  }

  @Test
  void whatNobodyRecognisesIsRefusedWithAllThatWasLookedFor() throws IOException {
    assertEquals(
        ("The folder %s holds no dataset: looked for train-images-idx3-ubyte,"
                + " train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each"
                + " plain or with .gz, or *.lines.")
            .formatted(folder),
        refused(new DataChoice.At(folder)));
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertEquals(
        file + " is a file, where a folder of four IDX files, or a file of lines is needed.",
        refused(new DataChoice.At(file)));
  }
}
