// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.Golden;
import io.github.cvaegpu.engine.GoldenRun;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The CUDA engine against PyTorch. */
@ExtendWith(OnGpu.class)
class CudaEngineGoldenTest {
  static Stream<Golden> goldens() {
    return Stream.of(Golden.small(), Golden.study());
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void agreesWithPyTorch(Golden golden) {
    try (var engine =
        new CudaEngine(
            golden.shape(),
            GoldenRun.settings(golden),
            golden.images(),
            Precision.FLOAT32,
            CudaEngineTest.oneAtATime())) {
      GoldenRun.assertFollows(golden, engine, engine::gradients);
    }
  }
}
