// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParameterException;

/** What the documents tell people to type exists, and what they point at is there. */
class DocumentsTest {
  private static final Pattern COMMAND =
      Pattern.compile("java -jar target/cvae-gpu\\.jar([^#`|>$\n]*)(?![^\n]*\\$)");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");
  private static final Pattern LINEAR = Pattern.compile("nn\\.Linear\\((\\d+), (\\d+)\\)");

  private static final List<Path> documents = new ArrayList<>();

  @BeforeAll
  static void find() throws IOException {
    assumeTrue(Files.exists(Path.of("README.md")), "the documents are not here");
    for (Path folder : List.of(Path.of("docs"), Path.of("bench"), Path.of("native"))) {
      try (Stream<Path> files = Files.walk(folder)) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
      }
    }
    for (String name : List.of("README.md", "CONTRIBUTING.md", "SECURITY.md")) {
      documents.add(Path.of(name));
    }
  }

  @Test
  void everyCommandLineIsOneThatTheProgramTakes() throws IOException {
    List<String> refused = new ArrayList<>();
    int commands = 0;
    for (Path document : documents) {
      for (MatchResult found : COMMAND.matcher(Files.readString(document)).results().toList()) {
        String line = found.group(1).strip();
        commands++;
        try {
          CvaeGpu.commandLine(new CvaeGpu()).parseArgs(words(line));
        } catch (ParameterException e) {
          refused.add(document + ": " + line + ": " + e.getMessage());
        }
      }
    }
    assertEquals(List.of(), refused);
    assertTrue(commands > 15, commands + " commands were found");
  }

  private static String[] words(String line) {
    return line.isEmpty() ? new String[0] : line.split("\\s+", -1);
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : documents) {
      for (MatchResult link : LINK.matcher(Files.readString(document)).results().toList()) {
        String target = link.group(1);
        if (!target.startsWith("http") && !Files.exists(document.resolveSibling(target))) {
          broken.add(document + ": " + target);
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  /** The lines of Python open what the command above them has trained. */
  @Test
  void theNetworkInPythonIsThatOfTheRun() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    MatchResult train =
        COMMAND
            .matcher(readme)
            .results()
            .filter(found -> found.group(1).contains("--out runs/mine"))
            .findFirst()
            .orElseThrow();
    var command = CvaeGpu.commandLine(new CvaeGpu());
    var options = command.parseArgs(words(train.group(1).strip())).subcommand();
    List<Integer> sizes = new ArrayList<>(List.of(28 * 28));
    for (String width :
        options.matchedOption("--hidden").originalStringValues().getFirst().split(",", -1)) {
      sizes.add(Integer.valueOf(width));
    }
    int latent = options.matchedOptionValue("--latent", 0);
    List<String> expected = new ArrayList<>();
    for (int i = 1; i < sizes.size(); i++) {
      expected.add(sizes.get(i - 1) + ", " + sizes.get(i));
    }
    expected.add(sizes.getLast() + ", " + 2 * latent);
    expected.add(latent + ", " + sizes.getLast());
    for (int i = sizes.size() - 1; i > 0; i--) {
      expected.add(sizes.get(i) + ", " + sizes.get(i - 1));
    }
    List<String> written =
        LINEAR.matcher(readme).results().map(m -> m.group(1) + ", " + m.group(2)).toList();
    assertFalse(written.isEmpty());
    assertEquals(expected, written);
  }
}
