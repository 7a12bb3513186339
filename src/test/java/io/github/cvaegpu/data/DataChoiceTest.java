// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataChoiceTest {
  @TempDir private Path folder;

  @Test
  void theNamesAreThoseOfTheSources() {
    assertEquals(
        List.of("auto", "synthetic", "sprites", "mnist", "fashion-mnist", "kmnist"),
        DatasetLoader.NAMES);
  }

  @Test
  void aNameIsADatasetWhateverLiesInTheWorkingDirectory() throws IOException {
    Path inTheWay = Files.createDirectory(Path.of("kmnist"));
    try {
      assertEquals(new DataChoice.Named("kmnist"), DataChoice.of("kmnist"));
      assertEquals(new DataChoice.At(inTheWay.toAbsolutePath()), DataChoice.of("./kmnist"));
      assertEquals(new DataChoice.At(inTheWay.toAbsolutePath()), DataChoice.of("kmnist/"));
    } finally {
      Files.delete(inTheWay);
    }
  }

  @Test
  void anotherWordIsAPathIfSomethingIsThere() {
    Path here = Path.of("src").toAbsolutePath();
    assertTrue(Files.isDirectory(here), here + " is the folder that this test counts on");
    assertEquals(new DataChoice.At(here), DataChoice.of("src"));
    assertEquals(new DataChoice.Named("not-there"), DataChoice.of("not-there"));
    assertEquals(new DataChoice.At(here.resolveSibling("not-there")), DataChoice.of("./not-there"));
  }

  @Test
  void imagesThatWereInMemoryAreToldByTheirPrefix() throws IOException {
    var images = new DataChoice.InMemory("my images");
    assertEquals("memory:my images", images.text());
    assertEquals(images, DataChoice.of("memory:my images"));
    // A record's word is the same wherever it is read.
    Path inTheWay = Files.createFile(Path.of("memory:my images"));
    try {
      assertEquals(images, DataChoice.of("memory:my images"));
      assertEquals(
          new DataChoice.At(inTheWay.toAbsolutePath()), DataChoice.of("./memory:my images"));
    } finally {
      Files.delete(inTheWay);
    }
    assertEquals(
        new DataChoice.At(Path.of("memory:my", "images").toAbsolutePath()),
        DataChoice.of("memory:my/images"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\0", "nul\0in/it"})
  void whatCanBeNoPathIsAName(String text) {
    assertEquals(new DataChoice.Named(text), DataChoice.of(text));
  }

  @Test
  void theTextIsTheSameChoiceInAnyWorkingDirectory() {
    assertEquals(Path.of("a").toAbsolutePath().toString(), DataChoice.of("./b/../a").text());
    for (String text :
        List.of("auto", "kmnist", "not-there", "memory:my images", folder.toString())) {
      assertEquals(text, DataChoice.of(text).text());
      assertEquals(DataChoice.of(text), DataChoice.of(DataChoice.of(text).text()));
    }
    assertEquals(Path.of("a").toAbsolutePath().toString(), new DataChoice.At(Path.of("a")).text());
  }
}
