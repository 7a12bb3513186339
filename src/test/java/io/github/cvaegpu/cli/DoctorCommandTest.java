// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.engine.cpu.Processors;
import io.github.cvaegpu.engine.cuda.CudaRuntime;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
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
                    },
                    () -> List.of(found("driver", "for CUDA 13.0"))))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute();
    assertEquals(ExitCode.FAILED, code);
    assertEquals("", err.toString());
    List<String> lines = out.toString().lines().toList();
    int datasets = lines.indexOf("datasets   " + sentence);
    assertTrue(datasets > 0, out.toString());
    assertTrue(lines.get(datasets + 1).startsWith("GPU        driver: for"), out.toString());
    assertEquals("training   cannot run: see datasets", lines.getLast());
  }

  @Test
  void theChainIsShownLinkByLink() {
    assertEquals(
        List.of("driver: for CUDA 13.0", "device: NVIDIA H100, NVIDIA T4"),
        DoctorCommand.gpu(
            List.of(found("driver", "for CUDA 13.0"), found("device", "NVIDIA H100, NVIDIA T4"))));
  }

  @Test
  void aMissingLinkComesWithItsRemedy() {
    var missing =
        new CudaRuntime.Link("device", Optional.of("missing"), "The driver sees no GPU: start it.");
    assertEquals(
        List.of("driver: for CUDA 12.4", "device: missing. The driver sees no GPU: start it."),
        DoctorCommand.gpu(List.of(found("driver", "for CUDA 12.4"), missing)));
  }

  @Test
  void theThreadsComeWithTheReason() {
    var machine =
        new Processors(64, OptionalInt.of(32), OptionalDouble.empty(), OptionalInt.empty());
    assertEquals("32 threads by default: one a core", DoctorCommand.threads(32, machine));
    assertEquals(
        "8 threads by default: the most that share a step", DoctorCommand.threads(8, machine));
    var one = new Processors(64, OptionalInt.of(32), OptionalDouble.of(0.5), OptionalInt.empty());
    assertEquals("1 thread by default: as the quota allows", DoctorCommand.threads(1, one));
  }

  /** Whatever this machine is. */
  @Test
  void theReportHasWhatWasCounted() {
    CvaeGpu.commandLine(
            new DoctorCommand(
                () -> {
                  throw new InputException("There is no data.");
                },
                List::of))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute();
    Processors processors = Processors.ofThisProcess();
    List<String> lines = out.toString().lines().map(String::strip).toList();
    assertTrue(lines.contains(processors.description()), out.toString());
    assertTrue(
        lines.contains(DoctorCommand.threads(CpuAccelerator.defaultThreads(), processors)),
        out.toString());
  }

  private static CudaRuntime.Link found(String name, String what) {
    return new CudaRuntime.Link(name, Optional.empty(), what);
  }
}
