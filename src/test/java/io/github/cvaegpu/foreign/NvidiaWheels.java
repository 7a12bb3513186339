// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * NVIDIA's own CUDA libraries, from pip: they are programs of user space, which load and partly
 * work on machines without a GPU. A test that asks for them is skipped, with the reason, where
 * nobody has installed them.
 *
 * <p>A process that has loaded them takes them for every library of the same name: tests use them
 * in a process of its own ({@link #java}).
 */
public final class NvidiaWheels {
  /** Names the virtual environment that has the wheels; scripts/nvidia-wheels.sh makes one. */
  public static final String FOLDER_VARIABLE = "CVAE_GPU_NVIDIA_WHEELS";

  private NvidiaWheels() {}

  /** The prefix of the Python that has NVRTC and cuBLAS of CUDA 13, fit for VIRTUAL_ENV. */
  public static Path prefix() {
    String given = System.getenv(FOLDER_VARIABLE);
    return given == null || given.isBlank()
        ? abort(
            FOLDER_VARIABLE
                + " is not set: it names a folder that scripts/nvidia-wheels.sh has put NVIDIA's"
                + " libraries in")
        : Path.of(given);
  }

  /** What finds libraries below a prefix, or by name, and nowhere else. */
  public static CudaLibraries libraries(Path prefix) {
    Path nowhere = prefix.resolve("nowhere");
    return new CudaLibraries(
        Optional.empty(), Map.of("VIRTUAL_ENV", prefix.toString()), nowhere, nowhere);
  }

  /**
   * A Java process that finds no CUDA library by name unless it has loaded it. It is gone before
   * the second compiler's code would be worth the compilation.
   */
  public static ProcessBuilder java(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-Dcvaegpu.native=" + System.getProperty("cvaegpu.native", "target/native"),
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("LD_LIBRARY_PATH");
    return builder;
  }
}
