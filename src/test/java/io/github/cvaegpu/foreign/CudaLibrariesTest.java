// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where CUDA's libraries are looked for, on file systems made for the test. */
class CudaLibrariesTest {
  @TempDir private Path root;

  private Path folder(String name) throws IOException {
    return Files.createDirectories(root.resolve(name));
  }

  private List<Path> folders(Map<String, String> environment) {
    return new CudaLibraries(Optional.empty(), environment, root.resolve("home"), root).folders();
  }

  @Test
  void toolkitsComeNewestFirst() throws IOException {
    Path old = folder("usr/local/cuda-12.4/lib64");
    Path current = folder("usr/local/cuda-13.0/targets/x86_64-linux/lib");
    folder("usr/local/cuda-13.0/bin");
    assertEquals(List.of(current, old), folders(Map.of()));
  }

  @Test
  void variablesComeFirst() throws IOException {
    Path system = folder("usr/local/cuda/lib64");
    Path own = folder("opt/toolkit/lib64");
    Path conda = folder("opt/env/lib");
    folder("opt/env/conda-meta");
    Path venv = folder("opt/venv/lib/python3.12/site-packages/nvidia/cublas/lib");
    assertEquals(
        List.of(own, conda, venv, system),
        folders(
            Map.of(
                "CUDA_HOME", root.resolve("opt/toolkit").toString(),
                "CONDA_PREFIX", root.resolve("opt/env").toString(),
                "VIRTUAL_ENV", root.resolve("opt/venv").toString())));
  }

  @Test
  void wheelsOfPipAreFound() throws IOException {
    Path distribution = folder("usr/local/lib/python3.11/dist-packages/nvidia/cu13/lib");
    Path users = folder("home/.local/lib/python3.13/site-packages/nvidia/cuda_nvrtc/lib");
    assertEquals(List.of(distribution, users), folders(Map.of()));
  }

  /** A virtual environment's, which is on PATH though nobody said activate. */
  @Test
  void thePackagesOfTheFirstPythonOnThePathAreFound() throws IOException {
    Path lib = folder("opt/venv/lib/python3.12/site-packages/nvidia/cu13/lib");
    folder("opt/other/lib/python3.12/site-packages/nvidia/cu13/lib");
    for (String name : List.of("opt/venv/bin", "opt/other/bin")) {
      Path python = Files.createFile(folder(name).resolve("python3"));
      assertTrue(python.toFile().setExecutable(true));
    }
    String path = "%1$s/none:bin::/:%1$s/opt/venv/bin:%1$s/opt/other/bin".formatted(root);
    assertEquals(List.of(lib), folders(Map.of("PATH", path)));
  }

  @Test
  void emptyVariablesAndAbsentFoldersAreNothing() {
    assertEquals(List.of(), folders(Map.of("CUDA_HOME", "", "CUDA_PATH", "/absent")));
  }

  @Test
  void aVersionIsTheEndOfTheName() {
    assertEquals(13, new CudaLibraries.Library("/usr/lib/libcublas.so.13", null).major());
  }

  /** In a folder that is named, too, what is damaged is not said to be missing. */
  @Test
  void aDamagedLibraryIsNotMissing() throws IOException {
    Path emulator = folder("emulator");
    var libraries = new CudaLibraries(Optional.of(emulator), Map.of(), root.resolve("home"), root);
    assertEquals(Optional.empty(), libraries.loadCublas(12));
    assertEquals(Optional.empty(), libraries.complaint("cublas"));
    Files.writeString(emulator.resolve("libcublas.so.12"), "no library");
    assertEquals(Optional.empty(), libraries.loadCublas(12));
    String complaint = libraries.complaint("cublas").orElseThrow();
    assertTrue(complaint.contains("libcublas.so.12: "), complaint);
  }
}
