// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.CudaVersions;
import io.github.cvaegpu.foreign.NativeFolder;
import io.github.cvaegpu.foreign.Nvrtc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Gets our kernels into a GPU: the code that nvcc made when the jar was built, or, where there is
 * none or the driver refuses it, what NVRTC makes of the sources here, kept for the next time.
 */
final class KernelImage {
  private final Device device;
  private final Optional<byte[]> code;
  private final CudaLibraries libraries;
  private final Optional<KernelCache> cache;

  /**
   * @param device where they are to run
   * @param code what nvcc made of them, if the jar has it
   * @param libraries where to look for NVRTC
   * @param cache of what NVRTC has made; without one it takes a few seconds each time
   */
  KernelImage(
      Device device, Optional<byte[]> code, CudaLibraries libraries, Optional<KernelCache> cache) {
    this.device = device;
    this.code = code;
    this.libraries = libraries;
    this.cache = cache;
  }

  /** Loads the kernels. */
  static KernelModule load(Device device) {
    Optional<Path> emulator = CudaLibraries.emulator();
    if (emulator.isPresent()) {
      return emulated(emulator.get().resolve("kernels.so"));
    }
    return new KernelImage(device, KernelSources.fatBinary(), new CudaLibraries(), cache()).load();
  }

  /** Loads the jar's code, or what NVRTC makes of the sources where the driver refuses that. */
  KernelModule load() {
    return fromJar().orElseGet(this::fromSources);
  }

  private static Optional<KernelCache> cache() {
    try {
      return Optional.of(new KernelCache(NativeFolder.named("kernels"), ".cubin"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static KernelModule emulated(Path file) {
    try {
      return image(Files.readAllBytes(file), "EMULATED KERNELS");
    } catch (IOException e) {
      throw new EngineException("The emulator has no kernels: " + file + " cannot be read.", e);
    }
  }

  private Optional<KernelModule> fromJar() {
    if (code.isEmpty()) {
      return Optional.empty();
    }
    var module = new CUmodule();
    int status = JCudaDriver.cuModuleLoadData(module, code.get());
    if (status == CUresult.CUDA_SUCCESS) {
      return Optional.of(new KernelModule(module, "kernels of the jar"));
    }
    if (isRefusal(status)) {
      return Optional.empty();
    }
    Check.driver(status, "cuModuleLoadData", "kernels of the jar");
    return Optional.empty();
  }

  /** Whether code is what the driver does not like, and other code may do. */
  private static boolean isRefusal(int status) {
    return status == CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU
        || status == CUresult.CUDA_ERROR_INVALID_IMAGE
        || status == CUresult.CUDA_ERROR_INVALID_PTX
        || status == CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION
        || status == CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND
        || status == CUresult.CUDA_ERROR_JIT_COMPILATION_DISABLED;
  }

  private KernelModule fromSources() {
    Nvrtc compiler =
        libraries
            .loadNvrtc(Device.driverMajor())
            .map(Nvrtc::new)
            .orElseThrow(
                () ->
                    new EngineException(
                        "The driver takes no kernels of the jar for %s, and %s."
                            .formatted(device.name(), CudaVersions.noNvrtc(Device.driverMajor()))));
    try {
      return image(cachedOrCompiled(compiler), "kernels compiled by NVRTC " + compiler.version());
    } catch (Nvrtc.CompileException e) {
      throw new EngineException(
          "The kernels could not be compiled for %s: %s.".formatted(device.name(), e.getMessage()),
          e);
    }
  }

  private static KernelModule image(byte[] code, String origin) {
    var module = new CUmodule();
    Check.driver(JCudaDriver.cuModuleLoadData(module, code), "cuModuleLoadData", origin);
    return new KernelModule(module, origin);
  }

  private byte[] cachedOrCompiled(Nvrtc compiler) throws Nvrtc.CompileException {
    Map<String, String> sources = KernelSources.texts();
    String key = key(compiler, sources, device.capability());
    Optional<byte[]> kept = cache.flatMap(kernels -> kernels.get(key));
    if (kept.isPresent()) {
      return kept.get();
    }
    byte[] compiled = compiler.compile(KernelSources.MAIN, sources, device.capability());
    cache.ifPresent(kernels -> kernels.put(key, compiled));
    return compiled;
  }

  /** What code is kept under: all that it depends on. */
  static String key(Nvrtc compiler, Map<String, String> sources, int capability)
      throws Nvrtc.CompileException {
    return String.format(
        Locale.ROOT,
        "%s-sm_%d-nvrtc-%s",
        KernelSources.sha256(sources, Nvrtc.OPTIONS),
        capability,
        compiler.version());
  }
}
