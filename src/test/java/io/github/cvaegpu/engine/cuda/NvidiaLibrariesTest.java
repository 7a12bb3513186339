// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.foreign.CublasBridge;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.CudaVersions;
import io.github.cvaegpu.foreign.JCudaNatives;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.foreign.Nvrtc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The kernels and NVIDIA's own libraries, as pip installs them; no GPU is needed. Beside other
 * tests: all that it does is done by processes of its own, and takes them minutes.
 */
@Execution(ExecutionMode.CONCURRENT)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NvidiaLibrariesTest {
  /** What CUDA 13.0 has to know; later ones may know more. */
  private static final List<Integer> CAPABILITIES =
      List.of(75, 80, 86, 87, 89, 90, 100, 103, 110, 120, 121);

  /**
   * What it is asked for: the first with the newer branch of the sources. Each would take ten
   * seconds or twenty, and the jar's build has nvcc compile for most of them.
   */
  private static final int COMPILED = 90;

  @TempDir private static Path temp;

  /**
   * Where what was compiled is kept for the test that loads it. In the folder of CVAE_GPU_KERNELS,
   * if that is set, for the next time too, as what nvcc makes is (kernels/build.sh): each of the
   * two takes a minute.
   */
  private static Path kept;

  @BeforeAll
  static void makeFolder() throws IOException {
    String folder = System.getenv("CVAE_GPU_KERNELS");
    kept =
        Files.createDirectories(
            (folder == null ? temp : Path.of(folder).toAbsolutePath()).resolve("nvrtc"));
  }

  /** Runs in a process of its own, whose lines are the answer. */
  static final class Child {
    private static CudaLibraries libraries;
    private static KernelCache cache;

    private Child() {}

    public static void main(String[] arguments) throws Exception {
      libraries = NvidiaWheels.libraries(Path.of(arguments[1]));
      cache = new KernelCache(Path.of(arguments[2]), ".cubin");
      switch (arguments[0]) {
        case "compile" -> compile(new Nvrtc(libraries.loadNvrtc(13).orElseThrow()));
        case "compiler of cuBLAS" -> compilerOfCublas();
        case "symbols" -> symbols(libraries.loadCublas(13).orElseThrow().functions());
        case "load" -> load();
        case "versions" -> versions(libraries.loadCublas(13).orElseThrow());
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }

    private static void compile(Nvrtc nvrtc) throws Nvrtc.CompileException {
      System.out.println("NVRTC " + nvrtc.version());
      Map<String, String> sources = KernelSources.texts();
      System.out.println(nvrtc.capabilities().containsAll(CAPABILITIES));
      byte[] code = compiled(nvrtc, sources);
      // An ELF file of the ABI that drivers for CUDA 13 were the first to know.
      boolean isElf = code.length > 8 && code[0] == 0x7f && code[1] == 'E' && code[3] == 'F';
      System.out.printf("%s [%s]%n", isElf ? "ABI " + code[8] : "no code", nvrtc.log());
      // One kernel: all of them are made into PTX where they are loaded.
      byte[] ptx = nvrtc.compile(KernelSources.SMALL, sources, 200);
      String text = new String(ptx, StandardCharsets.UTF_8);
      System.out.printf(
          "PTX %s [%s]%n", text.replaceAll("(?s).*\\.version (\\d+)\\..*", "$1"), nvrtc.log());
      try {
        nvrtc.compile(KernelSources.MAIN, sources, 70);
      } catch (Nvrtc.CompileException e) {
        System.out.println(e.getMessage().replaceAll(".*/", ""));
      }
    }

    /** All kernels: what was kept of them was made without a warning. */
    private static byte[] compiled(Nvrtc nvrtc, Map<String, String> sources)
        throws Nvrtc.CompileException {
      String key = KernelImage.key(nvrtc, sources, COMPILED);
      Optional<byte[]> found = cache.get(key);
      if (found.isPresent()) {
        return found.get();
      }
      byte[] code = nvrtc.compile(KernelSources.MAIN, sources, COMPILED);
      if (nvrtc.log().isEmpty()) {
        cache.put(key, code);
      }
      return code;
    }

    /** cublasLt asks for NVRTC by name, and that for its built-in functions. */
    private static void compilerOfCublas() throws Nvrtc.CompileException {
      System.out.println("cuBLAS " + libraries.loadCublas(13).orElseThrow().major());
      SymbolLookup byName = SymbolLookup.libraryLookup("libnvrtc.so.13", Arena.global());
      var nvrtc = new Nvrtc(new CudaLibraries.Library("libnvrtc.so.13", byName));
      String kernel = "extern \"C\" __global__ void fill(float *x) { x[threadIdx.x] = 1; }";
      System.out.println(nvrtc.compile("fill.cu", Map.of("fill.cu", kernel), 90).length > 0);
    }

    private static void symbols(SymbolLookup cublas) throws IOException {
      String forwarded = Files.readString(Path.of("native/cublas-bridge/forwarded.h"));
      List<String> names =
          Pattern.compile("(?m)^FORWARD\\((\\w+)\\)$")
              .matcher(forwarded)
              .results()
              .map((MatchResult match) -> match.group(1))
              .toList();
      List<String> needed = Files.readAllLines(Path.of("native/jcuda/libcublas.symbols"));
      System.out.println(
          "%s and %s"
              .formatted(names.size() > 10, needed.size() > 400 && needed.containsAll(names)));
      needed.stream().filter(name -> cublas.find(name).isEmpty()).forEach(System.out::println);
    }

    /** With the emulator as the driver, which looks at the code as a real one does. */
    private static void load() {
      CudaLibraries.useEmulator(Optional.of(OnGpu.EMULATOR));
      for (int capability : List.of(COMPILED, 130)) {
        Emulator.configure("DRIVER", "13.0");
        Emulator.configure("CAPABILITY", Integer.toString(capability));
        try (Device device = CudaRuntime.open();
            KernelModule module =
                new KernelImage(device, Optional.empty(), libraries, Optional.of(cache)).load()) {
          new Kernels(device, module);
          System.out.println(module.origin().replaceAll("\\.\\d+$", ""));
        }
      }
      Emulator.configure("DRIVER", "12.9");
      try (Device device = CudaRuntime.open()) {
        new KernelImage(device, Optional.empty(), libraries, Optional.empty()).load().close();
      } catch (EngineException e) {
        System.out.println(e.getMessage().replaceAll(".*, and ", "").replaceAll(" or older.*", ""));
      }
    }

    /** By itself, and through the bridge and JCuda, as the engine reads it. */
    private static void versions(CudaLibraries.Library cublas) throws IOException {
      System.out.println(CudaVersions.ofCublas(cublas));
      System.out.println(CudaVersions.ofCublasLt(libraries.cublasLt(cublas).orElseThrow()));
      CublasBridge.load(cublas);
      new JCudaNatives(CudaRuntime.JCUDA_VERSION).load(() -> JCublas2.setExceptionsEnabled(false));
      int[] version = new int[1];
      System.out.println(JCublas2.cublasGetVersion(new cublasHandle(), version));
      System.out.println(version[0]);
    }
  }

  private static List<String> run(String what) throws IOException, InterruptedException {
    Process process =
        NvidiaWheels.java(Child.class, what, NvidiaWheels.prefix().toString(), kept.toString())
            .start();
    try (var output = process.getInputStream()) {
      List<String> lines =
          new String(output.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertEquals(0, process.waitFor(), lines.toString());
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }

  /** Every kernel, without a warning. */
  @Test
  @Order(1)
  void nvrtcFoundInAFolderCompilesTheKernels() throws Exception {
    List<String> lines = run("compile");
    assertTrue(lines.getFirst().matches("NVRTC 13\\.\\d+"), lines.toString());
    assertEquals("true", lines.get(1), "not all of " + CAPABILITIES);
    assertEquals(
        List.of(
            "ABI 8 []",
            "PTX 9 []",
            "libnvrtc.so.13 makes code for sm_75 and newer GPUs, and this one is sm_70, which an"
                + " older CUDA toolkit may know"),
        lines.subList(2, lines.size()));
  }

  @Test
  void cublasFoundInAFolderFindsTheCompilerThatItOpens() throws Exception {
    assertEquals(List.of("cuBLAS 13", "true"), run("compiler of cuBLAS"));
  }

  /** What the first test has compiled, where it has; and for a GPU of later, compiled here. */
  @Test
  @Order(2)
  void whatNvrtc13MakesIsForDriversForCuda13() throws Exception {
    OnGpu.requireEmulator();
    List<String> lines =
        run("load").stream().filter(line -> !line.contains("software emulator")).toList();
    String compiled = "kernels compiled by NVRTC 13";
    assertEquals(List.of(compiled, compiled, "no NVRTC of CUDA 12"), lines);
  }

  @Test
  void cublasHasWhatJCudaAndTheBridgeAskFor() throws Exception {
    assertEquals(List.of("true and true"), run("symbols"));
  }

  @Test
  void theBridgeLeadsJCudaToCublas13() throws Exception {
    List<String> lines = run("versions");
    assertEquals(4, lines.size(), lines.toString());
    assertTrue(lines.get(0).matches(", version 13\\.\\d+\\.\\d+"), lines.toString());
    assertEquals(lines.get(0), lines.get(1));
    String[] parts = lines.get(0).replace(", version ", "").split("\\.", 3);
    int number =
        10_000 * Integer.parseInt(parts[0])
            + 100 * Integer.parseInt(parts[1])
            + Integer.parseInt(parts[2]);
    assertEquals(List.of("0", Integer.toString(number)), lines.subList(2, 4));
  }
}
