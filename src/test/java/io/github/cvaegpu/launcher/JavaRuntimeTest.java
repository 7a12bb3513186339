// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JavaRuntimeTest {
  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "25.0.3, 25",
    "25, 25",
    "25-ea, 25",
    "25+36-LTS, 25",
    "26.0.1.2, 26",
    "17.0.15, 17",
    "9, 9",
    "9-internal, 9",
    "1.8.0_412, 8",
    "1.7.0, 7",
    "100, 100",
    "'', 0",
    "ea, 0",
    "-25, 0",
    "1., 0"
  })
  void readsTheFeatureOfAVersion(String version, int feature) {
    assertEquals(feature, JavaRuntime.feature(version));
  }

  @Test
  void noVersionHasNoFeature() {
    assertEquals(0, JavaRuntime.feature(null));
    assertTrue(JavaRuntime.feature("99999999999999") > 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"25", "25.0.3", "25-ea", "26.0.1"})
  void fitsByItsReleaseFileAlone(String version) throws IOException {
    JavaRuntime runtime = inspect(FakeJava.home(temp, version));
    assertTrue(runtime.fits());
    assertEquals(temp.resolve("bin/java").toRealPath().toFile(), runtime.java());
    assertEquals("Java " + version, runtime.description());
  }

  @ParameterizedTest
  @ValueSource(strings = {"24.0.2", "17.0.15", "1.8.0_412", "9"})
  void tooOldByItsReleaseFileIsNotRun(String version) throws IOException {
    Path touched = temp.resolve("touched");
    String release = "JAVA_VERSION=\"" + version + "\"\n";
    JavaRuntime runtime = inspect(FakeJava.homeWith(temp, release, "touch " + touched));
    assertFalse(runtime.fits());
    assertEquals("Java " + version, runtime.description());
    assertFalse(Files.exists(touched));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "JAVA_VERSION=\"\"\nMODULES=\"\"\n"})
  void isRunWhereTheReleaseFileSaysTooLittle(String release) throws IOException {
    JavaRuntime runtime =
        inspect(FakeJava.homeWith(temp, release, FakeJava.settings("25.0.9", temp)));
    assertTrue(runtime.fits());
    assertEquals("Java 25.0.9", runtime.description());
  }

  @Test
  void doesNotFitWhenItFailsToRun() throws IOException {
    String script = FakeJava.settings("25", temp) + "\nexit 1";
    JavaRuntime runtime = inspect(FakeJava.homeWith(temp, "", script));
    assertFalse(runtime.fits());
    assertEquals("no Java that starts", runtime.description());
  }

  @Test
  void doesNotFitWhenItRunsAndIsTooOld() throws IOException {
    JavaRuntime runtime = inspect(FakeJava.homeWith(temp, "", FakeJava.settings("17.0.1", temp)));
    assertFalse(runtime.fits());
    assertEquals("Java 17.0.1", runtime.description());
  }

  @Test
  void doesNotFitWhenItCannotBeExecuted() throws IOException {
    Path java = FakeJava.script(temp.resolve("bin/java"), "");
    Files.write(java, new byte[] {0x7f, 'E', 'L', 'F', 0, 0});
    assertFalse(JavaRuntime.inspect(java.toFile()).fits());
  }

  @Test
  void isNotWaitedForLong() throws IOException {
    Path java = FakeJava.script(temp.resolve("bin/java"), "sleep 20");
    JavaRuntime runtime =
        Assertions.assertTimeout(
            Duration.ofSeconds(10), () -> JavaRuntime.inspect(java.toFile(), 1));
    assertFalse(runtime.fits());
  }

  @Test
  void aStandInLeadsToTheHomeThatItNames() throws IOException {
    Path home = FakeJava.home(temp.resolve("real"), "25");
    Path shim = FakeJava.script(temp.resolve("shims/java"), FakeJava.settings("25", home));
    JavaRuntime runtime = JavaRuntime.inspect(shim.toFile());
    assertTrue(runtime.fits());
    assertEquals(home.resolve("bin/java").toFile(), runtime.java());
  }

  @Test
  void theReleaseFileIsThatOfTheHomeWhichALinkLeadsTo() throws IOException {
    Path home = FakeJava.home(temp.resolve("jvm/jdk-25"), "25.0.3");
    Path link = Files.createDirectories(temp.resolve("usr/bin")).resolve("java");
    Files.createSymbolicLink(link, home.resolve("bin/java"));
    assertTrue(JavaRuntime.inspect(link.toFile()).fits());
  }

  @Test
  void findsTheBinaryOfAHomeABundleOrItself() throws IOException {
    Path home = FakeJava.home(temp.resolve("home"), "25");
    Path bundle = temp.resolve("jdk.bundle");
    FakeJava.home(bundle.resolve("Contents/Home"), "25");
    File java = home.resolve("bin/java").toFile();
    assertEquals(java, JavaRuntime.binary(home.toFile()));
    assertEquals(java, JavaRuntime.binary(java));
    assertEquals(
        bundle.resolve("Contents/Home/bin/java").toFile(), JavaRuntime.binary(bundle.toFile()));
    assertNull(JavaRuntime.binary(home.resolve("release").toFile()));
    assertNull(JavaRuntime.binary(home.resolve("bin").toFile()));
    assertNull(JavaRuntime.binary(temp.resolve("absent").toFile()));
  }

  @Test
  void theRunningJavaFits() {
    File home = new File(System.getProperty("java.home"));
    JavaRuntime runtime =
        JavaRuntime.inspect(Optional.ofNullable(JavaRuntime.binary(home)).orElseThrow());
    assertTrue(runtime.fits());
    assertEquals(Runtime.version().feature(), runtime.feature());
  }

  private static JavaRuntime inspect(Path home) {
    return JavaRuntime.inspect(home.resolve("bin/java").toFile());
  }
}
