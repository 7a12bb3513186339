// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What two processes of a run are compared by. */
class EngineInfoTest {
  private static EngineInfo gpu(String step, String why) {
    return new EngineInfo(
            "cuda", "NVIDIA H200", "driver for CUDA 12.8, cuBLAS 12.6.1", 1, "float32")
        .with(step, Optional.ofNullable(why), "8 steps a launch");
  }

  @Test
  void whyAStepWasTakenChangesNoBits() {
    EngineInfo byItself = gpu("cuBLAS step", "batches of more than 1024 images");
    EngineInfo asked = gpu("cuBLAS step", "asked for");
    assertEquals(
        "cuBLAS step: batches of more than 1024 images, driver for CUDA 12.8, cuBLAS 12.6.1",
        byItself.library());
    assertEquals(
        "cuda on NVIDIA H200 with cuBLAS step, driver for CUDA 12.8, cuBLAS 12.6.1 in float32",
        byItself.what());
    assertTrue(byItself.computesLike(asked));
    assertFalse(byItself.computesLike(gpu("fused step", null)));
  }

  /** A library's own colon is its own. */
  @Test
  void whatIsNoReasonCounts() {
    var one = new EngineInfo("cpu", "cpu", "library: one, its step: two", 1, "float32");
    assertTrue(one.what().contains("library: one, its step: two"), one.what());
  }
}
