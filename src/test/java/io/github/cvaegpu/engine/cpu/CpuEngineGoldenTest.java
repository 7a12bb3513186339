// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.engine.Golden;
import io.github.cvaegpu.engine.GoldenRun;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The CPU engine against PyTorch. */
class CpuEngineGoldenTest {
  static Stream<Golden> goldens() {
    return Stream.of(Golden.small(), Golden.study());
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void agreesWithPyTorch(Golden golden) {
    try (var engine =
        new CpuEngine(golden.shape(), GoldenRun.settings(golden), golden.images(), 2)) {
      GoldenRun.assertFollows(golden, engine, engine::gradients);
    }
  }
}
