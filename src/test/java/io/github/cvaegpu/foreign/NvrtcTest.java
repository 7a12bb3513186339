// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The binding of NVRTC, against a compiler of that interface whose code is what it was told. */
class NvrtcTest {
  private static final String COMPILER =
      """
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      typedef struct { char text[4096]; int fails; } Program;
      int nvrtcVersion(int *major, int *minor) { *major = 13; *minor = 1; return 0; }
      const char *nvrtcGetErrorString(int code) {
        return code == 6 ? "NVRTC_ERROR_COMPILATION" : "another error";
      }
      int nvrtcCreateProgram(Program **program, const char *source, const char *name, int headers,
                             const char *const *texts, const char *const *names) {
        *program = calloc(1, sizeof(Program));
        char *at = (*program)->text;
        at += sprintf(at, "%s=%s", name, source);
        for (int i = 0; i < headers; i++) at += sprintf(at, ";%s=%s", names[i], texts[i]);
        (*program)->fails = strstr(source, "error") ? 6 : 0;
        return 0;
      }
      int nvrtcCompileProgram(Program *program, int count, const char *const *options) {
        for (int i = 0; i < count; i++) {
          strcat(strcat(program->text, " "), options[i]);
        }
        return program->fails;
      }
      int nvrtcGetProgramLogSize(Program *program, size_t *size) { *size = 17; return 0; }
      int nvrtcGetProgramLog(Program *program, char *log) { strcpy(log, "line 1:\\nbad word"); return 0; }
      int nvrtcGetCUBINSize(Program *program, size_t *size) {
        *size = strlen(program->text);
        return 0;
      }
      int nvrtcGetCUBIN(Program *program, char *code) {
        memcpy(code, program->text, strlen(program->text));
        return 0;
      }
      int nvrtcGetPTXSize(Program *program, size_t *size) {
        return nvrtcGetCUBINSize(program, size);
      }
      int nvrtcGetPTX(Program *program, char *code) { return nvrtcGetCUBIN(program, code); }
      int nvrtcGetNumSupportedArchs(int *count) { *count = 3; return 0; }
      int nvrtcGetSupportedArchs(int *list) { list[0] = 90; list[1] = 121; list[2] = 75; return 0; }
      int nvrtcDestroyProgram(Program **program) { free(*program); *program = 0; return 0; }
      """;

  @TempDir private Path folder;

  private Nvrtc compiler() throws Exception {
    Path library = library("libnvrtc.so.13");
    return new Nvrtc(
        new CudaLibraries.Library(
            "libnvrtc.so.13", SymbolLookup.libraryLookup(library, Arena.global())));
  }

  /** Builds the compiler into the folder. */
  private Path library(String name) throws Exception {
    return library(name, COMPILER, List.of());
  }

  /** Builds a library into the folder. */
  private Path library(String name, String text, List<String> options) throws Exception {
    Path source = Files.writeString(folder.resolve("nvrtc.c"), text);
    Path library = folder.resolve(name);
    List<String> command = new ArrayList<>(List.of("gcc", "-shared", "-fPIC"));
    command.addAll(options);
    command.addAll(List.of("-o", library.toString(), source.toString(), "-ldl"));
    Process gcc;
    try {
      gcc = new ProcessBuilder(command).inheritIO().start();
    } catch (IOException e) {
      return abort("there is no gcc to make a compiler with: " + e.getMessage());
    }
    assertEquals(0, gcc.waitFor());
    return library;
  }

  /** A driver for CUDA 12 refuses what a compiler of CUDA 13 makes. */
  @Test
  void takesTheNewestCompilerWhoseCodeTheDriverTakes() throws Exception {
    Path toolkit = Files.createDirectories(folder.resolve("toolkit/lib64"));
    for (String name : List.of("libnvrtc.so.12", "libnvrtc.so.13")) {
      Files.move(library(name), toolkit.resolve(name));
    }
    var libraries =
        new CudaLibraries(
            Optional.empty(), Map.of("CUDA_HOME", folder + "/toolkit"), folder, folder);
    assertEquals(13, libraries.loadNvrtc(13).orElseThrow().major());
    assertEquals(13, libraries.loadNvrtc(14).orElseThrow().major());
    assertEquals(12, libraries.loadNvrtc(12).orElseThrow().major());
    assertTrue(libraries.loadNvrtc(11).isEmpty());
  }

  /** NVRTC opens its built-in functions when it first compiles, by a name with a minor version. */
  @Test
  void loadsWhatTheCompilerOpensByName() throws Exception {
    String builtins = "libnvrtc-builtins.so.13.99";
    Path wheel = Files.createDirectories(folder.resolve("lib/python3.12/site-packages/nvidia"));
    Path lib = Files.createDirectories(wheel.resolve("cu13/lib"));
    // In this process no other library may be taken for it: only what is needed has a SONAME.
    Files.move(
        library(builtins, "int builtin;", List.of("-Wl,-soname," + builtins)),
        lib.resolve(builtins));
    String opening =
        COMPILER.replace(
            "return program->fails;",
            "return dlopen(\"%s\", RTLD_NOW) ? program->fails : 7;".formatted(builtins));
    Files.move(
        library("libnvrtc.so.13", "#include <dlfcn.h>\n" + opening, List.of()),
        lib.resolve("libnvrtc.so.13"));
    var libraries =
        new CudaLibraries(
            Optional.empty(), Map.of("VIRTUAL_ENV", folder.toString()), folder, folder);
    var nvrtc = new Nvrtc(libraries.loadNvrtc(13).orElseThrow());
    assertTrue(nvrtc.compile("a.cu", Map.of("a.cu", "int x;"), 90).length > 0);
  }

  @Test
  void givesTheCompilerAllSourcesAndTheGpu() throws Exception {
    Nvrtc nvrtc = compiler();
    assertEquals("13.1", nvrtc.version());
    byte[] code = nvrtc.compile("a.cu", Map.of("a.cu", "int x;"), 90);
    assertArrayEquals(
        "a.cu=int x;;a.cu=int x; --gpu-architecture=sm_90 --std=c++17 --fmad=false"
            .getBytes(StandardCharsets.UTF_8),
        code);
  }

  @Test
  void aRefusalHasTheCompilersWords() throws Exception {
    Nvrtc nvrtc = compiler();
    var failure =
        assertThrows(
            Nvrtc.CompileException.class,
            () -> nvrtc.compile("a.cu", Map.of("a.cu", "an error"), 121));
    assertEquals(
        "libnvrtc.so.13 does not compile the kernels for sm_121: NVRTC_ERROR_COMPILATION, line 1:"
            + " bad word",
        failure.getMessage());
  }

  /** The driver compiles PTX of the newest GPU that this one runs code of. */
  @Test
  void aNewerGpuThanTheCompilerKnowsGetsPtx() throws Exception {
    Nvrtc nvrtc = compiler();
    assertEquals(List.of(75, 90, 121), nvrtc.capabilities());
    String told =
        new String(nvrtc.compile("a.cu", Map.of("a.cu", ""), 130), StandardCharsets.UTF_8);
    assertTrue(told.contains("--gpu-architecture=compute_121 "), told);
    told = new String(nvrtc.compile("a.cu", Map.of("a.cu", ""), 100), StandardCharsets.UTF_8);
    assertTrue(told.contains("--gpu-architecture=compute_90 "), told);
  }

  @Test
  void anOlderGpuThanTheCompilerKnowsIsRefused() throws Exception {
    Nvrtc nvrtc = compiler();
    var failure =
        assertThrows(
            Nvrtc.CompileException.class, () -> nvrtc.compile("a.cu", Map.of("a.cu", ""), 70));
    assertEquals(
        "libnvrtc.so.13 makes code for sm_75 and newer GPUs, and this one is sm_70, which an older"
            + " CUDA toolkit may know",
        failure.getMessage());
  }
}
