// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.io.File;
import java.util.Objects;

/** What this program is called and which version it is. */
public final class Program {
  private Program() {}

  /** The version in the jar's manifest, or {@code development} outside a jar. */
  public static String version() {
    return Objects.requireNonNullElse(
        Program.class.getPackage().getImplementationVersion(), "development");
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

  static String commandOf(String classPath, String... arguments) {
    boolean isJar = classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator);
    // A word that begins with a dash would be an option of java's.
    String jar = classPath.startsWith("-") ? "./" + classPath : classPath;
    var line = new StringBuilder(isJar ? "java -jar " + quoted(jar) : "cvae-gpu");
    for (String argument : arguments) {
      line.append(' ').append(quoted(argument));
    }
    return line.toString();
  }

  /** A word as a POSIX shell takes it. */
  public static String quoted(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** Name and version, e.g. {@code cvae-gpu 0.1.0}. */
  public static String nameAndVersion() {
    return "cvae-gpu " + version();
  }
}
