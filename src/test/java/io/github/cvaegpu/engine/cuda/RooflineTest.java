// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Peaks against those of NVIDIA's data sheets. */
class RooflineTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // Clocks in kHz as the driver gives them; GB/s and TFLOP/s.
    "T4, 75, 40, 1590000, 5001000, 256, 320, 8.1",
    "A100, 80, 108, 1410000, 1215000, 5120, 1555, 19.5",
    "RTX 3090, 86, 82, 1695000, 9751000, 384, 936, 35.6",
    "H100 SXM, 90, 132, 1980000, 2619000, 5120, 3352, 66.9",
  })
  void givesTheDataSheetsPeaks(
      String name, int capability, int sms, int clock, int memory, int bus, double gb, double tf) {
    Roofline peaks = Roofline.of(capability, sms, clock, memory, bus);
    assertEquals(gb, peaks.memoryBytesPerSecond() / 1e9, 0.01 * gb);
    assertEquals(tf, peaks.flopPerSecond() / 1e12, 0.01 * tf);
  }

  @Test
  void theSlowerOfMemoryAndArithmeticIsTheLeastTime() {
    var peaks = new Roofline(100, 1000, "");
    assertEquals(2, peaks.seconds(new Work(1000, 200)));
    assertTrue(peaks.isBoundByMemory(new Work(1000, 200)));
    assertEquals(3, peaks.seconds(new Work(3000, 200)));
    assertFalse(peaks.isBoundByMemory(new Work(3000, 200)));
  }

  @Test
  void nothingIsSaidWithoutAPeakOrWork() {
    assertEquals(Double.NaN, new Roofline(0, 1000, "").seconds(new Work(1000, 200)));
    assertEquals(Double.NaN, new Roofline(100, 0, "").seconds(new Work(1000, 200)));
    assertEquals(Double.NaN, new Roofline(100, 1000, "").seconds(Work.NONE));
  }

  @Test
  void aShareIsOfAKnownPeakOnly() {
    var peaks = new Roofline(100, 1000, "");
    var boundByArithmetic = new Work(3000, 200);
    var boundByMemory = new Work(1000, 200);
    assertEquals(0.5, peaks.share(boundByArithmetic, 6e6, false));
    assertEquals(Double.NaN, peaks.share(boundByArithmetic, 6e6, true));
    assertEquals(0.25, peaks.share(boundByMemory, 8e6, true));
  }

  @Test
  void saysWhatItAssumed() {
    assertEquals(
        "Peaks: memory clock 2,619 MHz x 2 transfers x 5120 bits; 132 SMs x 128 float32 cores"
            + " (compute capability 9.0) x 2 operations x 1,980 MHz, outside the tensor cores.",
        Roofline.of(90, 132, 1_980_000, 2_619_000, 5120).assumed());
  }
}
