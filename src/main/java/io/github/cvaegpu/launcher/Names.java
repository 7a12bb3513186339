// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.Map;

/**
 * Keeps the names of files what they are, whatever the locale.
 *
 * <p>A JVM makes text of the bytes of names by the locale's encoding. Where neither LANG nor LC_ALL
 * is set, as in containers, cron and systemd, that is ASCII: every other byte becomes U+FFFD, and
 * what goes back to the system is a question mark, so the name of another file. So the launcher
 * gives its child a locale of UTF-8 and has it read the arguments anew, from the launcher's own
 * command line. What even the child cannot read is refused.
 */
public final class Names {
  /** System property: id of the process on whose command line the arguments are. */
  static final String PROPERTY = "cvaegpu.launcher.arguments";

  /** Of the C library since 2.35, and of Debian, Fedora and others for long. */
  static final String LOCALE = "C.UTF-8";

  static final String LOCALE_VARIABLE = "LC_ALL";

  private static final char LOST = '\ufffd';

  private Names() {}

  /** Whether this JVM reads names as ASCII. */
  static boolean areAscii() {
    String encoding = encoding();
    return encoding.equals("ANSI_X3.4-1968") || encoding.equals("US-ASCII");
  }

  /** Whether there were bytes in a text that this JVM could make no characters of. */
  static boolean isLost(String text) {
    return text.indexOf(LOST) >= 0;
  }

  private static String encoding() {
    return System.getProperty("sun.jnu.encoding", "");
  }

  /**
   * The program's arguments as they were given to the launcher.
   *
   * @param args as this JVM got them
   * @return what is on the launcher's command line in their place, if the launcher could not read
   *     that itself; what cannot be told has U+FFFD in it
   */
  public static String[] arguments(String[] args) {
    String launcher = System.getProperty(PROPERTY);
    if (launcher == null) {
      return args;
    }
    byte[] commandLine;
    try (InputStream in = new FileInputStream("/proc/" + launcher + "/cmdline")) {
      commandLine = in.readAllBytes();
    } catch (IOException e) {
      // A machine that shows no process to another.
      commandLine = new byte[0];
    }
    return arguments(args, commandLine, Charset.forName(encoding()));
  }

  /**
   * @param args with a question mark for every byte beyond ASCII
   * @param commandLine ends with the arguments, a zero byte after each
   */
  static String[] arguments(String[] args, byte[] commandLine, Charset encoding) {
    String[] restored = new String[args.length];
    int end = commandLine.length;
    for (int i = args.length - 1; i >= 0; i--) {
      // A zero byte before each too: the first word is the java program.
      int start = end - 1;
      while (start > 0 && commandLine[start - 1] != 0) {
        start--;
      }
      if (start <= 0 || !matches(args[i], commandLine, start, end - 1)) {
        return lost(args);
      }
      restored[i] = new String(commandLine, start, end - 1 - start, encoding);
      end = start;
    }
    return restored;
  }

  private static boolean matches(String arg, byte[] bytes, int start, int end) {
    if (arg.length() != end - start) {
      return false;
    }
    for (int i = 0; i < arg.length(); i++) {
      if (arg.charAt(i) != (bytes[start + i] < 0 ? '?' : bytes[start + i])) {
        return false;
      }
    }
    return true;
  }

  private static String[] lost(String[] args) {
    String[] lost = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      lost[i] = args[i].replace('?', LOST);
    }
    return lost;
  }

  /**
   * What cannot be named here: looks at the arguments, the variables that name files of the
   * program's, the user's folder and the working directory.
   *
   * @return a sentence, or null where all is well
   */
  public static String complaint(String[] args, Map<String, String> environment) {
    for (String arg : args) {
      if (isLost(arg)) {
        return sentence("The argument", arg);
      }
    }
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (isLost(variable.getValue())
          && (name.startsWith("CVAE_GPU_") || name.equals("XDG_CACHE_HOME"))) {
        return sentence(
            "The environment variable " + name + " with the value", variable.getValue());
      }
    }
    String home = System.getProperty("user.home", "");
    if (isLost(home)) {
      return sentence("The user's folder", home);
    }
    String directory = System.getProperty("user.dir", "");
    return isLost(directory) ? sentence("The working directory", directory) : null;
  }

  /** Says of something that it cannot be read here, and what helps. */
  static String sentence(String what, String text) {
    String shown = what + " \"" + text.replace(LOST, '?') + "\" holds bytes that ";
    return areAscii()
        ? shown
            + "this locale, which knows ASCII only, has no characters for: set "
            + LOCALE_VARIABLE
            + "="
            + LOCALE
            + " in the environment, or another UTF-8 locale that \"locale -a\" lists."
        : shown
            + "are not "
            + encoding()
            + ", the encoding of this locale: give it a name that is, or set "
            + LOCALE_VARIABLE
            + " to the locale of its name.";
  }
}
