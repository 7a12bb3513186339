// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.cuda.OnGpu;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of a profile. */
@ExtendWith(OnGpu.class)
class ProfileTableTest {
  @TempDir private Path folder;

  @Test
  void longNamesMoveNoColumn() {
    assertEquals(
        List.of(
            "phase       kernel                               launch                      n"
                + "     us     bytes  FLOP  of roofline",
            "stepBegin   step_begin                           grid 1 x 1, block 32        1"
                + "      -        84     0  -",
            "outputLoss  fused_output_bernoulli_grey_32_64_2  grid 208 x 1, programmatic  1"
                + "  12.25  1,234,56     9  50.0 % (memory)",
            "sum                                                                          2"
                + "  12.25"),
        ProfileTable.aligned(
            List.of(
                List.of("phase", "kernel", "launch", "n", "us", "bytes", "FLOP", "of roofline"),
                List.of(
                    "stepBegin", "step_begin", "grid 1 x 1, block 32", "1", "-", "84", "0", "-"),
                List.of(
                    "outputLoss",
                    "fused_output_bernoulli_grey_32_64_2",
                    "grid 208 x 1, programmatic",
                    "1",
                    "12.25",
                    "1,234,56",
                    "9",
                    "50.0 % (memory)"),
                List.of("sum", "", "", "2", "12.25", "", "", ""))));
  }

  /** A fused step's sum has one launch more than its graph has nodes, and it is said why. */
  @ParameterizedTest
  @ValueSource(strings = {"fused", "cublas"})
  void aLaunchThatTrainingLacksIsSaidToBeNone(String step) throws IOException {
    List<String> args = new ArrayList<>(List.of("profile", "--step", step));
    args.addAll(List.of("--data", TinyImages.writeFolder(folder.resolve("i"), 1).toString()));
    args.addAll(List.of("--hidden", "20,10", "--batch", "64", "--steps", "1", "--warm-up", "1"));
    CommandRun run = CommandRun.of(args).succeeded();
    assertTrue(run.out().contains(" is not in the sum"), run.out());
    assertEquals(
        step.equals("fused"),
        run.out().contains(" in the sum, and it is there only while launches are timed."),
        run.out());
  }
}
