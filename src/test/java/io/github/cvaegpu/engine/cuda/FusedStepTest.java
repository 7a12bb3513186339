// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineContract;
import io.github.cvaegpu.engine.Trainee;
import java.time.Duration;
import org.junit.jupiter.api.extension.ExtendWith;

/** The fused step: what every engine does, and in all its variants. */
@ExtendWith(OnGpu.class)
class FusedStepTest extends EngineContract {
  @Override
  protected Accelerator create(int stepsAhead) {
    return new CudaAccelerator(
        Precision.FLOAT32,
        new CudaAccelerator.Options(
            stepsAhead,
            Math.ceilDiv(stepsAhead, 2),
            true,
            Products.LARGE,
            Duration.ofSeconds(60),
            StepKind.FUSED,
            Tune.OFF,
            true));
  }

  @Override
  protected float[] gradients(Trainee trainee) {
    return ((CudaTrainee) trainee).gradients();
  }
}
