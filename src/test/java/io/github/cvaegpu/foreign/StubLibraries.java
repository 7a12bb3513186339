// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Libraries made for a test by the C compiler, in the place of NVIDIA's. */
public final class StubLibraries {
  /**
   * An NVRTC whose cubin is a header of an ELF file and whose PTX has two lines; both name the GPU
   * that it was told. VERSION is CUDA's major one, ABI and PTX what its code has.
   */
  private static final String NVRTC =
      """
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      typedef struct { int target, is_ptx; } Program;
      int nvrtcVersion(int *major, int *minor) { *major = VERSION; *minor = 4; return 0; }
      const char *nvrtcGetErrorString(int code) { return "an error"; }
      int nvrtcCreateProgram(Program **program, const char *source, const char *name, int headers,
                             const char *const *texts, const char *const *names) {
        *program = calloc(1, sizeof(Program));
        return 0;
      }
      int nvrtcCompileProgram(Program *program, int count, const char *const *options) {
        program->is_ptx = strstr(options[0], "compute_") != 0;
        program->target = atoi(strchr(options[0], '_') + 1);
        return 0;
      }
      int nvrtcGetProgramLogSize(Program *program, size_t *size) { *size = 1; return 0; }
      int nvrtcGetProgramLog(Program *program, char *log) { *log = 0; return 0; }
      int nvrtcGetCUBINSize(Program *program, size_t *size) { *size = 64; return 0; }
      int nvrtcGetCUBIN(Program *program, char *code) {
        memset(code, 0, 64);
        memcpy(code, "\\177ELF\\2\\1\\1", 7);
        code[7] = ABI >= 8 ? 0x41 : 0x33;
        code[8] = ABI;
        code[16] = 2;
        code[18] = (char)190;
        code[ABI >= 8 ? 49 : 48] = (char)program->target;
        return 0;
      }
      int nvrtcGetPTXSize(Program *program, size_t *size) { *size = 64; return 0; }
      int nvrtcGetPTX(Program *program, char *code) {
        memset(code, 0, 64);
        sprintf(code, "// PTX\\n.version %s\\n.target sm_%d\\n", PTX, program->target);
        return 0;
      }
      int nvrtcGetNumSupportedArchs(int *count) { *count = 3; return 0; }
      int nvrtcGetSupportedArchs(int *list) { list[0] = 75; list[1] = 90; list[2] = 120; return 0; }
      int nvrtcDestroyProgram(Program **program) { free(*program); return 0; }
      """;

  private StubLibraries() {}

  /** Compiles a shared library, or skips the test where there is no C compiler. */
  public static void build(Path library, String text, List<String> options)
      throws IOException, InterruptedException {
    Path source = Files.writeString(library.resolveSibling(library.getFileName() + ".c"), text);
    List<String> command = new ArrayList<>(List.of("gcc", "-shared", "-fPIC"));
    command.addAll(List.of("-o", library.toString(), source.toString()));
    command.addAll(options);
    Process gcc;
    try {
      gcc = new ProcessBuilder(command).inheritIO().start();
    } catch (IOException e) {
      abort("there is no gcc to make a library with: " + e.getMessage());
      return;
    }
    assertEquals(0, gcc.waitFor());
  }

  /** Makes an NVRTC of CUDA 12 or 13 in a folder. */
  public static void nvrtc(Path folder, int major) throws IOException, InterruptedException {
    boolean isNew = major >= 13;
    build(
        folder.resolve("libnvrtc.so." + major),
        NVRTC,
        List.of(
            "-DVERSION=" + major,
            "-DABI=" + (isNew ? 8 : 7),
            "-DPTX=\"%s\"".formatted(isNew ? "9.0" : "8.4")));
  }

  /**
   * Makes a cuBLAS of CUDA 12 or 13, version MAJOR.1.2, in a folder; its cublasLt too.
   *
   * @param hasLt whether the cublasLt that it needs stays there
   */
  public static void cublas(Path folder, int major, boolean hasLt)
      throws IOException, InterruptedException {
    // A name that no library has which this process may have loaded.
    String needed = "libcublasLt.so." + major + ".stub";
    build(folder.resolve(needed), "int nothing;", List.of("-Wl,-soname," + needed));
    build(
        folder.resolve("libcublas.so." + major),
        """
        int cublasGetProperty(int type, int *value) {
          *value = type == 0 ? MAJOR : type;
          return 0;
        }
        """,
        List.of(
            "-DMAJOR=" + major,
            "-Wl,--no-as-needed",
            folder.resolve(needed).toString(),
            "-Wl,-rpath," + folder));
    if (!hasLt) {
      Files.delete(folder.resolve(needed));
    }
  }

  /** What finds libraries in the toolkit of a folder, or by name, and nowhere else. */
  public static CudaLibraries libraries(Path toolkit) {
    Path nowhere = toolkit.resolve("nowhere");
    return new CudaLibraries(
        Optional.empty(), Map.of("CUDA_HOME", toolkit.toString()), nowhere, nowhere);
  }
}
