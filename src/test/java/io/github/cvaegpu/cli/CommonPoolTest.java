// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The threads that help with many images at once: in a process of their own, where they count. */
class CommonPoolTest {
  private static final int SECONDS = 300;
  private static final String PARALLELISM = "java.util.concurrent.ForkJoinPool.common.parallelism";

  @TempDir Path folder;

  /** Images that are drawn in so many parts that three threads have something to do. */
  private static final int IMAGES = 3000;

  private static final int SIDE = 4;

  /** The program, and how many threads of the pool there are when it ends, of how many at most. */
  static final class Counted {
    private Counted() {}

    public static void main(String[] args) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () ->
                      System.out.println(
                          "threads of the pool: "
                              + Thread.getAllStackTraces().keySet().stream()
                                  .filter(thread -> thread.getName().startsWith("ForkJoinPool.com"))
                                  .count()
                              + " of "
                              + ForkJoinPool.getCommonPoolParallelism())));
      CvaeGpu.main(args);
    }
  }

  /** On a machine with four processors, or what the JVM takes for one; images are drawn by all. */
  @ParameterizedTest
  @CsvSource({", , 3", "1, , 0", "3, , 2", "1, 2, 2"})
  void hasNoMoreThreadsThanTheProgramMayTake(Integer threads, Integer told, int expected)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "-XX:ActiveProcessorCount=4", "-cp"));
    command.add(System.getProperty("java.class.path"));
    if (told != null) {
      command.add(1, "-D" + PARALLELISM + "=" + told);
    }
    command.add(Counted.class.getName());
    command.addAll(List.of("bench", "--data", images().toString(), "--engine", "cpu"));
    command.addAll(List.of("--likelihood", "bernoulli-binarized", "--rounds", "1"));
    command.addAll(List.of("--hidden", "4", "--batch", "1000", "--quiet"));
    if (threads != null) {
      command.addAll(List.of("--threads", threads.toString()));
    }
    String output = run(command);
    Matcher said = Pattern.compile("threads of the pool: (\\d+) of (\\d+)").matcher(output);
    assertTrue(said.find(), output);
    // Those that find nothing to do for long have ended; of a pool without threads Java says 1.
    assertTrue(Integer.parseInt(said.group(1)) <= expected, output);
    assertEquals(Math.max(1, expected), Integer.parseInt(said.group(2)), output);
  }

  private Path images() throws IOException {
    Path images = Files.createDirectory(folder.resolve("images"));
    for (String part : List.of("train", "t10k")) {
      Files.write(
          images.resolve(part + "-images-idx3-ubyte"),
          ByteBuffer.allocate(16 + IMAGES * SIDE * SIDE)
              .putInt(0x803)
              .putInt(IMAGES)
              .putInt(SIDE)
              .putInt(SIDE)
              .put(16, (byte) 100)
              .array());
      Files.write(
          images.resolve(part + "-labels-idx1-ubyte"),
          ByteBuffer.allocate(8 + IMAGES).putInt(0x801).putInt(IMAGES).array());
    }
    return images;
  }

  private String run(List<String> command) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), "the program did not end");
    } finally {
      process.destroyForcibly();
    }
    assertEquals(0, process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    return Files.readString(output, StandardCharsets.UTF_8);
  }

  /** In somebody else's process the pool is not the program's. */
  @Test
  void isLeftAloneInAnotherProcess() {
    CommonPool.allow(1, 1);
    assertNull(System.getProperty(PARALLELISM));
  }
}
