// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs the packaged launcher as a process. Its classes and manifest are taken from the jar under
 * test; the program beside them is one made for these tests.
 */
class LauncherIT {
  /** The JVMs that a user may start the jar with. */
  enum Java {
    /** The one that runs the tests: new enough. */
    NEW,
    /** Too old for the program, found on this machine. */
    OLD
  }

  @TempDir static Path temp;

  private static Path jar;
  private static File newJava;
  private static File oldJava;

  @BeforeAll
  static void buildJar() throws IOException {
    newJava = JavaRuntime.binary(new File(System.getProperty("java.home")));
    oldJava = RunningProcess.findOldJava();
    Path folder = Files.createDirectories(temp.resolve("odd folder %20 'q' \"+#;&"));
    jar = LauncherJar.make(folder.resolve("the jar.jar"), "FIRST");
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void runsTheProgramWithItsFlagsAndNothingOnStderr(Java java) throws Exception {
    RunningProcess.Result result = launch(java, "java").await();
    List<String> lines = result.lines();
    assertEquals("", result.errors());
    assertTrue(Integer.parseInt(lines.get(0)) >= JavaRuntime.FEATURE, lines.get(0));
    assertTrue(lines.get(1).contains("-XX:+UseSerialGC"), lines.get(1));
    assertEquals("none", lines.get(2));
    assertEquals(jar.toString(), lines.get(3));
    assertEquals(0, result.code());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void findsTheJarThroughARelativeLink(Java java) throws Exception {
    Path link = temp.resolve(java + " link.jar");
    Files.createSymbolicLink(link, jar);
    ProcessBuilder builder = builder(java, "java");
    builder.command().set(2, "./" + link.getFileName());
    builder.directory(temp.toFile());
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals("", result.errors());
    assertTrue(result.text().endsWith("/" + link.getFileName() + "\n"), result.text());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void passesArgumentsUnchanged(Java java) throws Exception {
    List<String> args =
        List.of(
            "args",
            "",
            " ",
            "a b",
            "\"",
            "'",
            "\\",
            "\\\"",
            "*",
            "*.java",
            "@file",
            "$HOME",
            "-cp",
            "--",
            "a=\"b c\"",
            "%PATH%",
            "line\nbreak",
            "~",
            "");
    RunningProcess.Result result = launch(java, args.toArray(new String[0])).await();
    StringBuilder expected = new StringBuilder();
    for (String arg : args) {
      expected.append('<').append(arg).append(">\n");
    }
    assertEquals(expected.toString(), result.text());
    assertEquals("", result.errors());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void copesWithUnicodeInArgumentsAndInTheJarsPath(Java java) throws Exception {
    // The JVM of the tests may not be able to write such names: a shell does.
    String script =
        "f=\"$1/$(printf '\\303\\274\\346\\227\\245').jar\"; cp \"$3\" \"$f\";"
            + " exec \"$2\" -jar \"$f\" args \"$(printf '\\360\\237\\230\\200 \\303\\274')\"";
    ProcessBuilder builder = builder(java);
    String binary = builder.command().get(0);
    builder.command("sh", "-c", script, "sh", temp.toString(), binary, jar.toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals("", result.errors());
    assertEquals("<args>\n<\ud83d\ude00 \u00fc>\n", result.text());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void withoutALocaleArgumentsKeepTheirBytes(Java java) throws Exception {
    // Odd names, one of them not UTF-8, between those that a locale of ASCII can read.
    String script =
        "exec \"$@\" args '?' \"$(printf 'm\\303\\274ller')\" '' 'a b'"
            + " \"$(printf '\\346\\227\\245\\n?')\" \"$(printf 'x\\377y')\" ''";
    for (String locale : new String[] {null, "C", "de_DE.UTF-8"}) {
      ProcessBuilder builder = builder(java);
      List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
      command.addAll(builder.command());
      builder.command(command);
      builder.environment().keySet().removeAll(List.of("LANG", "LC_ALL", "LC_CTYPE"));
      if (locale != null) {
        // That of Germany is not on every machine, and where it is not the locale is C.
        builder.environment().put("LC_ALL", locale);
      }
      RunningProcess.Result result = new RunningProcess(builder).await();
      assertEquals("", result.errors());
      assertEquals(
          "<args>\n<?>\n<m\u00fcller>\n<>\n<a b>\n<\u65e5\n?>\n<x\ufffdy>\n<>\n", result.text());
    }
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void optionsThatTheLocaleCannotReadAreRefused(Java java) throws Exception {
    String script = "export \"$1=$(printf '/tmp/\\303\\274')\"; shift; exec \"$@\"";
    for (String variable : List.of("CVAE_GPU_JAVA", "CVAE_GPU_JAVA_OPTS")) {
      ProcessBuilder builder = builder(java, "java");
      List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh", variable));
      command.addAll(builder.command());
      builder.command(command);
      builder.environment().keySet().removeAll(List.of("LANG", "LC_ALL", "LC_CTYPE"));
      RunningProcess.Result result = new RunningProcess(builder).await();
      assertEquals(
          "The environment variable "
              + variable
              + " with the value \"/tmp/??\" holds bytes that this locale, which knows ASCII only,"
              + " has no characters for: set LC_ALL=C.UTF-8 in the environment, or another UTF-8"
              + " locale that \"locale -a\" lists.\n",
          result.errors());
      assertEquals("", result.text());
      assertEquals(1, result.code());
    }
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void passesTheExitCodeOn(Java java) throws Exception {
    for (int code : new int[] {0, 1, 2, 130, 255}) {
      assertEquals(code, launch(java, "exit", Integer.toString(code)).await().code());
    }
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void passesEveryByteOfStderrOn(Java java) throws Exception {
    String hex = "00ff0d 57 0a 0d e697a5 1b5b4b fe";
    RunningProcess.Result result = launch(java, "stderr", hex).await();
    assertArrayEquals(
        new byte[] {
          0, -1, 13, 'W', 10, 13, (byte) 0xe6, (byte) 0x97, (byte) 0xa5, 27, '[', 'K', -2
        },
        result.err());
    byte[] flood = launch(java, "flood").await().err();
    assertEquals(1 << 20, flood.length);
    for (int i = 0; i < flood.length; i++) {
      assertEquals((byte) ((i * 31) >> 3), flood[i]);
    }
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void aStackTraceOfTheProgramIsSeen(Java java) throws Exception {
    RunningProcess.Result result = launch(java, "throw").await();
    assertTrue(result.errors().startsWith("Exception in thread \"main\""), result.errors());
    assertTrue(result.errors().contains("thrown by the program"), result.errors());
    assertEquals(1, result.code());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void takesJvmOptionsFromTheEnvironment(Java java) throws Exception {
    ProcessBuilder builder = builder(java, "java");
    builder.environment().put("CVAE_GPU_JAVA_OPTS", "  -Dgiven=7  -Xmx64m ");
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals("7", result.lines().get(2));
    assertEquals("", result.errors());
    builder.environment().put("CVAE_GPU_JAVA_OPTS", "'-Dgiven=a  \"b\"' -Xmx64m");
    assertEquals("a  \"b\"", new RunningProcess(builder).await().lines().get(2));
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void aQuoteWithoutAnEndIsRefused(Java java) throws Exception {
    ProcessBuilder builder = builder(java, "java");
    builder.environment().put("CVAE_GPU_JAVA_OPTS", "-Xmx64m \"-Dgiven=a b");
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals(
        "The environment variable CVAE_GPU_JAVA_OPTS has a quote (\") without its end: -Xmx64m"
            + " \"-Dgiven=a b\n",
        result.errors());
    assertEquals(1, result.code());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void whatTheJvmSaysOfItsOptionsIsPassedOn(Java java) throws Exception {
    ProcessBuilder builder = builder(java, "exit", "0");
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Dx=1");
    String line = "Picked up JAVA_TOOL_OPTIONS: -Dx=1\n";
    assertEquals(line + line, new RunningProcess(builder).await().errors());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void sigtermEndsTheProgramGracefully(Java java) throws Exception {
    RunningProcess run = launch(java, "await-signal");
    run.out().awaitText("ready\n");
    run.process().toHandle().destroy();
    RunningProcess.Result result = run.await();
    assertEquals("ready\nsaved\n", result.text());
    assertEquals("50 %\rlast words", result.errors());
    assertEquals(130, result.code());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void stderrIsNotHeldBack(Java java) throws Exception {
    RunningProcess run = launch(java, "await-signal");
    run.err().awaitText("50 %\r");
    assertTrue(run.process().isAlive());
    run.process().toHandle().destroy();
    run.await();
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void sigkillOfTheLauncherEndsTheProgramAtOnce(Java java) throws Exception {
    RunningProcess run = launch(java, "await-signal");
    run.out().awaitText("ready\n");
    run.process().toHandle().destroyForcibly();
    // The program has the same standard output, which is at its end when both are gone.
    run.out().join(1000);
    assertFalse(run.out().isAlive());
    assertEquals("ready\n", run.out().text());
    assertEquals(137, run.process().waitFor());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void aUserSignalReachesTheProgramOnceWhoeverGetsIt(Java java) throws Exception {
    for (List<Boolean> receivers : List.of(List.of(true), List.of(false), List.of(true, false))) {
      RunningProcess run = launch(java, "await-user-signal");
      run.out().awaitText("ready\n");
      // The handlers are made beside everything else; a signal before that ends the program.
      Thread.sleep(1000);
      for (boolean isLauncher : receivers) {
        long pid =
            isLauncher
                ? run.process().pid()
                : run.process().children().findFirst().orElseThrow().pid();
        sendUserSignal(pid);
      }
      RunningProcess.Result result = run.await();
      assertEquals("ready\nuser signal\n", result.text(), () -> "to the launcher: " + receivers);
      assertEquals("", result.errors());
      assertEquals(75, result.code());
    }
  }

  private static void sendUserSignal(long pid) throws Exception {
    assertEquals(0, new ProcessBuilder("kill", "-USR1", "" + pid).start().waitFor());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void aUserSignalThatKillsTheProgramIsNoFailureEither(Java java) throws Exception {
    // As one that comes before there is a handler.
    RunningProcess.Result result = launch(java, "killed-by-user-signal").await();
    assertEquals(
        "Stopped by SIGUSR1 before anything was begun; run the command again.\n", result.errors());
    assertEquals(75, result.code());
  }

  @ParameterizedTest
  @EnumSource(Java.class)
  void aProcessLeftBehindDoesNotKeepTheLauncher(Java java) throws Exception {
    RunningProcess run = launch(java, "orphan");
    assertTrue(run.process().waitFor(10, TimeUnit.SECONDS));
    assertEquals("bye", run.err().text());
    assertEquals(0, run.process().exitValue());
  }

  @Test
  void saysInOneSentenceThatNoJavaIsNewEnough() throws Exception {
    ProcessBuilder builder = builder(Java.OLD, "java");
    String empty = Files.createDirectories(temp.resolve("empty")).toString();
    builder.environment().keySet().removeAll(List.of("JAVA_HOME", "JDK_HOME"));
    builder.environment().put("PATH", empty);
    builder
        .command()
        .addAll(1, List.of("-Dcvaegpu.launcher.roots=" + empty, "-Duser.home=" + empty));
    RunningProcess.Result result = new RunningProcess(builder).await();
    String version = JavaRuntime.inspect(oldJava).description();
    assertEquals(
        "cvae-gpu needs Java 25 or newer; this is "
            + version
            + " and no such Java was found on this machine: install one (on a recent Debian or"
            + " Ubuntu the package openjdk-25-jdk-headless, elsewhere Eclipse Temurin 25 from"
            + " adoptium.net), or set CVAE_GPU_JAVA to its folder.\n",
        result.errors());
    assertEquals("", result.text());
    assertEquals(1, result.code());
  }

  @Test
  void theChosenJavaIsUsedOrRefusedButNeverReplaced() throws Exception {
    ProcessBuilder builder = builder(Java.OLD, "java");
    Map<String, String> environment = builder.environment();
    String home = environment.remove("JAVA_HOME");
    environment.put("CVAE_GPU_JAVA", home);
    assertEquals(0, new RunningProcess(builder).await().code());
    environment.put("JAVA_HOME", home);

    environment.put("CVAE_GPU_JAVA", oldJava.toString());
    RunningProcess.Result tooOld = new RunningProcess(builder).await();
    assertEquals(
        "CVAE_GPU_JAVA is "
            + oldJava
            + ", but cvae-gpu needs Java 25 or newer, and that is "
            + JavaRuntime.inspect(oldJava).description()
            + ".\n",
        tooOld.errors());
    assertEquals(1, tooOld.code());

    environment.put("CVAE_GPU_JAVA", "/absent");
    RunningProcess.Result absent = new RunningProcess(builder).await();
    assertEquals(
        "CVAE_GPU_JAVA is /absent, which is neither a java program nor a folder with one in its"
            + " bin folder.\n",
        absent.errors());
    assertEquals(1, absent.code());
  }

  private static ProcessBuilder builder(Java java, String... args) {
    File binary = java == Java.NEW ? newJava : oldJava;
    if (binary == null) {
      String reason = "SKIPPED: this machine has no Java from 11 to 24 to start the launcher with";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    List<String> command = new ArrayList<>(List.of(binary.getPath(), "-jar", jar.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment
        .keySet()
        .removeAll(
            List.of(
                "CVAE_GPU_JAVA", "CVAE_GPU_JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("XDG_CACHE_HOME", temp.resolve("cache").toString());
    return builder;
  }

  private static RunningProcess launch(Java java, String... args) throws IOException {
    return new RunningProcess(builder(java, args));
  }
}
