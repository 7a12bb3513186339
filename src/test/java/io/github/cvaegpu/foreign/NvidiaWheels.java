// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * NVIDIA's own CUDA libraries, from pip: they are programs of user space, which load and partly
 * work on machines without a GPU. They are put, once, into a folder that looks like a Python's; the
 * test that asks is skipped, with the reason, where they cannot be had.
 *
 * <p>A process that has loaded them takes them for every library of the same name: tests use them
 * in a process of its own ({@link #java}).
 */
public final class NvidiaWheels {
  /** Names a Python's prefix that has the wheels already, e.g. a virtual environment. */
  public static final String FOLDER_VARIABLE = "CVAE_GPU_NVIDIA_WHEELS";

  private static final List<String> CUDA_13 =
      List.of("nvidia-cuda-nvrtc==13.0.88", "nvidia-cublas==13.1.1.3");
  private static final int MINUTES = 10;

  private NvidiaWheels() {}

  /**
   * NVRTC and cuBLAS of CUDA 13.
   *
   * @return the prefix of the Python that has them, fit for VIRTUAL_ENV
   */
  public static Path cuda13() throws IOException, InterruptedException {
    return prefix("nvidia-13.0.88-13.1.1.3", CUDA_13);
  }

  /** What finds libraries below a prefix, or by name, and nowhere else. */
  public static CudaLibraries libraries(Path prefix) {
    Path nowhere = prefix.resolve("nowhere");
    return new CudaLibraries(
        Optional.empty(), Map.of("VIRTUAL_ENV", prefix.toString()), nowhere, nowhere);
  }

  /** A Java process that finds no CUDA library by name unless it has loaded it. */
  public static ProcessBuilder java(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("LD_LIBRARY_PATH");
    return builder;
  }

  private static Path prefix(String name, List<String> wheels)
      throws IOException, InterruptedException {
    String given = System.getenv(FOLDER_VARIABLE);
    if (given != null) {
      return Path.of(given);
    }
    if (!BundledLibrary.platform().equals("linux-x86_64")) {
      return abort("the versions of NVIDIA's wheels that are tested are for Linux on x86-64");
    }
    if (System.getenv("CVAE_GPU_OFFLINE") != null) {
      return abort("CVAE_GPU_OFFLINE is set, and NVIDIA's wheels are downloaded by pip");
    }
    Path cache = Files.createDirectories(UserCache.folder().resolve("tests"));
    Path prefix = cache.resolve(name);
    try (FileChannel lock =
        FileChannel.open(
            cache.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock.lock();
      Path complete = prefix.resolve("complete");
      if (!Files.exists(complete)) {
        install(prefix.resolve("lib/python3/site-packages"), wheels);
        Files.createFile(complete);
      }
    }
    return prefix;
  }

  private static void install(Path packages, List<String> wheels)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of("python3", "-m", "pip", "install", "--no-deps", "--upgrade", "--target"));
    command.add(packages.toString());
    command.addAll(wheels);
    Path output = Files.createTempFile("pip", ".txt");
    try {
      Process pip =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try {
        if (!pip.waitFor(MINUTES, TimeUnit.MINUTES)) {
          abort("pip did not download NVIDIA's wheels in ten minutes");
        }
      } finally {
        pip.destroyForcibly();
      }
      if (pip.exitValue() != 0) {
        List<String> lines = Files.readAllLines(output);
        abort(
            "pip has no NVIDIA wheels here: "
                + lines.stream().filter(NvidiaWheels::isError).toList());
      }
    } catch (IOException e) {
      abort("there is no python3 to download NVIDIA's wheels with: " + e.getMessage());
    } finally {
      Files.delete(output);
    }
  }

  private static boolean isError(String line) {
    return line.startsWith("ERROR") || line.contains("No module named");
  }
}
