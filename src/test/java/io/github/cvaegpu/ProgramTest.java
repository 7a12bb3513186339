// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the program is called, and what starts it. */
class ProgramTest {
  private static byte[] manifest(String commit) {
    return ("Manifest-Version: 1.0\nImplementation-Title: cvae-gpu\n" + commit)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theCommitIsInTheManifest() {
    assertEquals(
        Optional.of("0123abcd"), Program.commitOf(manifest("Implementation-Commit: 0123abcd\n")));
    assertEquals(Optional.empty(), Program.commitOf(manifest("Implementation-Commit: \n")));
    assertEquals(Optional.empty(), Program.commitOf(manifest("")));
    assertEquals(Optional.empty(), Program.commitOf("none".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void outsideAJarThereIsNone() {
    assertEquals(Optional.empty(), Program.commit());
    assertEquals("cvae-gpu development", Program.nameAndVersion());
    assertEquals("cvae-gpu development", Program.nameVersionAndCommit());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "cvae-gpu.jar | java -jar cvae-gpu.jar train --out runs/a",
        "target/cvae-gpu.jar | java -jar target/cvae-gpu.jar train --out runs/a",
        "/opt/vae 2/it's.jar | java -jar '/opt/vae 2/it'\\''s.jar' train --out runs/a",
        "-.jar | java -jar ./-.jar train --out runs/a",
        "target/classes | cvae-gpu train --out runs/a",
      })
  void aCommandIsThatOfTheJarAsItWasNamed(String classPath, String line) {
    assertEquals(line, Program.commandOf(classPath, "train", "--out", "runs/a"));
  }

  @Test
  void severalEntriesAreNoJar() {
    assertEquals("cvae-gpu", Program.commandOf("a.jar" + File.pathSeparator + "b.jar"));
  }

  /** The shell itself says what a quoted word is. */
  @Test
  void aShellTakesAWordAsItIs() throws Exception {
    for (String word :
        List.of(
            "plain-1.0/x_y",
            "two words",
            "it's",
            "a\"b",
            "$HOME",
            "`ls`",
            "a\\b",
            "*",
            "",
            "~",
            "a;b",
            "Größe",
            "#x",
            "!!")) {
      Process shell = new ProcessBuilder("sh", "-c", "printf %s " + Program.quoted(word)).start();
      byte[] printed = shell.getInputStream().readAllBytes();
      assertEquals(0, shell.waitFor());
      assertEquals(word, new String(printed, StandardCharsets.UTF_8));
    }
  }

  /** A message that names a command names what starts it here, and {@code Program} knows that. */
  @Test
  void noMessageSpellsACommandOfItsOwn() throws IOException {
    var command =
        Pattern.compile(
            "\"[^\"]*(java -jar |cvae-gpu(\\.jar)?"
                + " (train|evaluate|calibrate|reproduce|report|export|data"
                + "|bench|profile|doctor|help|--))");
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        if (file.endsWith("io/github/cvaegpu/Program.java")) {
          continue;
        }
        for (String line : Files.readAllLines(file)) {
          if (command.matcher(line).find()) {
            found.add(file + ": " + line.strip());
          }
        }
      }
    }
    assertEquals(List.of(), found);
  }
}
