// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Objects;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** What this program is called and which version it is. */
public final class Program {
  private static final String COMMIT = "Implementation-Commit";

  private Program() {}

  /** The version in the jar's manifest, or {@code development} outside a jar. */
  public static String version() {
    return Objects.requireNonNullElse(
        Program.class.getPackage().getImplementationVersion(), "development");
  }

  /**
   * The commit that the jar was built from, as its manifest has it; empty outside a jar, and where
   * it was built without Git.
   */
  public static Optional<String> commit() {
    return Commit.OF_JAR;
  }

  /** Name and version, e.g. {@code cvae-gpu 0.2.0}. */
  public static String nameAndVersion() {
    return "cvae-gpu " + version();
  }

  /**
   * Name, version and, where it is known, the commit: two builds of a snapshot are not the same.
   */
  public static String nameVersionAndCommit() {
    return commit()
        .map(commit -> "%s (commit %s)".formatted(nameAndVersion(), commit))
        .orElse(nameAndVersion());
  }

  /** Read when it is first asked for: not every start needs it. */
  private static final class Commit {
    static final Optional<String> OF_JAR = read();

    private static Optional<String> read() {
      CodeSource source = Program.class.getProtectionDomain().getCodeSource();
      if (source == null || source.getLocation() == null) {
        return Optional.empty();
      }
      try {
        // As a file: a path that holds "!/" is no place in a jar.
        return commitOf(Path.of(source.getLocation().toURI()));
      } catch (URISyntaxException | IllegalArgumentException e) {
        return Optional.empty();
      }
    }
  }

  /** The commit in a jar's manifest. */
  static Optional<String> commitOf(Path jar) {
    if (!Files.isRegularFile(jar)) {
      return Optional.empty();
    }
    try (var file = new JarFile(jar.toFile(), false)) {
      Manifest manifest = file.getManifest();
      return Optional.ofNullable(manifest)
          .map(known -> known.getMainAttributes().getValue(COMMIT))
          .filter(commit -> !commit.isBlank());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
