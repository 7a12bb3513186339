// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.launcher.RunningProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * {@value CpuLibraries#OVERRIDE} as the environment has it, which a process reads once: what is
 * computed with, and what says so.
 */
@Execution(ExecutionMode.CONCURRENT)
class ForcedInstructionSetTest {
  @TempDir private Path folder;

  private RunningProcess.Result train(String isa) throws Exception {
    Path images = TinyImages.writeFolder(folder.resolve("images"), 1);
    List<String> where =
        List.of("--data", images.toString(), "--out", folder.resolve("run").toString());
    List<String> what = List.of("--engine", "cpu", "--epochs", "1", "--hidden", "20,10");
    ProcessBuilder builder =
        NvidiaWheels.java(CvaeGpu.class, "train", "--kl", "0.5").redirectErrorStream(false);
    builder.command().addAll(where);
    builder.command().addAll(what);
    builder.environment().put(CpuLibraries.OVERRIDE, isa);
    return new RunningProcess(builder).await();
  }

  /** Smaller than the processor's own, where that has AVX-512. */
  @Test
  void theOneAskedForIsComputedWithAndRecorded() throws Exception {
    CpuLibraries.Found found = CpuLibraries.get();
    assumeTrue(found.library().isPresent(), found.problem());
    String own = found.library().get().isa();
    assumeTrue(own.startsWith("x86-64-"), "this processor's instruction set is " + own);

    RunningProcess.Result train = train("v3");
    assertEquals(0, train.code(), train.errors());
    assertTrue(train.errors().contains(": native step for x86-64-v3, "), train.errors());
    String record = Files.readString(folder.resolve("run/run.json"));
    assertTrue(record.contains("\"tuning\": \"x86-64-v3\""), record);
  }

  @Test
  void oneThatThereIsNotEndsTheCommandBeforeARunHasAFolder() throws Exception {
    RunningProcess.Result train = train("avx");
    assertEquals(2, train.code(), train.errors());
    assertEquals("CVAE_GPU_ISA is avx, but there are v3, v4 and neon.", train.errors().strip());
    assertFalse(Files.exists(folder.resolve("run")));
  }
}
