// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;

/**
 * Looks for a Java that the program can run on: in the variables {@code JAVA_HOME} and {@code
 * JDK_HOME}, on the {@code PATH}, then where packages, installers and version managers put one.
 *
 * <p>The Java that the program is compiled and tested for is preferred, else the newest, and of
 * equals the first found; folders are searched in the order of their names.
 */
final class JavaSearch {
  /** Homes below the file system's root, or below Windows' folder of programs. */
  private static final String[] MACHINE = {
    "usr/lib/jvm/*",
    "usr/lib64/jvm/*",
    "usr/java/*",
    "usr/local/*jdk*",
    "opt/*jdk*",
    "opt/*java*",
    "opt/java/*",
    "opt/jdk/*",
    "Library/Java/JavaVirtualMachines/*/Contents/Home",
    "opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "home/linuxbrew/.linuxbrew/opt/openjdk*/libexec",
    "Java/*",
    "Eclipse Adoptium/*",
    "Microsoft/*jdk*",
    "Amazon Corretto/*",
    "Zulu/*",
    "BellSoft/*",
  };

  /** Homes below the user's folder. */
  private static final String[] USER = {
    ".sdkman/candidates/java/*",
    ".jdks/*",
    ".jabba/jdk/*",
    ".asdf/installs/java/*",
    ".local/share/mise/installs/java/*",
    ".gradle/jdks/*",
    "Library/Java/JavaVirtualMachines/*/Contents/Home",
  };

  private final Map<String, String> environment;
  private final File userHome;
  private final List<File> roots;
  private JavaRuntime best;

  /**
   * @param environment the environment variables
   * @param userHome the user's folder
   * @param roots what the usual places are below: the file system's root
   */
  JavaSearch(Map<String, String> environment, File userHome, List<File> roots) {
    this.environment = environment;
    this.userHome = userHome;
    this.roots = roots;
  }

  /** The Java to use, or null where none fits. */
  JavaRuntime find() {
    if (considerVariable("JAVA_HOME") || considerVariable("JDK_HOME") || considerPath()) {
      return best;
    }
    for (File root : roots) {
      if (considerPlaces(root, MACHINE)) {
        return best;
      }
    }
    considerPlaces(userHome, USER);
    return best;
  }

  private boolean considerVariable(String name) {
    String value = environment.get(name);
    return value != null && !value.isEmpty() && consider(new File(value));
  }

  private boolean considerPath() {
    String path = environment.get("PATH");
    if (path == null) {
      return false;
    }
    StringTokenizer folders = new StringTokenizer(path, File.pathSeparator);
    while (folders.hasMoreTokens()) {
      String folder = folders.nextToken();
      for (String name : new String[] {"java", "java.exe"}) {
        File java = new File(folder, name);
        if (java.isFile() && consider(java)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean considerPlaces(File root, String[] places) {
    for (String place : places) {
      if (considerPlace(root, place)) {
        return true;
      }
    }
    return false;
  }

  /** Follows a path whose first step may be a pattern. */
  private boolean considerPlace(File folder, String place) {
    int slash = place.indexOf('/');
    String step = slash < 0 ? place : place.substring(0, slash);
    if (step.indexOf('*') < 0) {
      return considerStep(new File(folder, step), place, slash);
    }
    String[] names = folder.list();
    if (names == null) {
      return false;
    }
    // The order that a file system lists names in differs from machine to machine.
    Arrays.sort(names);
    for (String name : names) {
      if (matches(name, step) && considerStep(new File(folder, name), place, slash)) {
        return true;
      }
    }
    return false;
  }

  private boolean considerStep(File next, String place, int slash) {
    return slash < 0 ? consider(next) : considerPlace(next, place.substring(slash + 1));
  }

  private static boolean matches(String name, String pattern) {
    int star = pattern.indexOf('*');
    if (star < 0) {
      return name.equals(pattern);
    }
    if (!name.startsWith(pattern.substring(0, star))) {
      return false;
    }
    String rest = pattern.substring(star + 1);
    for (int i = star; i <= name.length(); i++) {
      if (matches(name.substring(i), rest)) {
        return true;
      }
    }
    return false;
  }

  /** Keeps a Java if it is better than the best so far; true if none can be better. */
  private boolean consider(File homeOrBinary) {
    File java = JavaRuntime.binary(homeOrBinary);
    if (java == null) {
      return false;
    }
    JavaRuntime runtime = JavaRuntime.inspect(java);
    if (!runtime.fits()) {
      return false;
    }
    if (runtime.feature() == JavaRuntime.FEATURE) {
      best = runtime;
      return true;
    }
    if (best == null || runtime.feature() > best.feature()) {
      best = runtime;
    }
    return false;
  }
}
