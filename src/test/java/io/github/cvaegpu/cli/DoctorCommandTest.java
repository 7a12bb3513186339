// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.foreign.CudaProbe;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aBadEnvironmentIsReportedInItsPlace() {
    String sentence = "The environment variable CVAE_GPU_OFFLINE must be 1 or 0, not \"maybe\".";
    int code =
        CvaeGpu.commandLine(
                new DoctorCommand(
                    () -> {
                      throw new InputException(sentence);
                    }))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute();
    assertEquals(ExitCode.FAILED, code);
    assertEquals("", err.toString());
    List<String> lines = out.toString().lines().toList();
    int datasets = lines.indexOf("datasets   " + sentence);
    assertTrue(datasets > 0, out.toString());
    assertTrue(lines.get(datasets + 1).startsWith("GPU        "), out.toString());
    assertEquals("training   cannot run: see datasets", lines.getLast());
  }

  @Test
  void devicesAreNamedWithTheirDriver() {
    assertEquals(
        List.of("NVIDIA H100, NVIDIA T4", "driver for CUDA 13.0"),
        DoctorCommand.gpu(
            new CudaProbe.Driver(
                Optional.of("13.0"), List.of("NVIDIA H100", "NVIDIA T4"), Optional.empty())));
  }

  @Test
  void aProblemComesWithItsOwnRemedy() {
    var problem = new CudaProbe.Problem("the driver sees no GPU", "check CUDA_VISIBLE_DEVICES");
    assertEquals(
        List.of("none: the driver sees no GPU", "check CUDA_VISIBLE_DEVICES"),
        DoctorCommand.gpu(new CudaProbe.Driver(Optional.empty(), List.of(), Optional.of(problem))));
    assertEquals(
        "driver for CUDA 12.4",
        DoctorCommand.gpu(
                new CudaProbe.Driver(Optional.of("12.4"), List.of(), Optional.of(problem)))
            .getLast());
  }
}
