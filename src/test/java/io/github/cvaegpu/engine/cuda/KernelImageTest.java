// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.foreign.StubLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What becomes of the jar's kernels with drivers of several ages, which the emulator plays: it
 * refuses what they refuse, and runs its own kernels in the place of a GPU's code.
 */
@ExtendWith(OnGpu.class)
class KernelImageTest {
  @TempDir private Path folder;
  private Path toolkit;
  private Path cache;

  @BeforeEach
  void requireEmulator() throws IOException {
    assumeFalse(OnGpu.isReal(), "a real driver has the version that it has");
    toolkit = Files.createDirectories(folder.resolve("lib64"));
    cache = Files.createDirectories(folder.resolve("cache"));
  }

  /** Of the kernels that were loaded last. */
  private Capacity capacity;

  @AfterEach
  void reset() {
    if (!OnGpu.isReal()) {
      Emulator.configure("DRIVER", "12.6");
      Emulator.configure("CAPABILITY", "90");
    }
  }

  /** Loads the kernels as the program does and says where they came from. */
  private String load(String driver, int capability, Optional<byte[]> jar) {
    Emulator.configure("DRIVER", driver);
    Emulator.configure("CAPABILITY", Integer.toString(capability));
    try (Device device = CudaRuntime.open();
        KernelModule module =
            new KernelImage(
                    device,
                    jar,
                    StubLibraries.libraries(folder),
                    Optional.of(new KernelCache(cache, ".cubin")))
                .load()) {
      assertEquals(capability, device.capability());
      // All of them are there.
      capacity = new Kernels(device, module).capacity();
      return module.origin();
    }
  }

  /** Code of PTX for older GPUs knows no clusters: launched in some, it would be wrong. */
  @Test
  void clustersNeedCodeThatKnowsThem() {
    byte[] old = new FatBinaries().ptx(9, 0, 75).bytes();
    byte[] both = new FatBinaries().ptx(9, 0, 90).ptx(9, 0, 75).bytes();
    load("13.0", 130, Optional.of(old));
    assertFalse(capacity.hasClusters());
    load("13.0", 130, Optional.of(both));
    assertTrue(capacity.hasClusters());
    load("13.0", 86, Optional.of(both));
    assertFalse(capacity.hasClusters());
    load("13.0", 90, Optional.of(FatBinaries.ofCuda13()));
    assertTrue(capacity.hasClusters());
    assertTrue(capacity.beginsEarly());
    load("12.2", 90, Optional.of(FatBinaries.ofCuda12()));
    assertTrue(capacity.hasClusters());
    assertFalse(capacity.beginsEarly(), "graphs of CUDA 12.2 have no such edges");
  }

  @Test
  void aDriverForCuda13TakesWhatNvcc13Made() {
    assertEquals("kernels of the jar", load("13.0", 90, Optional.of(FatBinaries.ofCuda13())));
  }

  @Test
  void everyDriverSinceCuda12TakesWhatNvcc12Made() {
    for (String driver : List.of("12.0", "12.6", "13.0", "13.2")) {
      assertEquals(
          "kernels of the jar", load(driver, 90, Optional.of(FatBinaries.ofCuda12())), driver);
    }
  }

  @Test
  void aDriverForCuda12GetsWhatNvrtc12MakesInPlaceOfNvcc13s() throws Exception {
    StubLibraries.nvrtc(toolkit, 13);
    StubLibraries.nvrtc(toolkit, 12);
    Optional<byte[]> jar = Optional.of(FatBinaries.ofCuda13());
    assertEquals("kernels compiled by NVRTC 12.4", load("12.6", 90, jar));
    assertEquals("kernels compiled by NVRTC 12.4", load("12.6", 90, jar));
    try (var kept = Files.list(cache)) {
      assertEquals(1, kept.count());
    }
    assertEquals("kernels compiled by NVRTC 13.4", load("13.0", 90, Optional.empty()));
  }

  @Test
  void nvrtc13IsNoneForADriverForCuda12() throws Exception {
    StubLibraries.nvrtc(toolkit, 13);
    var e =
        assertThrows(
            EngineException.class, () -> load("12.6", 90, Optional.of(FatBinaries.ofCuda13())));
    assertEquals(
        "The driver takes no kernels of the jar for cvae-gpu emulator (not a GPU), and no NVRTC of"
            + " CUDA 12 or older, which could compile them for this driver, was found: install a"
            + " newer driver, NVIDIA's CUDA toolkit 12, or pip's nvidia-cuda-nvrtc-cu12.",
        e.getMessage());
  }

  @Test
  void aGpuOfTomorrowGetsTheJarsPtx() {
    assertEquals("kernels of the jar", load("13.0", 130, Optional.of(FatBinaries.ofCuda13())));
  }

  @Test
  void aGpuOfTomorrowGetsNvrtcsPtxWhereTheJarHasNone() throws Exception {
    StubLibraries.nvrtc(toolkit, 13);
    assertEquals("kernels compiled by NVRTC 13.4", load("13.0", 130, Optional.empty()));
    byte[] cubins = new FatBinaries().elf(8, 90).elf(8, 120).bytes();
    assertEquals("kernels compiled by NVRTC 13.4", load("13.0", 130, Optional.of(cubins)));
    byte[] newer = new FatBinaries().ptx(9, 1, 75).bytes();
    assertEquals("kernels compiled by NVRTC 13.4", load("13.0", 130, Optional.of(newer)));
  }

  /** The build's own fat binary, whose parts are looked at one by one. */
  @Test
  void theBuildsKernelsAreTakenOrReplaced() throws Exception {
    StubLibraries.nvrtc(toolkit, 12);
    byte[] built = FatBinaryTest.ofTheBuild();
    for (int capability : List.of(75, 80, 86, 87, 89, 90, 100, 103, 110, 120, 121, 130)) {
      assertEquals("kernels of the jar", load("13.0", capability, Optional.of(built)));
    }
    boolean isOld = FatBinary.read(built).orElseThrow().oldestDriver() < 13_000;
    assertEquals(
        isOld ? "kernels of the jar" : "kernels compiled by NVRTC 12.4",
        load("12.6", 90, Optional.of(built)));
  }

  /** What {@code doctor} foretells is what the driver does. */
  @Test
  void whatIsForetoldOfAFatBinaryIsSo() {
    List<byte[]> binaries =
        List.of(
            FatBinaries.ofCuda13(),
            FatBinaries.ofCuda12(),
            new FatBinaries().ptx(8, 7, 90).bytes(),
            new FatBinaries().elfForOne(8, 100).elf(7, 86).bytes());
    for (String driver : List.of("11.8", "12.4", "12.7", "12.8", "13.0", "13.1")) {
      for (int capability : List.of(75, 86, 90, 100, 103, 130)) {
        Emulator.configure("DRIVER", driver);
        Emulator.configure("CAPABILITY", Integer.toString(capability));
        String[] parts = driver.split("\\.", 2);
        int number = 1000 * Integer.parseInt(parts[0]) + 10 * Integer.parseInt(parts[1]);
        for (byte[] binary : binaries) {
          FatBinary read = FatBinary.read(binary).orElseThrow();
          assertEquals(
              read.partFor(capability, number).isPresent(),
              isTaken(binary),
              read + " by a driver for CUDA " + driver + " on sm_" + capability);
        }
      }
    }
  }

  private static boolean isTaken(byte[] image) {
    try (Device device = Device.open()) {
      var module = new CUmodule();
      int status = JCudaDriver.cuModuleLoadData(module, image);
      if (status == CUresult.CUDA_SUCCESS) {
        new KernelModule(module, device.name()).close();
      }
      return status == CUresult.CUDA_SUCCESS;
    }
  }
}
