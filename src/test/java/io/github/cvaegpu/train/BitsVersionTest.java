// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.cpu.JavaBits;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.launcher.RunningProcess;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bits of a run, and the number that says which they are. Where this fails, the change before
 * it moved the bits of everybody's runs: undo that, or raise {@link BitsVersion#CURRENT}, say in
 * CHANGELOG.md what moved them, and put the new checksums here.
 */
class BitsVersionTest {
  private static final int OF_THESE = 4;

  /** Parameters of {@link TinyRun} with the native step, on every processor. */
  private static final String PARAMETERS =
      "4256822507d529dee2da804103fa2b4d014461c3c82dde7ffb38e23078f87439";

  /** Of each case of {@link JavaBits}, the step in Java, on every processor. */
  private static final List<String> IN_JAVA =
      List.of(
          "37f9cce961470ddefcb1d85707f863dc7a46cbd3747b9646d0a9a737dbb4dc69",
          "5a276efda38792f8d1f00ce69ec8dd7c7e4438200967d581c2af5ffe08dbf34c",
          "45255361f0d1731c8486747346ababfd4c8a481e76a12630be478d114545689f",
          "a6863abcb4d3e62a6b83815fe2c0bad97f0aaa2051d0163b64ab3eada01f99c2",
          "2df507cfac9b152e8239d85eba32c0685329c13b21ddb49ce4a738fe81bf441d");

  @TempDir private Path folder;

  @Test
  void theBitsAreThoseOfTheirNumber() {
    assertEquals(OF_THESE, BitsVersion.CURRENT);
    CpuLibraries.Found found = CpuLibraries.get();
    assumeTrue(found.library().isPresent(), found.problem());
    assertEquals(
        PARAMETERS,
        new TinyRun(folder.resolve("run")).until(-1).record().parametersSha256().getLast());
  }

  /** The first time while its loops are being compiled, the second time with code from before. */
  @Test
  void soAreThoseOfTheStepInJava() {
    for (int time = 0; time < 2; time++) {
      assertEquals(IN_JAVA, Arrays.stream(JavaBits.Case.values()).map(JavaBits::sha256).toList());
    }
  }

  /** When a loop is compiled depends on the machine and on what else it does. */
  @Test
  void theStepInJavaHasTheSameBitsInterpreted() throws Exception {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xint",
            "-cp",
            System.getProperty("java.class.path"),
            JavaBits.class.getName());
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals(0, result.code(), result.errors());
    assertEquals(IN_JAVA, result.lines());
  }
}
