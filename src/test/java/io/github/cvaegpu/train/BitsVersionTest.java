// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.cpu.JavaBits;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.model.Activation;
import java.nio.file.Path;
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

  /** Of {@link JavaBits}, the step in Java, on every processor. */
  private static final String IN_JAVA =
      "37f9cce961470ddefcb1d85707f863dc7a46cbd3747b9646d0a9a737dbb4dc69";

  private static final String IN_JAVA_WITH_TANH =
      "5a276efda38792f8d1f00ce69ec8dd7c7e4438200967d581c2af5ffe08dbf34c";

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
      assertEquals(IN_JAVA, JavaBits.sha256(Activation.RELU));
      assertEquals(IN_JAVA_WITH_TANH, JavaBits.sha256(Activation.TANH));
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
    assertEquals(List.of(IN_JAVA, IN_JAVA_WITH_TANH), result.lines());
  }
}
