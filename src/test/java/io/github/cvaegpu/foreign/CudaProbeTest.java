// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drivers made for the test by the C compiler. */
class CudaProbeTest {
  private static final String VERSION = "int cuDriverGetVersion(int *v) { *v = 13010; return 0; }";
  private static final String INIT = "int cuInit(unsigned flags) { return 0; }";
  private static final String TWO = "int cuDeviceGetCount(int *n) { *n = 2; return 0; }";
  private static final String GET = "int cuDeviceGet(int *d, int i) { *d = i + 40; return 0; }";
  private static final String NAME =
      "int cuDeviceGetName(char *s, int n, int d)"
          + " { s[0] = 'G'; s[1] = '0' + d - 40; s[2] = 0; return n == 256 ? 0 : 1; }";

  private static final String ATTRIBUTE =
      "int cuDeviceGetAttribute(int *v, int a, int d)"
          + " { *v = a == 75 ? d - 32 : 6; return a == 75 || a == 76 ? 0 : 1; }";

  @TempDir private Path folder;

  private CudaProbe.Driver ask(String... functions) throws Exception {
    Path source = Files.writeString(folder.resolve("cuda.c"), String.join("\n", functions));
    Path library = folder.resolve("libcuda.so.1");
    Process compiler;
    try {
      compiler =
          new ProcessBuilder("gcc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
              .inheritIO()
              .start();
    } catch (IOException e) {
      return abort("there is no gcc to make a driver with: " + e.getMessage());
    }
    assertEquals(0, compiler.waitFor());
    return CudaProbe.driver(library.toString());
  }

  private static void assertProblem(
      String what, String remedy, Optional<String> version, CudaProbe.Driver driver) {
    CudaProbe.Problem problem = driver.problem().orElseThrow();
    assertEquals(what, problem.what());
    assertTrue(problem.remedy().contains(remedy), problem.remedy());
    assertEquals(version, driver.version());
    assertEquals(List.of(), driver.devices());
  }

  @Test
  void namesTheDevices() throws Exception {
    assertEquals(
        new CudaProbe.Driver(
            Optional.of("13.1"),
            List.of(new CudaProbe.Gpu("G0", 86), new CudaProbe.Gpu("G1", 96)),
            Optional.empty()),
        ask(VERSION, INIT, TWO, GET, NAME, ATTRIBUTE));
  }

  @Test
  void theVersionIsANumberToo() throws Exception {
    CudaProbe.Driver driver = ask(VERSION, INIT, TWO, GET, NAME, ATTRIBUTE);
    assertEquals(13_010, driver.number().orElseThrow());
    assertTrue(CudaProbe.driver("libcvae-no-such-driver.so").number().isEmpty());
  }

  @Test
  void withoutADriverItSaysToInstallOne() {
    assertProblem(
        "no NVIDIA driver was found (libcvae-no-such-driver.so)",
        "install NVIDIA's driver",
        Optional.empty(),
        CudaProbe.driver("libcvae-no-such-driver.so"));
  }

  @Test
  void aDriverThatSeesNoGpuIsNotToBeInstalled() throws Exception {
    assertProblem(
        "the NVIDIA driver sees no GPU",
        CudaProbe.noGpuSeen(System.getenv()).remedy(),
        Optional.of("13.1"),
        ask(VERSION, "int cuInit(unsigned flags) { return 100; }"));
  }

  @Test
  void aVariableThatHidesAllGpusIsNamedWithItsValue() {
    String without = CudaProbe.noGpuSeen(Map.of()).remedy();
    assertTrue(without.contains("--gpus all"), without);
    for (String value : List.of("", "-1", "MIG-no-such")) {
      String with = CudaProbe.noGpuSeen(Map.of("CUDA_VISIBLE_DEVICES", value)).remedy();
      assertTrue(with.startsWith("CUDA_VISIBLE_DEVICES is '" + value + "' and hides"), with);
    }
  }

  @Test
  void noDevicesIsTheSame() throws Exception {
    assertProblem(
        "the NVIDIA driver sees no GPU",
        CudaProbe.noGpuSeen(System.getenv()).remedy(),
        Optional.of("13.1"),
        ask(VERSION, INIT, "int cuDeviceGetCount(int *n) { *n = 0; return 0; }"));
  }

  @Test
  void aFailedInitialisationIsNamedWithItsCode() throws Exception {
    assertProblem(
        "the NVIDIA driver's function cuInit failed with code 803",
        "nvidia-smi",
        Optional.of("13.1"),
        ask(VERSION, "int cuInit(unsigned flags) { return 803; }"));
  }

  @Test
  void aFailedCountIsNoNumberOfDevices() throws Exception {
    assertProblem(
        "the NVIDIA driver's function cuDeviceGetCount failed with code 3",
        "nvidia-smi",
        Optional.of("13.1"),
        ask(VERSION, INIT, "int cuDeviceGetCount(int *n) { return 3; }", GET, NAME));
  }

  @Test
  void aFailedVersionIsNoVersion() throws Exception {
    assertProblem(
        "the NVIDIA driver's function cuDriverGetVersion failed with code 1",
        "nvidia-smi",
        Optional.empty(),
        ask("int cuDriverGetVersion(int *v) { return 1; }", INIT, TWO, GET, NAME));
  }

  @Test
  void aFailedNameIsNoName() throws Exception {
    assertProblem(
        "the NVIDIA driver's function cuDeviceGetName failed with code 101",
        "nvidia-smi",
        Optional.of("13.1"),
        ask(
            VERSION,
            INIT,
            TWO,
            GET,
            ATTRIBUTE,
            "int cuDeviceGetName(char *s, int n, int d) { return 101; }"));
  }

  @Test
  void aMissingFunctionIsAProblem() throws Exception {
    assertProblem(
        "the NVIDIA driver's library has no function cuDeviceGetCount",
        "again",
        Optional.of("13.1"),
        ask(VERSION, INIT));
  }
}
