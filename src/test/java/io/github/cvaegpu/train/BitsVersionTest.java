// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.foreign.CpuLibraries;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bits of a run, and the number that says which they are. Where this fails, the change before
 * it moved the bits of everybody's runs: undo that, or raise {@link BitsVersion#CURRENT}, say in
 * CHANGELOG.md what moved them, and put the new checksums here.
 */
class BitsVersionTest {
  private static final int OF_THESE = 4;

  /** Parameters of {@link TinyRun}, on every processor. */
  private static final String PARAMETERS =
      "4256822507d529dee2da804103fa2b4d014461c3c82dde7ffb38e23078f87439";

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
}
