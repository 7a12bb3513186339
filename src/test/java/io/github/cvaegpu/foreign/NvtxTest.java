// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library of native/nvtx with a profiler made for the test. */
class NvtxTest {
  @TempDir private Path folder;

  /** A copy of the library, which can be attached to once. */
  private Path library() throws IOException {
    assumeTrue(
        Nvtx.isInJar(),
        "this build has no libcvae-nvtx.so: it needs a C compiler and NVTX's headers in CUDA_HOME");
    return Files.copy(Nvtx.unpacked(), folder.resolve("libcvae-nvtx.so"));
  }

  @Test
  void tellsRangesAndMarksOfTheProgramsDomain() throws IOException {
    NvtxTool tool = NvtxTool.compile(folder);
    Nvtx nvtx = Nvtx.attach(library(), tool.library());
    assertTrue(nvtx.isAttached());
    assertEquals(Optional.empty(), nvtx.problem());
    nvtx.push("epoch", 3);
    nvtx.range("step", 1L << 40, () -> nvtx.mark("beta", -1));
    nvtx.range("step", 2, () -> {});
    nvtx.pop();
    assertEquals(
        List.of(
            "domain cvae-gpu",
            "push epoch 3",
            "push step 1099511627776",
            "mark beta 18446744073709551615",
            "pop",
            "push step 2",
            "pop",
            "pop"),
        tool.told());
  }

  @Test
  void aRangeEndsWhereItsWorkFails() throws IOException {
    NvtxTool tool = NvtxTool.compile(folder);
    Nvtx nvtx = Nvtx.attach(library(), tool.library());
    var failure = new IllegalStateException("planted");
    assertEquals(
        failure,
        assertThrows(
            IllegalStateException.class,
            () ->
                nvtx.range(
                    "step",
                    0,
                    () -> {
                      throw failure;
                    })));
    assertEquals(List.of("domain cvae-gpu", "push step 0", "pop"), tool.told());
  }

  @Test
  void aProfilerThatRecordsNoNvtxIsNoProblem() throws IOException {
    NvtxTool tool = NvtxTool.compile(folder, "InitializeInjectionNvtx2", false);
    Nvtx nvtx = Nvtx.attach(library(), tool.library());
    assertFalse(nvtx.isAttached());
    assertEquals(Optional.empty(), nvtx.problem());
    nvtx.range("step", 0, () -> nvtx.mark("beta", 0));
    assertEquals(List.of(), tool.told());
  }

  @Test
  void aLibraryThatIsNoProfilersIsNamed() throws IOException {
    NvtxTool tool = NvtxTool.compile(folder, "SomethingElse", true);
    Nvtx nvtx = Nvtx.attach(library(), tool.library());
    assertFalse(nvtx.isAttached());
    assertEquals(
        Optional.of(
            "The profiler gets no NVTX ranges of this program: %s has no function"
                    .formatted(tool.library())
                + " InitializeInjectionNvtx2."),
        nvtx.problem());
  }

  @Test
  void aProfilerThatIsNotThereStopsNothing() throws IOException {
    Nvtx nvtx = Nvtx.attach(library(), folder.resolve("nowhere.so"));
    assertFalse(nvtx.isAttached());
    assertTrue(nvtx.problem().orElseThrow().contains("nowhere.so"), nvtx.problem()::get);
    nvtx.range("step", 0, () -> {});
  }
}
