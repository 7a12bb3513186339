// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.foreign.Nvrtc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The kernels and NVIDIA's own libraries, as pip installs them; no GPU is needed. */
class NvidiaLibrariesTest {
  private static final List<Integer> CAPABILITIES =
      List.of(75, 80, 86, 89, 90, 100, 103, 110, 120, 121);

  /** Runs in a process of its own, whose lines are the answer. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Nvrtc.CompileException {
      CudaLibraries libraries = NvidiaWheels.libraries(Path.of(arguments[1]));
      if (arguments[0].equals("compile")) {
        compile(new Nvrtc(libraries.loadNvrtc(13).orElseThrow()));
      } else {
        cublas(libraries);
      }
    }

    private static void compile(Nvrtc nvrtc) throws Nvrtc.CompileException {
      System.out.println("NVRTC " + nvrtc.version());
      Map<String, String> sources = KernelSources.texts();
      for (int capability : CAPABILITIES) {
        byte[] code = nvrtc.compile(KernelSources.MAIN, sources, capability);
        // An ELF file, which is what the driver loads.
        boolean isElf = code.length > 4 && code[0] == 0x7f && code[1] == 'E' && code[3] == 'F';
        System.out.printf(
            Locale.ROOT, "sm_%d %s [%s]%n", capability, isElf ? "ok" : "no code", nvrtc.log());
      }
      try {
        nvrtc.compile(KernelSources.MAIN, sources, 70);
      } catch (Nvrtc.CompileException e) {
        System.out.println("sm_70 " + (e.gpuIsUnknown() ? "is unknown" : e.getMessage()));
      }
    }

    /** cublasLt asks for NVRTC by name, and that for its built-in functions. */
    private static void cublas(CudaLibraries libraries) throws Nvrtc.CompileException {
      System.out.println("cuBLAS " + libraries.loadCublas().orElseThrow().major());
      SymbolLookup byName = SymbolLookup.libraryLookup("libnvrtc.so.13", Arena.global());
      var nvrtc = new Nvrtc(new CudaLibraries.Library("libnvrtc.so.13", byName));
      String kernel = "extern \"C\" __global__ void fill(float *x) { x[threadIdx.x] = 1; }";
      System.out.println(nvrtc.compile("fill.cu", Map.of("fill.cu", kernel), 90).length > 0);
    }
  }

  private static List<String> run(String what) throws IOException, InterruptedException {
    Path wheels = NvidiaWheels.cuda13();
    Process process = NvidiaWheels.java(Child.class, what, wheels.toString()).start();
    try (var output = process.getInputStream()) {
      List<String> lines =
          new String(output.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertEquals(0, process.waitFor(), lines.toString());
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }

  /** Every kernel, without a warning, for each GPU that CUDA 13 knows. */
  @Test
  void nvrtcFoundInAFolderCompilesTheKernels() throws Exception {
    List<String> lines = run("compile");
    assertTrue(lines.getFirst().matches("NVRTC 1[3-9]\\.\\d+"), lines.toString());
    List<String> expected =
        IntStream.rangeClosed(0, CAPABILITIES.size())
            .mapToObj(
                i ->
                    i < CAPABILITIES.size()
                        ? String.format(Locale.ROOT, "sm_%d ok []", CAPABILITIES.get(i))
                        : "sm_70 is unknown")
            .toList();
    assertEquals(expected, lines.subList(1, lines.size()));
  }

  @Test
  void cublasFoundInAFolderFindsTheCompilerThatItOpens() throws Exception {
    assertEquals(List.of("cuBLAS 13", "true"), run("cublas"));
  }
}
