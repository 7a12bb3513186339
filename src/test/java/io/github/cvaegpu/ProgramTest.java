// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramTest {
  @TempDir Path folder;

  private Path jar(String commit) throws IOException {
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (commit != null) {
      manifest.getMainAttributes().putValue("Implementation-Commit", commit);
    }
    // A name that the JDK would take apart in an address.
    Path jar = Files.createDirectories(folder.resolve("a!")).resolve("b.jar");
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return jar;
  }

  @Test
  void theCommitIsInTheManifest() throws IOException {
    assertEquals(Optional.of("0123abcd"), Program.commitOf(jar("0123abcd")));
    assertEquals(Optional.empty(), Program.commitOf(jar("")));
    assertEquals(Optional.empty(), Program.commitOf(jar(null)));
  }

  @Test
  void outsideAJarThereIsNone() throws IOException {
    assertEquals(Optional.empty(), Program.commitOf(folder));
    assertEquals(
        Optional.empty(), Program.commitOf(Files.writeString(folder.resolve("c.jar"), "none")));
    assertEquals(Optional.empty(), Program.commit());
    assertEquals("cvae-gpu development", Program.nameAndVersion());
  }
}
