// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.cpu.CpuInfo;
import io.github.cvaegpu.foreign.OpenBlas;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bits of a run, and the number that says which they are. Where this fails, the change before
 * it moved the bits of everybody's runs: undo that, or raise {@link BitsVersion#CURRENT}, say in
 * CHANGELOG.md what moved them, and put the new checksums here.
 */
class BitsVersionTest {
  private static final int OF_THESE = 2;

  /** Parameters of {@link TinyRun} by OpenBLAS's kernels and the width of the vectors. */
  private static final String AVX512 =
      "f03afd30c3db188d42223b469c0d5dba220c5f9cf8fedab6c8161d7049ad5d50";

  private static final String AVX2 =
      "14b25bd5a3d42d7a2656bd89dc0c0ac3aa7c5c20899e29940cc1c8d17270d111";

  private static final Map<String, String> PARAMETERS =
      Map.of(
          "Cooperlake, 512 bits", AVX512,
          "SkylakeX, 512 bits", AVX512,
          "Haswell, 512 bits", AVX2,
          "Zen, 512 bits", AVX2);

  @TempDir private Path folder;

  @Test
  void theBitsAreThoseOfTheirNumber() {
    assertEquals(OF_THESE, BitsVersion.CURRENT);
    String kernels = OpenBlas.get().coreName() + ", " + CpuInfo.vectorBits() + " bits";
    String parameters =
        new TinyRun(folder.resolve("run")).until(-1).record().parametersSha256().getLast();
    assumeTrue(
        PARAMETERS.containsKey(kernels),
        () -> "nobody has written down the bits of %s: %s".formatted(kernels, parameters));
    assertEquals(PARAMETERS.get(kernels), parameters, kernels);
  }
}
