// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A Java on this machine and whether the program can run on it. */
final class JavaRuntime {
  /** The Java that the program is compiled for. */
  static final int FEATURE = 25;

  private static final int PROBE_SECONDS = 5;

  private final File java;
  private final String version;

  private JavaRuntime(File java, String version) {
    this.java = java;
    this.version = version;
  }

  /**
   * The Java that runs this.
   *
   * @return null where it has no binary, as a runtime image made by jlink or jpackage may
   */
  static JavaRuntime running() {
    File binary = binary(new File(System.getProperty("java.home")));
    return binary == null ? null : new JavaRuntime(binary, System.getProperty("java.version"));
  }

  /**
   * The java binary of a home folder, of a macOS bundle that contains one, or the file itself.
   *
   * @return null where there is none
   */
  static File binary(File homeOrBinary) {
    if (homeOrBinary.isFile()) {
      return homeOrBinary.canExecute() ? homeOrBinary : null;
    }
    for (String name : new String[] {"bin/java", "bin/java.exe", "Contents/Home/bin/java"}) {
      File java = new File(homeOrBinary, name);
      if (java.isFile() && java.canExecute()) {
        return java;
      }
    }
    return null;
  }

  /**
   * Finds out about a java binary: from the {@code release} file of its home where that is enough,
   * else by running it.
   */
  static JavaRuntime inspect(File java) {
    return inspect(java, PROBE_SECONDS);
  }

  static JavaRuntime inspect(File java, int probeSeconds) {
    try {
      // The binary on the PATH tends to be a link to the one in the home.
      File binary = java.getCanonicalFile();
      File release = new File(binary.getParentFile().getParentFile(), "release");
      if (release.isFile()) {
        try (BufferedReader reader =
            new BufferedReader(new FileReader(release, StandardCharsets.ISO_8859_1))) {
          for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.startsWith("JAVA_VERSION=") && feature(unquoted(line)) > 0) {
              return new JavaRuntime(binary, unquoted(line));
            }
          }
        }
      }
      return probe(java, probeSeconds);
    } catch (IOException e) {
      return new JavaRuntime(java, null);
    }
  }

  private static String unquoted(String assignment) {
    String value = assignment.substring(assignment.indexOf('=') + 1).trim();
    boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  /**
   * Asks the binary itself. What it says its home is counts, as the binary may be a version
   * manager's stand-in.
   */
  private static JavaRuntime probe(File java, int seconds) throws IOException {
    Process process =
        new ProcessBuilder(java.getPath(), "-XshowSettings:properties", "-version")
            .redirectErrorStream(true)
            .start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(seconds, TimeUnit.SECONDS) || process.exitValue() != 0) {
        return new JavaRuntime(java, null);
      }
      // Only what is there: a process left behind may hold the pipe open.
      byte[] output = process.getInputStream().readNBytes(process.getInputStream().available());
      String settings = new String(output, System.getProperty("sun.jnu.encoding"));
      String version = setting(settings, "java.version");
      String home = setting(settings, "java.home");
      File binary = home == null ? null : binary(new File(home));
      return new JavaRuntime(binary == null ? java : binary, version);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new JavaRuntime(java, null);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String setting(String settings, String name) {
    String key = " " + name + " = ";
    int start = settings.indexOf(key);
    if (start < 0) {
      return null;
    }
    int end = settings.indexOf('\n', start);
    return settings.substring(start + key.length(), end < 0 ? settings.length() : end).trim();
  }

  /**
   * The feature number of a version: 25 of {@code 25.0.3} and {@code 25-ea}, 8 of {@code
   * 1.8.0_412}.
   *
   * @return 0 where the text is no version
   */
  static int feature(String version) {
    if (version == null) {
      return 0;
    }
    int start = version.startsWith("1.") ? 2 : 0;
    int feature = 0;
    for (int i = start; i < version.length() && i < start + 4; i++) {
      char c = version.charAt(i);
      if (c < '0' || c > '9') {
        break;
      }
      feature = 10 * feature + c - '0';
    }
    return feature;
  }

  /** The binary to start. */
  File java() {
    return java;
  }

  /** The feature number, 0 if it could not be found out. */
  int feature() {
    return feature(version);
  }

  /** Whether the program can run on it. */
  boolean fits() {
    return feature() >= FEATURE;
  }

  /** What it is, for a sentence that says why it does not fit. */
  String description() {
    return feature() == 0 ? "no Java that starts" : "Java " + version;
  }
}
