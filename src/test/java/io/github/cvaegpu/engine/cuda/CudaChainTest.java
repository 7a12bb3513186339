// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.foreign.StubLibraries;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the chain to the GPU says with drivers, compilers and cuBLAS of several ages: the emulator
 * is the driver, as the dynamic linker finds it, and the other libraries are stubs. Each in a
 * process of its own, for libraries that are loaded stay.
 */
class CudaChainTest {
  private static final String JCUDA = "JCuda: 12.6.0";
  private static final String DEVICE = "device: cvae-gpu emulator (not a GPU) (sm_90)";

  @TempDir private Path folder;
  private Path toolkit;

  @BeforeEach
  void makeToolkit() throws IOException {
    toolkit = Files.createDirectories(folder.resolve("lib64"));
  }

  /** Prints the chain: what is in the jar, and whether to examine it, are the arguments. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      if (isLoadable("libcublas.so.12") || isLoadable("libnvrtc.so.12")) {
        System.out.println("this machine has CUDA");
        return;
      }
      CudaLibraries libraries = StubLibraries.libraries(Path.of(arguments[0]));
      Optional<byte[]> jar =
          switch (arguments[1]) {
            case "13" -> Optional.of(FatBinaries.ofCuda13());
            case "12" -> Optional.of(FatBinaries.ofCuda12());
            default -> Optional.empty();
          };
      var chain = new CudaChain(libraries, jar, arguments[2].equals("examine"));
      for (CudaRuntime.Link link : chain.links()) {
        System.out.println(
            link.name() + (link.fault().isPresent() ? " MISSING: " : ": ") + link.text());
      }
      System.out.println(chain.fault().map(CudaRuntime.Link::text).orElse("whole"));
    }

    private static boolean isLoadable(String name) {
      try {
        SymbolLookup.libraryLookup(name, Arena.global());
        return true;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
  }

  private List<String> chain(Map<String, String> environment, String jar, String examine)
      throws IOException, InterruptedException {
    ProcessBuilder builder = NvidiaWheels.java(Child.class, folder.toString(), jar, examine);
    builder.environment().putAll(environment);
    Process process = builder.start();
    try (var output = process.getInputStream()) {
      List<String> lines =
          new String(output.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.contains("this is a software emulator"))
              .map(line -> line.replace(toolkit.toString(), "LIB"))
              .toList();
      assertEquals(0, process.waitFor(), lines.toString());
      assumeFalse(lines.equals(List.of("this machine has CUDA")), lines.toString());
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }

  /** The emulator as the machine's driver. */
  private List<String> examined(String driver, String jar)
      throws IOException, InterruptedException {
    return chain(emulator(driver, "90"), jar, "examine");
  }

  private Map<String, String> emulator(String driver, String capability) throws IOException {
    OnGpu.requireEmulator();
    // Without the emulator's cuBLAS, which is beside it.
    Path alone = Files.createDirectories(folder.resolve("driver"));
    Files.copy(Emulator.file("emulator/libcuda.so.1"), alone.resolve("libcuda.so.1"));
    return Map.of(
        "LD_LIBRARY_PATH", alone.toString(),
        "CVAE_EMULATOR_DRIVER", driver,
        "CVAE_EMULATOR_CAPABILITY", capability);
  }

  private static List<String> lines(String driver, String... others) {
    List<String> lines = new ArrayList<>(List.of("driver: for CUDA " + driver, DEVICE, JCUDA));
    lines.addAll(Arrays.asList(others));
    return lines;
  }

  @Test
  void aWholeChainOfCuda13() throws Exception {
    StubLibraries.cublas(toolkit, 13, true);
    StubLibraries.nvrtc(toolkit, 13);
    assertEquals(
        lines(
            "13.0",
            "kernels: in the jar: sm_90",
            "NVRTC: LIB/libnvrtc.so.13, version 13.4, compiles for sm_90; not needed",
            "cuBLAS: LIB/libcublas.so.13, version 13.1.2",
            "whole"),
        examined("13.0", "13"));
  }

  @Test
  void aDriverForCuda12DoesWithoutTheKernelsOfNvcc13() throws Exception {
    StubLibraries.cublas(toolkit, 13, true);
    StubLibraries.cublas(toolkit, 12, true);
    StubLibraries.nvrtc(toolkit, 13);
    StubLibraries.nvrtc(toolkit, 12);
    assertEquals(
        lines(
            "12.6",
            "kernels: the jar's kernels need a driver for CUDA 13.0, and this one is for CUDA 12.6;"
                + " NVRTC compiles them",
            "NVRTC: LIB/libnvrtc.so.12, version 12.4, compiles for sm_90",
            "cuBLAS: LIB/libcublas.so.12, version 12.1.2",
            "whole"),
        examined("12.6", "13"));
  }

  @Test
  void withoutNvrtc12TheKernelsOfNvcc13AreMissing() throws Exception {
    StubLibraries.cublas(toolkit, 12, true);
    StubLibraries.nvrtc(toolkit, 13);
    String problem =
        "The jar's kernels need a driver for CUDA 13.0, and this one is for CUDA 12.6; no NVRTC of"
            + " CUDA 12 or older, which could compile them for this driver, was found: install a"
            + " newer driver, NVIDIA's CUDA toolkit 12, or pip's nvidia-cuda-nvrtc-cu12.";
    assertEquals(
        lines(
            "12.6",
            "kernels MISSING: " + problem,
            "NVRTC: none was found",
            "cuBLAS: LIB/libcublas.so.12, version 12.1.2",
            problem),
        examined("12.6", "13"));
  }

  @Test
  void cublas13IsNoneForADriverForCuda12() throws Exception {
    StubLibraries.cublas(toolkit, 13, true);
    String problem =
        "LIB/libcublas.so.13 needs a driver for CUDA 13, and this one is for CUDA 12.6: install"
            + " pip's nvidia-cublas-cu12, or a newer driver.";
    assertEquals(
        lines(
            "12.6",
            "kernels: in the jar: sm_90",
            "NVRTC: none was found; not needed",
            "cuBLAS MISSING: " + problem,
            problem),
        examined("12.6", "12"));
  }

  @Test
  void aCublasWithoutItsLtIsNamedWithWhatItLacks() throws Exception {
    StubLibraries.cublas(toolkit, 13, false);
    List<String> lines = examined("13.0", "13");
    assertEquals(
        "cuBLAS is there but cannot be loaded (libcublasLt.so.13.stub: cannot open shared object"
            + " file: No such file or directory): install it again, with all that came with it.",
        lines.getLast());
  }

  @Test
  void aGpuOfTomorrowRunsPtx() throws Exception {
    StubLibraries.cublas(toolkit, 13, true);
    List<String> lines = chain(emulator("13.0", "130"), "13", "examine");
    assertTrue(lines.contains("kernels: in the jar: PTX of sm_75"), lines.toString());
    assertEquals("whole", lines.getLast());
  }

  @Test
  void aGpuOfYesterdayHasNoKernels() throws Exception {
    StubLibraries.cublas(toolkit, 13, true);
    StubLibraries.nvrtc(toolkit, 13);
    List<String> lines = chain(emulator("13.0", "70"), "13", "examine");
    assertEquals(
        "The jar's kernels (sm_75, sm_80, sm_90, sm_120, PTX of sm_75) are none for cvae-gpu"
            + " emulator (not a GPU) (sm_70); NVRTC fails: LIB/libnvrtc.so.13 makes code for sm_75"
            + " and newer GPUs, and this one is sm_70, which an older CUDA toolkit may know.",
        lines.getLast());
  }

  /** Behind a missing driver the rest is examined all the same, but only if that is asked for. */
  @Test
  void withoutADriverTheRestIsLookedAtOnlyToBeReported() throws Exception {
    StubLibraries.nvrtc(toolkit, 13);
    StubLibraries.cublas(toolkit, 13, true);
    List<String> lines = chain(Map.of(), "13", "examine");
    assumeFalse(lines.getFirst().startsWith("driver: for"), "this machine has a driver");
    String problem =
        "No NVIDIA driver was found (libcuda.so.1): install NVIDIA's driver; in a container, start"
            + " it with --gpus all.";
    assertEquals(
        List.of(
            "driver MISSING: " + problem,
            "device: not known without a driver",
            JCUDA,
            "kernels: in the jar: sm_75, sm_80, sm_90, sm_120, PTX of sm_75; for drivers for CUDA"
                + " 13.0 or newer",
            "NVRTC: LIB/libnvrtc.so.13, version 13.4, compiles for sm_120; not needed",
            "cuBLAS: LIB/libcublas.so.13, version 13.1.2",
            problem),
        lines);
    assertEquals(
        List.of("driver MISSING: " + problem, "device: not known without a driver", problem),
        chain(Map.of(), "13", "no"));
  }

  @Test
  void withNothingAtAllEverythingIsNamed() throws Exception {
    List<String> lines = examined("13.0", "none");
    assertEquals(
        lines(
            "13.0",
            "kernels MISSING: The jar has no compiled kernels, for it was built without nvcc; no"
                + " NVRTC of CUDA 13 or older, which could compile them for this driver, was found:"
                + " install NVIDIA's CUDA toolkit, or pip's nvidia-cuda-nvrtc.",
            "NVRTC: none was found",
            "cuBLAS MISSING: cuBLAS was not found: install NVIDIA's CUDA toolkit 12 or 13, or pip's"
                + " nvidia-cublas, or set CUDA_HOME to where it is."),
        lines.subList(0, lines.size() - 1));
  }
}
