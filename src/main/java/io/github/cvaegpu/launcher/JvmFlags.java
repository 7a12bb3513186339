// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.util.ArrayList;
import java.util.List;

/** What the program's JVM is started with. */
public final class JvmFlags {
  /** Environment variable: JVM options of the user's, as {@link #words} reads them. */
  public static final String OPTIONS_VARIABLE = "CVAE_GPU_JAVA_OPTS";

  private JvmFlags() {}

  /** Before the user's own options; native access is in the manifest of a jar. */
  public static List<String> own() {
    return List.of("-XX:+UseSerialGC");
  }

  /**
   * Whether arguments ask only for help or the version. Looks at the first two alone: further on,
   * such a word may be an option's value.
   */
  static boolean isQuestion(String[] args) {
    if (args.length == 0 || args[0].startsWith("-") || args[0].equals("help")) {
      return true;
    }
    return args.length > 1 && (args[1].equals("--help") || args[1].equals("-h"));
  }

  /**
   * Has the JVM compile a method after ten times as many calls as usual: of what runs at a start
   * most is not worth it. A method that loops is compiled as early as ever.
   */
  static List<String> compilingLate() {
    return List.of(
        "-XX:Tier3InvocationThreshold=2000",
        "-XX:Tier3MinInvocationThreshold=1000",
        "-XX:Tier3CompileThreshold=20000",
        "-XX:Tier0InvokeNotifyFreqLog=10");
  }

  /** For a JVM that prints help and is gone: the second compiler would never be done. */
  static List<String> answering() {
    return List.of("-XX:TieredStopAtLevel=1");
  }

  /**
   * Cuts a text into words where there is white space, as a shell does. Between single quotes all
   * characters stand for themselves; between double quotes all but a backslash before a double
   * quote or a backslash; elsewhere a backslash takes a quote, white space or a backslash as it is.
   * Before any other character a backslash is one, so that Windows' paths need no care.
   *
   * @throws IllegalArgumentException if a quote has no end; the message is a phrase that goes after
   *     the name of what holds the text
   */
  public static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean isInWord = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length() && isEscaped(text.charAt(i + 1), quote)) {
        word.append(text.charAt(++i));
        isInWord = true;
      } else if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        // Two quotes with nothing between them are a word too.
        isInWord = true;
      } else if (!Character.isWhitespace(c)) {
        word.append(c);
        isInWord = true;
      } else if (isInWord) {
        words.add(word.toString());
        word.setLength(0);
        isInWord = false;
      }
    }
    if (quote != 0) {
      throw new IllegalArgumentException("has a quote (" + quote + ") without its end: " + text);
    }
    if (isInWord) {
      words.add(word.toString());
    }
    return words;
  }

  /** Whether a backslash before a character is no backslash but takes the character as it is. */
  private static boolean isEscaped(char c, char quote) {
    if (quote == '\'') {
      return false;
    }
    boolean separates = quote == 0 && (c == '\'' || Character.isWhitespace(c));
    return separates || c == '"' || c == '\\';
  }
}
