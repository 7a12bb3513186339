// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the packaged launcher with a cache of the test's own. */
class ClassArchiveIT {
  @TempDir Path temp;

  private Path jar;
  private Path archives;

  @BeforeEach
  void buildJar() throws IOException {
    jar = LauncherJar.make(temp.resolve("cvae-gpu.jar"), "FIRST");
    archives = temp.resolve("cache/cvae-gpu/classes");
  }

  @Test
  void theSecondRunFindsWhatTheFirstLeft() throws Exception {
    assertSays("false", "FIRST");
    Path archive = onlyArchive();
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(archives)));
    assertSays("true", "FIRST");
    assertEquals(archive, onlyArchive());
  }

  @Test
  void aReplacedJarRunsItsOwnClassesAndRenewsTheArchive() throws Exception {
    assertSays("false", "FIRST");
    Path archive = onlyArchive();
    LauncherJar.make(jar, "OTHER");
    assertSays("false", "OTHER");
    assertNotEquals(archive, onlyArchive());
    assertSays("true", "OTHER");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 20_000, -1})
  void aDamagedArchiveIsRenewed(int length) throws Exception {
    assertSays("false", "FIRST");
    Path archive = onlyArchive();
    byte[] bytes = Files.readAllBytes(archive);
    // Cut off, or of the right length and zeros.
    Files.write(archive, length < 0 ? new byte[bytes.length] : Arrays.copyOf(bytes, length));
    assertSays("false", "FIRST");
    assertSays("true", "FIRST");
    onlyArchive();
  }

  @Test
  void aRunThatIsStoppedLeavesNone() throws Exception {
    assertEquals(130, start("exit", "130").await().code());
    assertEquals(List.of(), files());
  }

  /** It is what the command's questions start with, and makes no archive a second time. */
  @Test
  void aRunThatFailsLeavesOneForItsLikes() throws Exception {
    assertEquals(2, start("exit", "2").await().code());
    Path archive = onlyArchive();
    assertTrue(archive.getFileName().toString().startsWith("exit-help-"), archive::toString);
    FileTime made = Files.getLastModifiedTime(archive);
    for (String code : List.of("1", "2", "130")) {
      start("exit", code).await();
      assertEquals(archive, onlyArchive());
      assertEquals(made, Files.getLastModifiedTime(archive));
    }
  }

  @Test
  void theRunAfterTheFirstThatSucceedsLeavesTheCommandsOwn() throws Exception {
    assertEquals(1, start("exit", "1").await().code());
    Path archive = onlyArchive();
    // Starts with that one, and says that there is to be another.
    assertEquals(0, start("exit", "0").await().code());
    assertEquals(2, files().size());
    // What was made for nothing is not made again before another run succeeds.
    assertEquals(1, start("exit", "1").await().code());
    assertEquals(archive, onlyArchive());
    assertEquals(0, start("exit", "0").await().code());
    assertEquals(0, start("exit", "0").await().code());
    List<String> names = files().stream().map(path -> path.getFileName().toString()).toList();
    assertEquals(2, names.size(), names::toString);
    assertTrue(names.stream().allMatch(name -> name.endsWith(".jsa")), names::toString);
    assertTrue(names.stream().anyMatch(name -> !name.startsWith("exit-help-")), names::toString);
  }

  @Test
  void whatWasNotUsedForAMonthIsDeleted() throws Exception {
    Files.createDirectories(
        archives,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (int days : new int[] {29, 31}) {
      Path old = Files.writeString(archives.resolve("train-0-0-" + days + ".jsa"), "");
      Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(days, ChronoUnit.DAYS)));
    }
    assertSays("false", "FIRST");
    List<String> names =
        files().stream().map(path -> path.getFileName().toString()).sorted().toList();
    assertEquals(2, names.size(), names::toString);
    assertEquals("train-0-0-29.jsa", names.getLast());
    // Use keeps one.
    Path own = archives.resolve(names.getFirst());
    Files.setLastModifiedTime(own, FileTime.from(Instant.now().minus(31, ChronoUnit.DAYS)));
    assertSays("true", "FIRST");
    Instant used = Files.getLastModifiedTime(own).toInstant();
    assertTrue(used.isAfter(Instant.now().minus(1, ChronoUnit.DAYS)), used::toString);
  }

  @Test
  void aFileInThePlaceOfTheFolderIsNoMatter() throws Exception {
    Files.createDirectories(archives.getParent());
    Files.writeString(archives, "");
    assertSays("false", "FIRST");
    assertSays("false", "FIRST");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cache", "cache/cvae-gpu", "cache/cvae-gpu/classes"})
  void nothingIsKeptOrTakenWhereOthersCanWrite(String folder) throws Exception {
    assertSays("false", "FIRST");
    assertSays("true", "FIRST");
    Files.setPosixFilePermissions(
        temp.resolve(folder), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertSays("false", "FIRST");
  }

  @Test
  void runsAtOnceLeaveOneArchiveThatIsWhole() throws Exception {
    List<RunningProcess> runs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      runs.add(start("archive"));
    }
    for (RunningProcess run : runs) {
      RunningProcess.Result result = run.await();
      assertEquals("", result.errors());
      assertEquals("FIRST", result.lines().getLast());
      assertEquals(0, result.code());
    }
    onlyArchive();
    assertSays("true", "FIRST");
  }

  @Test
  void whoSharesClassesInAWayOfTheirOwnIsLeftAlone() throws Exception {
    assertSays("false", "FIRST");
    ProcessBuilder builder = builder("archive");
    builder.environment().put("CVAE_GPU_JAVA_OPTS", "-Xshare:auto");
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals(List.of("false", "FIRST"), result.lines());
    assertEquals("", result.errors());
  }

  @Test
  void aQuestionHasItsOwn() throws Exception {
    RunningProcess.Result result = start("java", "--help").await();
    assertEquals("", result.errors());
    assertTrue(result.lines().get(1).contains("-XX:TieredStopAtLevel=1"), result.text());
    assertTrue(onlyArchive().getFileName().toString().startsWith("java-help-"));
  }

  private void assertSays(String isFromArchive, String mark) throws Exception {
    RunningProcess.Result result = start("archive").await();
    assertEquals("", result.errors());
    assertEquals(List.of(isFromArchive, mark), result.lines());
    assertEquals(0, result.code());
  }

  private Path onlyArchive() throws IOException {
    List<Path> files = files();
    assertEquals(1, files.size(), files::toString);
    assertTrue(files.getFirst().toString().endsWith(".jsa"), files::toString);
    return files.getFirst();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(archives)) {
      return files.toList();
    }
  }

  private RunningProcess start(String... args) throws IOException {
    return new RunningProcess(builder(args));
  }

  private ProcessBuilder builder(String... args) {
    File java = JavaRuntime.binary(new File(System.getProperty("java.home")));
    List<String> command = new ArrayList<>(List.of(java.getPath(), "-jar", jar.toString()));
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeAll(
            List.of(
                "CVAE_GPU_JAVA", "CVAE_GPU_JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    builder.environment().put("XDG_CACHE_HOME", temp.resolve("cache").toString());
    return builder;
  }
}
