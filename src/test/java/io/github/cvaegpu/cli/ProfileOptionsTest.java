// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.cuda.CudaRuntime;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code profile} refuses, which takes no GPU. */
class ProfileOptionsTest {
  @Test
  void wrongOptionsGetASentence() {
    assertEquals(
        "--steps must be from 1 to 10000, not 0.",
        CommandRun.of("profile", "--steps", "0").refusal());
    assertEquals(
        "--warm-up must be from 1 to 10000, not 10001.",
        CommandRun.of("profile", "--warm-up", "10001").refusal());
    assertEquals(
        "profile measures the CUDA engine alone.",
        CommandRun.of("profile", "--engine", "cpu").refusal());
    assertEquals(
        "profile measures the CUDA engine alone.",
        CommandRun.of("profile", "--threads", "2").refusal());
    assertEquals(
        "--json has no effect with --for-profiler, which measures nothing.",
        CommandRun.of("profile", "--json", "--for-profiler", "graph").refusal());
    assertEquals(
        "--beta has no effect with --control hold: it is for constant, warm-up, cyclical and"
            + " free-bits.",
        CommandRun.of("profile", "--control", "hold", "--beta", "4").refusal());
    CommandRun.of("profile", "--for-profiler", "kernels").refusal();
  }

  @Test
  void withoutAGpuItSaysWhatTrainSays(@TempDir Path folder) throws IOException {
    assumeTrue(CudaRuntime.problem().isPresent(), "this machine has a GPU");
    String images = TinyImages.writeFolder(folder.resolve("images"), 1).toString();
    CommandRun train =
        CommandRun.of(
            "train", "--engine", "cuda", "--data", images, "--out", folder.resolve("r").toString());
    CommandRun profile = CommandRun.of("profile", "--data", images);
    assertEquals(ExitCode.FAILED, profile.code());
    assertEquals("", profile.out());
    assertEquals(train.err(), profile.err());
    assertEquals(CudaRuntime.problem().get() + System.lineSeparator(), profile.err());
  }
}
