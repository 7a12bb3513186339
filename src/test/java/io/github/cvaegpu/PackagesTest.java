// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every package says what it is for. */
class PackagesTest {
  private static final Path SOURCES = Path.of("src/main/java");

  /** A comment of two lines or more, right before the name of the package. */
  private static final Pattern COMMENT =
      Pattern.compile("/\\*\\*\n( \\* \\S[^\n]*\n| \\*\n){2,} \\*/\npackage ([a-z.]+);\n");

  @Test
  void everyPackageIsDescribed() throws IOException {
    assumeTrue(Files.isDirectory(SOURCES), "the sources are not here");
    var packages = new TreeSet<Path>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .map(Path::getParent)
          .forEach(packages::add);
    }
    assertTrue(packages.size() > 10, packages.toString());
    List<String> wrong = new ArrayList<>();
    for (Path folder : packages) {
      Path info = folder.resolve("package-info.java");
      String name = SOURCES.relativize(folder).toString().replace('/', '.');
      var comment = COMMENT.matcher(Files.exists(info) ? Files.readString(info) : "");
      if (!comment.find() || !comment.group(2).equals(name)) {
        wrong.add(name);
      }
    }
    assertEquals(List.of(), wrong, "packages whose package-info.java does not describe them");
  }
}
