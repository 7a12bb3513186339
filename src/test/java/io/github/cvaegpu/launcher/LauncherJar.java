// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import javax.tools.ToolProvider;

/** The launcher of the jar under test, with its manifest, before a program made for tests of it. */
final class LauncherJar {
  private static final String SOURCE = "CvaeGpu.java";
  private static final String PROGRAM = "io/github/cvaegpu/cli/CvaeGpu.class";

  private LauncherJar() {}

  /**
   * Makes one, also in the place of another.
   *
   * @param mark what the program says for FIRST
   */
  static Path make(Path jar, String mark) throws IOException {
    Path made = Files.createTempFile(jar.getParent(), "made", ".jar");
    try (var from = new JarFile(System.getProperty("cvaegpu.jar"));
        var to = new JarOutputStream(Files.newOutputStream(made), from.getManifest())) {
      for (var entry : from.stream().toList()) {
        if (entry.getName().startsWith("io/github/cvaegpu/launcher/") && !entry.isDirectory()) {
          to.putNextEntry(new ZipEntry(entry.getName()));
          from.getInputStream(entry).transferTo(to);
        }
      }
      to.putNextEntry(new ZipEntry(PROGRAM));
      Files.copy(compileProgram(jar.getParent(), mark).resolve(PROGRAM), to);
    }
    return Files.move(made, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Path compileProgram(Path parent, String mark) throws IOException {
    Path folder = Files.createTempDirectory(parent, "made");
    Path source = folder.resolve(SOURCE);
    try (var in = LauncherJar.class.getResourceAsStream(SOURCE)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(source, text.replace("FIRST", mark));
    }
    Path classes = folder.resolve("classes");
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-d",
                classes.toString(),
                "-cp",
                System.getProperty("cvaegpu.jar"),
                source.toString());
    assertEquals(0, code);
    return classes;
  }
}
