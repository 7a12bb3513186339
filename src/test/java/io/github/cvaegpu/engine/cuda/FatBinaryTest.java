// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which drivers and GPUs a fat binary is for. */
class FatBinaryTest {
  private static final Path REPORT = Path.of("target/kernels/resources.txt");

  /** What the build's nvcc made, or the reason why the test is skipped. */
  static byte[] ofTheBuild() {
    return KernelSources.fatBinary()
        .orElseGet(() -> abort("the build had no nvcc, so the jar has no compiled kernels"));
  }

  private static String partFor(byte[] bytes, int gpu, int driver) {
    return FatBinary.read(bytes)
        .orElseThrow()
        .partFor(gpu, driver)
        .map(FatBinary.Part::toString)
        .orElse("nothing");
  }

  @Test
  void theBuildsIsForWhatBuildShNames() {
    FatBinary built = FatBinary.read(ofTheBuild()).orElseThrow();
    assertEquals(
        "sm_75, sm_80, sm_86, sm_89, sm_90, sm_100, sm_120, PTX of sm_75, PTX of sm_90",
        built.toString());
  }

  /** nvcc of CUDA 13 makes ELF files and PTX that only drivers for CUDA 13 take. */
  @Test
  void theBuildsIsForDriversOfItsNvccsMajorVersion() throws IOException {
    FatBinary built = FatBinary.read(ofTheBuild()).orElseThrow();
    Matcher nvcc = Pattern.compile("nvcc: release (\\d+)\\.").matcher(Files.readString(REPORT));
    assertTrue(nvcc.find(), "no version of nvcc in " + REPORT);
    boolean isOld = Integer.parseInt(nvcc.group(1)) < 13;
    assertEquals(isOld ? 11_000 : 13_000, built.oldestDriver());
    assertEquals(isOld, built.partFor(90, 12_090).isPresent());
    assertEquals("sm_90", built.partFor(90, 13_000).orElseThrow().toString());
  }

  @Test
  void aGpuTakesItsOwnCodeOrAnOlderOnesOfItsFamilyOrPtx() {
    byte[] bytes = FatBinaries.ofCuda13();
    assertEquals("sm_90", partFor(bytes, 90, 13_000));
    assertEquals("sm_80", partFor(bytes, 89, 13_000));
    assertEquals("PTX of sm_75", partFor(bytes, 100, 13_000));
    assertEquals("PTX of sm_75", partFor(bytes, 130, 13_010));
    assertEquals("nothing", partFor(bytes, 70, 13_000));
  }

  @Test
  void anOlderDriverTakesNothingOfANewerCuda() {
    assertEquals("nothing", partFor(FatBinaries.ofCuda13(), 90, 12_090));
    assertEquals("sm_90", partFor(FatBinaries.ofCuda12(), 90, 12_000));
    assertEquals("sm_90", partFor(FatBinaries.ofCuda12(), 90, 13_000));
    assertEquals(11_000, FatBinary.read(FatBinaries.ofCuda12()).orElseThrow().oldestDriver());
    // PTX 8.5 came with CUDA 12.5, 8.7 with 12.8.
    assertEquals("nothing", partFor(FatBinaries.ofCuda12(), 120, 12_040));
    assertEquals("PTX of sm_75", partFor(FatBinaries.ofCuda12(), 120, 12_050));
    byte[] ptx = new FatBinaries().ptx(8, 7, 75).bytes();
    assertEquals("nothing", partFor(ptx, 90, 12_070));
    assertEquals("PTX of sm_75", partFor(ptx, 90, 12_080));
    assertEquals("nothing", partFor(new FatBinaries().ptx(9, 1, 75).bytes(), 90, 13_000));
  }

  @Test
  void codeForOneGpuIsForNoLaterOne() {
    byte[] bytes = new FatBinaries().elfForOne(8, 100).bytes();
    assertEquals("sm_100a", partFor(bytes, 100, 13_000));
    assertEquals("nothing", partFor(bytes, 103, 13_000));
  }

  /** What is in another format is not read, but it is no error either: the driver may take it. */
  @Test
  void anotherFormatIsNotRead() {
    byte[] whole = FatBinaries.ofCuda13();
    for (int length = 0; length < whole.length; length++) {
      assertEquals(Optional.empty(), FatBinary.read(Arrays.copyOf(whole, length)), "" + length);
    }
    assertEquals(Optional.empty(), FatBinary.read(new byte[1000]));
    byte[] unknown = new FatBinaries().part(3, 1, 8, 90, 0).bytes();
    assertEquals(Optional.empty(), FatBinary.read(unknown));
    for (int i : List.of(6, 8, 15, 20, 24, 31)) {
      byte[] damaged = whole.clone();
      damaged[i] = (byte) 0xff;
      assertEquals(Optional.empty(), FatBinary.read(damaged), "byte " + i);
    }
  }
}
