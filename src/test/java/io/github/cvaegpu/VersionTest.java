// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which version this is, by everything that says so. */
class VersionTest {
  private static final String SNAPSHOT = "-SNAPSHOT";
  private static String version;

  @BeforeAll
  static void readThePom() throws IOException {
    Path pom = Path.of("pom.xml");
    assumeTrue(Files.exists(pom), "the sources are not here");
    var matcher =
        Pattern.compile("<artifactId>cvae-gpu</artifactId>\\s*<version>([^<]+)</version>")
            .matcher(Files.readString(pom));
    assertTrue(matcher.find());
    version = matcher.group(1);
  }

  @Test
  void theChangelogBeginsWithThisVersion() throws IOException {
    String heading =
        Files.readAllLines(Path.of("CHANGELOG.md")).stream()
            .filter(line -> line.startsWith("## "))
            .findFirst()
            .orElseThrow();
    if (version.endsWith(SNAPSHOT)) {
      String next = version.substring(0, version.length() - SNAPSHOT.length());
      assertEquals("## %s, not released".formatted(next), heading);
    } else {
      assertTrue(heading.matches("## " + Pattern.quote(version) + ", \\d{4}-\\d\\d-\\d\\d"));
    }
  }

  /** What is tagged as a version calls itself so, and a snapshot is no version. */
  @Test
  void aTagOfThisCommitNamesThisVersion() throws Exception {
    assumeTrue(Files.exists(Path.of(".git")), "the sources are not a git checkout");
    Process git;
    try {
      git = new ProcessBuilder("git", "tag", "--points-at", "HEAD", "v*").start();
    } catch (IOException e) {
      assumeTrue(false, "git is not installed");
      return;
    }
    List<String> tags;
    try (var lines = git.inputReader()) {
      tags = lines.lines().toList();
    }
    assertTrue(git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0);
    assertTrue(
        tags.stream().allMatch(tag -> tag.equals("v" + version)),
        () -> tags + " on a commit of version " + version);
  }
}
