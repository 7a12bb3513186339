// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JavaSearchTest {
  @TempDir Path temp;

  private final Map<String, String> environment = new HashMap<>();
  private Path root;
  private Path user;

  @BeforeEach
  void resolveLinks() throws IOException {
    Path real = temp.toRealPath();
    root = real.resolve("root");
    user = real.resolve("user");
  }

  @Test
  void nothingIsFoundOnAnEmptyMachine() {
    assertNull(find());
    environment.put("JAVA_HOME", "");
    environment.put("JDK_HOME", root.resolve("absent").toString());
    environment.put("PATH", ":" + root.resolve("absent") + "::");
    assertNull(find());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "usr/lib/jvm/temurin-25-jdk-amd64",
        "usr/lib64/jvm/java-25",
        "usr/java/jdk-25",
        "usr/local/openjdk-25",
        "opt/jdk-25.0.3+9",
        "opt/oracle-jdk",
        "opt/my-java",
        "opt/java/openjdk",
        "Library/Java/JavaVirtualMachines/temurin-25.jdk/Contents/Home",
        "opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home",
        "opt/homebrew/opt/openjdk/libexec/openjdk.jdk/Contents/Home",
        "Java/jdk-25",
        "Eclipse Adoptium/jdk-25.0.3.9-hotspot",
      })
  void looksInTheUsualPlacesOfAMachine(String place) throws IOException {
    assertFinds(FakeJava.home(root.resolve(place), "25.0.3"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".sdkman/candidates/java/25-tem",
        ".jdks/temurin-25",
        ".jabba/jdk/25",
        ".asdf/installs/java/temurin-25",
        ".local/share/mise/installs/java/25",
        ".gradle/jdks/eclipse_adoptium-25-amd64-linux.2",
        "Library/Java/JavaVirtualMachines/openjdk-25/Contents/Home",
      })
  void looksInTheUsualPlacesOfAUser(String place) throws IOException {
    assertFinds(FakeJava.home(user.resolve(place), "25.0.3"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"opt/tools", "opt/jd-k", "usr/local/games", "usr/lib/jvm/a/b"})
  void looksNowhereElse(String place) throws IOException {
    FakeJava.home(root.resolve(place), "25");
    assertNull(find());
  }

  @ParameterizedTest
  @ValueSource(strings = {"JAVA_HOME", "JDK_HOME"})
  void aVariableMayNameAHomeOrABinary(String variable) throws IOException {
    Path home = FakeJava.home(root.resolve("odd place"), "25");
    environment.put(variable, home.toString());
    assertFinds(home);
    environment.put(variable, home.resolve("bin/java").toString());
    assertFinds(home);
  }

  @Test
  void followsALinkOnThePath() throws IOException {
    Path home = FakeJava.home(root.resolve("odd place"), "25");
    Path bin = Files.createDirectories(root.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("java"), home.resolve("bin/java"));
    environment.put("PATH", "/absent" + File.pathSeparator + bin);
    assertFinds(home);
  }

  @Test
  void allOfThePathIsTried() throws IOException {
    Path old = FakeJava.home(root.resolve("old"), "17.0.15");
    Path home = FakeJava.home(root.resolve("new"), "25");
    environment.put("PATH", old.resolve("bin") + File.pathSeparator + home.resolve("bin"));
    assertFinds(home);
  }

  @Test
  void whatDoesNotFitIsPassedOver() throws IOException {
    environment.put("JAVA_HOME", FakeJava.home(root.resolve("old"), "17.0.15").toString());
    environment.put("JDK_HOME", FakeJava.home(root.resolve("jre"), "24.0.2").toString());
    FakeJava.home(root.resolve("usr/lib/jvm/a"), "24");
    FakeJava.home(root.resolve("usr/lib/jvm/b"), "1.8.0_412");
    Files.createDirectories(root.resolve("usr/lib/jvm/c"));
    assertNull(find());
    assertFinds(FakeJava.home(user.resolve(".jdks/d"), "25"));
  }

  @Test
  void exactlyTheProgramsJavaIsPreferred() throws IOException {
    environment.put("JAVA_HOME", FakeJava.home(root.resolve("newer"), "26").toString());
    FakeJava.home(root.resolve("usr/lib/jvm/a"), "27-ea");
    assertFinds(FakeJava.home(user.resolve(".jdks/z"), "25.0.1"));
  }

  @Test
  void elseTheNewest() throws IOException {
    environment.put("JAVA_HOME", FakeJava.home(root.resolve("newer"), "26").toString());
    Path newest = FakeJava.home(root.resolve("opt/jdk-28"), "28-ea");
    FakeJava.home(user.resolve(".jdks/z"), "27.0.2");
    assertFinds(newest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"25.0.3", "26"})
  void ofEqualsTheFirst(String version) throws IOException {
    for (String name : List.of("c", "a", "d", "b")) {
      FakeJava.home(root.resolve("usr/lib/jvm").resolve(name), version);
    }
    FakeJava.home(root.resolve("opt/jdk"), version);
    assertFinds(root.resolve("usr/lib/jvm/a"));
    Path path = FakeJava.home(root.resolve("path"), version);
    environment.put("PATH", path.resolve("bin").toString());
    assertFinds(path);
    Path jdk = FakeJava.home(root.resolve("jdk"), version);
    environment.put("JDK_HOME", jdk.toString());
    assertFinds(jdk);
    Path java = FakeJava.home(root.resolve("java"), version);
    environment.put("JAVA_HOME", java.toString());
    assertFinds(java);
  }

  private JavaRuntime find() {
    return new JavaSearch(environment, user.toFile(), List.of(root.toFile())).find();
  }

  private void assertFinds(Path home) {
    JavaRuntime found = find();
    assertNotNull(found);
    assertEquals(home.resolve("bin/java").toFile(), found.java());
  }
}
