// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;

/**
 * The jar's main class: starts the program proper on a Java that can run it.
 *
 * <p>The program needs Java 25. So this class and its package are compiled for Java 11, find a Java
 * 25 or newer on the machine ({@link JavaSearch}) and run the program there as a child ({@link
 * ChildJvm}). Where the running JVM is new enough itself, the child runs on that: it starts with
 * the classes that an earlier one left ({@link ClassArchive}), which a jar cannot ask for, and so
 * takes less than the program would take in this JVM.
 *
 * <p>Environment variables: {@value #JAVA_VARIABLE} is the Java to use instead of a search, a home
 * folder or a {@code java} binary; {@value #OPTIONS_VARIABLE} are JVM options for the child,
 * separated by spaces and quoted as in a shell. Without the former, a Java that runs this class and
 * is new enough itself is used before the machine is searched.
 *
 * <p>The system property {@value #ROOTS_PROPERTY} names the folders, separated like a class path,
 * that stand in for the file system's root when the usual places are searched; it is for tests.
 *
 * <p>This runs before every command, so it stays away from lambdas, regular expressions and string
 * concatenation on the way to the child: each costs the older JVMs tens of milliseconds.
 */
public final class Launcher {
  private static final String PROGRAM = "io.github.cvaegpu.cli.CvaeGpu";
  private static final String JAVA_VARIABLE = "CVAE_GPU_JAVA";
  private static final String OPTIONS_VARIABLE = JvmFlags.OPTIONS_VARIABLE;
  private static final String ROOTS_PROPERTY = "cvaegpu.launcher.roots";

  private Launcher() {}

  /**
   * Runs the program and exits with its exit code, or with 1 and one sentence on standard error
   * where no Java can run it.
   *
   * @param args passed to the program unchanged
   * @throws Throwable what the program throws, when it runs in this JVM
   */
  public static void main(String[] args) throws Throwable {
    boolean isChild = System.getProperty(LauncherWatch.PROPERTY) != null;
    if (isChild) {
      runHere(args);
      return;
    }
    try {
      JavaRuntime java = findJava();
      if (java == null) {
        runHere(args);
        return;
      }
      String classPath = System.getProperty("java.class.path");
      // The options are those of the program's Java; a newer one may know others.
      ClassArchive archive =
          java.feature() == JavaRuntime.FEATURE
              ? ClassArchive.of(java.java(), classPath, args, System.getenv())
              : null;
      ProcessBuilder child = new ProcessBuilder(command(java.java(), classPath, archive, args));
      if (Names.areAscii()) {
        child.environment().put(Names.LOCALE_VARIABLE, Names.LOCALE);
      }
      ChildJvm.runAndExit(child, archive);
    } catch (LaunchException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void runHere(String[] args) throws Throwable {
    try {
      Class.forName(PROGRAM).getMethod("main", String[].class).invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static List<String> command(
      File java, String classPath, ClassArchive archive, String[] args) {
    List<String> command = new ArrayList<>();
    command.add(java.getPath());
    command.addAll(JvmFlags.own());
    // Of an archive it is known that the options are known.
    if (archive != null) {
      if (JvmFlags.isQuestion(args)) {
        command.addAll(JvmFlags.answering());
      }
      command.addAll(JvmFlags.compilingLate());
      command.addAll(archive.flags());
    }
    command.add("-D".concat(LauncherWatch.PROPERTY).concat("=true"));
    if (Names.areAscii()) {
      for (String arg : args) {
        if (Names.isLost(arg)) {
          String self = Long.toString(ProcessHandle.current().pid());
          command.add("-D".concat(Names.PROPERTY).concat("=").concat(self));
          break;
        }
      }
    }
    String options = System.getenv(OPTIONS_VARIABLE);
    if (options != null) {
      command.addAll(words(options));
    }
    // Of "java -jar" this is the jar as it was named, good for the child, whose working folder is
    // the same; of a start from an IDE it is all that the program needs.
    if (new File(classPath).isFile()) {
      command.add("-jar");
      command.add(classPath);
    } else {
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("-cp");
      command.add(classPath);
      command.add(PROGRAM);
    }
    for (String arg : args) {
      // The child knows where these are from, and reads them there.
      command.add(Names.areAscii() ? arg.replace('\ufffd', '?') : arg);
    }
    return command;
  }

  private static List<String> words(String options) {
    if (Names.isLost(options)) {
      throw new LaunchException(
          Names.sentence(
              "The environment variable ".concat(OPTIONS_VARIABLE).concat(" with the value"),
              options));
    }
    try {
      return JvmFlags.words(options);
    } catch (IllegalArgumentException e) {
      throw new LaunchException(
          "The environment variable " + OPTIONS_VARIABLE + " " + e.getMessage());
    }
  }

  /** Null where it is the one that runs this and has no binary to start another by. */
  private static JavaRuntime findJava() {
    Map<String, String> environment = System.getenv();
    String chosen = environment.get(JAVA_VARIABLE);
    if (chosen != null && !chosen.isEmpty()) {
      return chosenJava(chosen);
    }
    if (runningFeature() >= JavaRuntime.FEATURE) {
      return JavaRuntime.running();
    }
    File home = new File(System.getProperty("user.home"));
    JavaRuntime found = new JavaSearch(environment, home, roots(environment)).find();
    if (found == null) {
      throw new LaunchException(noneFound());
    }
    return found;
  }

  private static int runningFeature() {
    return JavaRuntime.feature(System.getProperty("java.version"));
  }

  private static JavaRuntime chosenJava(String chosen) {
    if (Names.isLost(chosen)) {
      throw new LaunchException(
          Names.sentence("The environment variable " + JAVA_VARIABLE + " with the value", chosen));
    }
    File binary = JavaRuntime.binary(new File(chosen));
    if (binary == null) {
      throw new LaunchException(
          JAVA_VARIABLE
              + " is "
              + chosen
              + ", which is neither a java program nor a folder with one in its bin folder.");
    }
    JavaRuntime runtime = JavaRuntime.inspect(binary);
    if (!runtime.fits()) {
      throw new LaunchException(
          JAVA_VARIABLE
              + " is "
              + chosen
              + ", but cvae-gpu needs Java "
              + JavaRuntime.FEATURE
              + " or newer, and that is "
              + runtime.description()
              + ".");
    }
    return runtime;
  }

  private static List<File> roots(Map<String, String> environment) {
    List<File> roots = new ArrayList<>();
    String given = System.getProperty(ROOTS_PROPERTY);
    if (given != null) {
      StringTokenizer folders = new StringTokenizer(given, File.pathSeparator);
      while (folders.hasMoreTokens()) {
        roots.add(new File(folders.nextToken()));
      }
    } else if (File.separatorChar == '/') {
      roots.add(new File("/"));
    } else if (environment.get("ProgramFiles") != null) {
      roots.add(new File(environment.get("ProgramFiles")));
    }
    return roots;
  }

  private static String noneFound() {
    return "cvae-gpu needs Java "
        + JavaRuntime.FEATURE
        + " or newer; this is Java "
        + System.getProperty("java.version")
        + " and no such Java was found on this machine: install one (on a recent Debian or Ubuntu"
        + " the package openjdk-25-jdk-headless, elsewhere Eclipse Temurin 25 from adoptium.net),"
        + " or set "
        + JAVA_VARIABLE
        + " to its folder.";
  }
}
