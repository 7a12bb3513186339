// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
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

  /**
   * What starts this program, for commands that a message prints: they can be pasted into a shell
   * as they are. It is {@code java -jar} and the jar by the name that it was started by, quoted
   * where a shell would take it apart; outside a jar, where no short line starts it, its name.
   *
   * @param arguments words behind it, quoted where they have to be
   */
  public static String command(String... arguments) {
    return commandOf(System.getProperty("java.class.path"), arguments);
  }

  /** The jar that this program runs from, by the name that it was started by; empty outside one. */
  public static Optional<Path> jar() {
    return Optional.of(System.getProperty("java.class.path")).filter(Program::isJar).map(Path::of);
  }

  private static boolean isJar(String classPath) {
    return classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator);
  }

  static String commandOf(String classPath, String... arguments) {
    // A word that begins with a dash would be an option of java's.
    String jar = classPath.startsWith("-") ? "./" + classPath : classPath;
    var line = new StringBuilder(isJar(classPath) ? "java -jar " + quoted(jar) : "cvae-gpu");
    for (String argument : arguments) {
      line.append(' ').append(quoted(argument));
    }
    return line.toString();
  }

  /** A word as a POSIX shell takes it. */
  public static String quoted(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
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
    static final Optional<String> OF_JAR =
        Resources.read("META-INF/MANIFEST.MF").flatMap(Program::commitOf);
  }

  /** The commit that a manifest names; of a library's manifest none. */
  static Optional<String> commitOf(byte[] manifest) {
    try {
      var attributes = new Manifest(new ByteArrayInputStream(manifest)).getMainAttributes();
      return Optional.ofNullable(attributes.getValue(COMMIT)).filter(commit -> !commit.isBlank());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
