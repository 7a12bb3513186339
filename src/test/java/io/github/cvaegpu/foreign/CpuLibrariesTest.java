// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which library of native/cpu a process computes with, and why it has none. */
class CpuLibrariesTest {
  private static final String INTEL = "linux-x86_64";
  private static final Set<String> AVX2 =
      Set.of("sse2", "avx", "avx2", "fma", "bmi1", "bmi2", "f16c", "abm", "movbe");
  private static final Set<String> AVX512 =
      with(AVX2, "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl");

  @TempDir private Path temp;

  private static Set<String> with(Set<String> features, String... more) {
    Set<String> all = new TreeSet<>(features);
    all.addAll(List.of(more));
    return all;
  }

  private static Set<String> without(Set<String> features, String... less) {
    Set<String> all = new TreeSet<>(features);
    all.removeAll(List.of(less));
    return all;
  }

  private static CpuLibraries.Found find(String asked, String platform, Set<String> features) {
    return CpuLibraries.find(Optional.ofNullable(asked), platform, features);
  }

  private static void assertNone(
      String problem, String asked, String platform, Set<String> features) {
    CpuLibraries.Found found = find(asked, platform, features);
    assertEquals(Optional.empty(), found.library());
    assertEquals(problem, found.problem());
  }

  /** Of this machine, whose processor a library that is loaded has to suit. */
  private static Set<String> own(Set<String> wanted) throws IOException {
    assumeTrue(BundledLibrary.platform().equals(INTEL), "this machine is not " + INTEL);
    assumeTrue(
        resource(INTEL, "v3").isPresent() && resource(INTEL, "v4").isPresent(),
        "this build has no libraries of native/cpu");
    String flags =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("flags"))
            .findFirst()
            .orElse("");
    Set<String> features = Set.of(flags.substring(flags.indexOf(':') + 1).strip().split(" +"));
    assumeTrue(features.containsAll(wanted), "the processor has not all of " + wanted);
    return features;
  }

  private static Optional<InputStream> resource(String platform, String isa) {
    return Optional.ofNullable(
        CpuLibrariesTest.class.getResourceAsStream(
            "/io/github/cvaegpu/foreign/" + platform + "/libcvae-cpu-" + isa + ".so"));
  }

  @Test
  void takesTheLargestInstructionSetThatTheProcessorHas() throws IOException {
    Set<String> features = own(AVX512);
    assertEquals("x86-64-v4", find(null, INTEL, features).library().orElseThrow().isa());
    assertEquals("x86-64-v4", find("v4", INTEL, features).library().orElseThrow().isa());
  }

  @Test
  void takesTheSmallerOneWhereTheProcessorLacksOneFeatureOrItIsAskedFor() throws IOException {
    Set<String> features = own(AVX2);
    assertEquals(
        "x86-64-v3",
        find(null, INTEL, without(features, "avx512vl")).library().orElseThrow().isa());
    assertEquals("x86-64-v3", find("v3", INTEL, features).library().orElseThrow().isa());
  }

  @ParameterizedTest
  @ValueSource(strings = {"avx2", "fma", "bmi1", "bmi2", "f16c", "abm", "movbe"})
  void aProcessorThatLacksWhatTheSmallestIsCompiledForHasNone(String lacking) {
    assertNone("the processor has no " + lacking, null, INTEL, without(AVX2, lacking));
    assertNone("the processor has no " + lacking, "v3", INTEL, without(AVX2, lacking));
  }

  @ParameterizedTest
  @ValueSource(strings = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"})
  void anInstructionSetThatIsAskedForIsNotReplacedByASmallerOne(String lacking) {
    assertNone("the processor has no " + lacking, "v4", INTEL, without(AVX512, lacking));
  }

  @Test
  void aProcessorThatSaysNothingOfItselfHasNone() {
    assertNone(
        "the processor has no avx2, fma, bmi1, bmi2, f16c, abm, movbe", null, INTEL, Set.of());
  }

  @Test
  void eachIsForItsOwnPlatform() {
    assertNone("this machine is linux-x86_64", "neon", INTEL, AVX512);
    assertNone("this machine is linux-arm64", "v3", "linux-arm64", Set.of());
    assertNone("this machine is linux-arm64", "v4", "linux-arm64", AVX512);
  }

  @ParameterizedTest
  @ValueSource(strings = {"windows-x86_64", "macosx-arm64", "linux-riscv64"})
  void otherPlatformsHaveNone(String platform) {
    assertNone("there is none for " + platform, null, platform, AVX512);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v5", "V4", "x86-64-v3", "avx2", " v3", "NEON"})
  void thereIsNoOtherName(String name) {
    assertNone("there are v3, v4 and neon", name, INTEL, AVX512);
  }

  // ---- files -----------------------------------------------------------------------------------

  private static String refusal(Path file) {
    return assertThrows(LinkageError.class, () -> new CpuLibrary(file)).getMessage();
  }

  @Test
  void aFileThatIsNoLibraryIsRefused() throws IOException {
    Path text = Files.writeString(temp.resolve("text.so"), "not a library\n");
    String said = refusal(text);
    assertTrue(said.contains(text.toString()), said);
    Path missing = temp.resolve("missing.so");
    assertTrue(refusal(missing).contains(missing.toString()));
  }

  /**
   * Of a longer piece the system's own loader makes a bus error: Copies sees to it that none is
   * loaded.
   */
  @Test
  void aLibraryWithoutEvenItsHeaderIsRefused() throws IOException {
    Path file = Files.write(temp.resolve("cut.so"), new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    String said = refusal(file);
    assertTrue(said.contains(file.toString()), said);
  }

  @Test
  void aLibraryOfAnotherArchitectureIsRefused() throws IOException {
    assumeFalse(BundledLibrary.platform().equals("linux-arm64"), "this machine is the other one");
    Optional<InputStream> neon = resource("linux-arm64", "neon");
    assumeTrue(neon.isPresent(), "this build has no library for ARM");
    Path file = Files.write(temp.resolve("neon.so"), neon.get().readAllBytes());
    String said = refusal(file);
    assertTrue(said.contains(file.toString()), said);
  }

  @Test
  void anotherLibraryIsRefused() throws Exception {
    Path file = temp.resolve("other.so");
    StubLibraries.build(file, "int nothing;", List.of());
    assertEquals("it has no function cvae_interface", refusal(file));
  }

  @Test
  void aLibraryOfAnotherVersionIsRefused() throws Exception {
    Path file = temp.resolve("version.so");
    StubLibraries.build(file, "int cvae_interface(void) { return 12345; }", List.of());
    String said = refusal(file);
    assertTrue(said.startsWith("it has interface 12345, not "), said);
  }
}
