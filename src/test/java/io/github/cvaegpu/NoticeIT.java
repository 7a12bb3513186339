// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** NOTICE names each work that the jar carries, by its packages, and no other. */
class NoticeIT {
  private static final Path NOTICE = Path.of("NOTICE");
  private static final String OWN = "io.github.cvaegpu";
  private static final Pattern PACKAGES = Pattern.compile("\\):\\s+([a-z.,\\s]+?)(?=\n- |\n\n)");

  private static List<String> named() throws IOException {
    assumeTrue(Files.exists(NOTICE), "NOTICE is not here");
    List<String> packages = new ArrayList<>();
    PACKAGES
        .matcher(Files.readString(NOTICE))
        .results()
        .forEach(found -> packages.addAll(List.of(found.group(1).split(",\\s+"))));
    return packages;
  }

  /** Packages of classes. */
  private static Set<String> carried() throws IOException {
    Set<String> packages = new TreeSet<>();
    try (var jar = new ZipFile(System.getProperty("cvaegpu.jar"))) {
      jar.stream()
          .map(ZipEntry::getName)
          .filter(name -> name.endsWith(".class") && name.contains("/"))
          .map(name -> name.replaceFirst("^META-INF/versions/\\d+/", ""))
          .map(name -> name.substring(0, name.lastIndexOf('/')).replace('/', '.'))
          .forEach(packages::add);
    }
    return packages;
  }

  private static boolean isBelow(String name, String parent) {
    return name.equals(parent) || name.startsWith(parent + ".");
  }

  /** Beside what the works say of themselves. */
  @Test
  void theJarHasItToo() throws IOException {
    assumeTrue(Files.exists(NOTICE), "NOTICE is not here");
    try (var jar = new ZipFile(System.getProperty("cvaegpu.jar"))) {
      String carried =
          new String(
              jar.getInputStream(jar.getEntry("META-INF/NOTICE")).readAllBytes(),
              StandardCharsets.UTF_8);
      assertTrue(carried.contains(Files.readString(NOTICE).strip()), carried);
    }
  }

  @Test
  void eachPackageIsOfAWorkThatIsNamed() throws IOException {
    List<String> named = named();
    assertTrue(named.size() > 10, named.toString());
    Set<String> carried = carried();
    List<String> unnamed =
        carried.stream()
            .filter(name -> !isBelow(name, OWN))
            .filter(name -> named.stream().noneMatch(work -> isBelow(name, work)))
            .toList();
    assertEquals(List.of(), unnamed);
    List<String> missing =
        named.stream()
            .filter(work -> carried.stream().noneMatch(name -> isBelow(name, work)))
            .toList();
    assertEquals(List.of(), missing);
  }
}
