// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.train.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar on a machine that has no data and no network. */
class ProgramIT {
  @TempDir static Path temp;
  private static JarProcess jar;

  @BeforeAll
  static void start() {
    jar = new JarProcess(temp);
  }

  @Test
  void withoutDataItWarnsAndTrainsOnSyntheticDigits() throws Exception {
    RunningProcess.Result result =
        jar.run(
            "train",
            "--offline",
            "--epochs",
            "1",
            "--batch",
            "1000",
            "--hidden",
            "8",
            "--threads",
            "2",
            "--quiet");
    assertEquals(0, result.code(), result.errors());
    List<String> lines = result.errors().lines().toList();
    String rule = "*".repeat(80);
    assertEquals(rule, lines.getFirst());
    assertEquals(rule, lines.getLast());
    String warning = "*  WARNING: these are SYNTHETIC DIGITS, not MNIST.";
    assertEquals(warning, lines.get(1));
    assertTrue(result.errors().contains("downloads are forbidden"), result.errors());
    Path run;
    try (Stream<Path> runs = Files.list(temp.resolve("runs"))) {
      run =
          runs.filter(folder -> Files.exists(folder.resolve("run.json"))).findFirst().orElseThrow();
    }
    assertTrue(run.getFileName().toString().matches("hold-\\d{8}-\\d{6}"), run.toString());
    var record = RunDirectory.readRecord(run);
    assertEquals(Dataset.Status.SYNTHETIC_FALLBACK, record.dataset().status());
    assertEquals("auto", record.data());
    assertTrue(Files.readString(run.resolve("run.json")).contains("\"synthetic_fallback\""));
    // It goes on with the images that it has, not with what auto would be by then.
    RunningProcess.Result resumed =
        jar.run("train", "--resume", "--out", run.toString(), "--epochs", "2", "--quiet");
    assertEquals(0, resumed.code(), resumed.errors());
    assertTrue(resumed.errors().contains(warning), resumed.errors());
    assertEquals(2, RunDirectory.readRecord(run).parametersSha256().size());
    assertEquals(
        Dataset.Status.SYNTHETIC_FALLBACK, RunDirectory.readRecord(run).dataset().status());
  }

  @Test
  void dataThatCannotBeHadIsOneSentence() throws Exception {
    RunningProcess.Result result = jar.run("train", "--data", "mnist", "--offline");
    assertEquals(1, result.code());
    assertEquals("", result.text());
    assertEquals(1, result.errors().lines().count(), result.errors());
    assertTrue(result.errors().startsWith("mnist cannot be had: "), result.errors());
  }

  @Test
  void aBadOptionIsASentenceAndAHint() throws Exception {
    RunningProcess.Result result = jar.run("train", "--epoch", "3");
    assertEquals(2, result.code());
    assertEquals(
        "Unknown option '--epoch'; did you mean --epochs?\nTry: %s\n"
            .formatted(jar.command("train", "--help")),
        result.errors());
  }

  /** The commit is part of it: two builds of a snapshot are not the same. */
  @Test
  void theVersionIsThatOfThePomAndItsCommit() throws Exception {
    String pom = Files.readString(Path.of("pom.xml"));
    var version =
        Pattern.compile("<artifactId>cvae-gpu</artifactId>\\s*<version>([^<]+)<").matcher(pom);
    assertTrue(version.find());
    String expected = "cvae-gpu " + version.group(1);
    String commit = Files.exists(Path.of(".git")) ? " \\(commit [0-9a-f]{12}(-dirty)?\\)" : "";
    String printed = jar.run("--version").text().strip();
    assertTrue(printed.matches(Pattern.quote(expected) + commit), printed);
  }

  @Test
  void theDoctorNamesWhatItFound() throws Exception {
    RunningProcess.Result result = jar.run("doctor");
    assertEquals(0, result.code());
    assertEquals("", result.errors());
    String text = result.text();
    assertTrue(text.matches("(?s)program +cvae-gpu \\d.*"), text);
    assertTrue(text.contains("\nJava       " + System.getProperty("java.runtime.version")), text);
    assertTrue(text.matches("(?s).*\nCPU step +(native, for|in Java:) .*"), text);
    assertTrue(text.contains("\ndatasets   mnist: not in the cache; "), text);
    for (String dataset : List.of("fashion-mnist", "kmnist", "synthetic, sprites")) {
      assertTrue(text.contains("\n           " + dataset + ": "), text);
    }
    assertTrue(text.contains("\nGPU        "), text);
    assertTrue(text.toLowerCase(Locale.ROOT).contains("can run, on the cpu"), text);
  }

  @Test
  void theDoctorReportsABadEnvironmentInItsPlace() throws Exception {
    var builder = jar.builder(List.of("doctor"));
    builder.environment().put("CVAE_GPU_OFFLINE", "maybe");
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals(1, result.code());
    assertEquals("", result.errors());
    assertTrue(result.text().contains("\ndatasets   The environment variable "), result.text());
    assertTrue(result.text().contains("\nGPU        "), result.text());
  }

  @Test
  void whereTheCacheCannotBeWrittenOneTemporaryFolderIsUsedAgain() throws Exception {
    Path temporary = Files.createDirectory(temp.resolve("tmp"));
    for (int run = 1; run <= 2; run++) {
      var builder = jar.builder(List.of("doctor"));
      Path file = temp.resolve("no-cache");
      builder.environment().put("XDG_CACHE_HOME", Files.writeString(file, "").toString());
      builder.environment().put("CVAE_GPU_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary);
      RunningProcess.Result result = new RunningProcess(builder).await();
      assertEquals(0, result.code(), result.text() + result.errors());
      try (Stream<Path> files = Files.list(temporary)) {
        List<String> names = files.map(path -> path.getFileName().toString()).toList();
        assertEquals(1, names.size(), names.toString());
        assertTrue(names.getFirst().matches("cvae-gpu-\\d+-native"), names.toString());
      }
    }
  }

  /** Java's own options decide a locale before the program can. */
  @Test
  void anotherLocalePrintsTheSameBytes() throws Exception {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    RunningProcess.Result trained =
        jar.run(
            List.of(
                "train",
                "--data",
                images.toString(),
                "--out",
                "localised",
                "--epochs",
                "1",
                "--batch",
                "16",
                "--hidden",
                "8",
                "--engine",
                "cpu",
                "--threads",
                "1",
                "--quiet"));
    assertEquals(0, trained.code(), trained.errors());
    List<String> evaluate =
        List.of("evaluate", "localised", "--samples", "3", "--engine", "cpu", "--latent");
    RunningProcess.Result expected = jar.run(evaluate);
    assertEquals(0, expected.code(), expected.errors());
    for (String options : List.of("-Duser.language=ar -Duser.country=EG", "-Duser.language=de")) {
      var builder = jar.builder(evaluate);
      builder.environment().put("CVAE_GPU_JAVA_OPTS", options);
      RunningProcess.Result result = new RunningProcess(builder).await();
      assertEquals(expected.text(), result.text(), options);
      assertEquals(expected.errors(), result.errors(), options);
    }
  }
}
