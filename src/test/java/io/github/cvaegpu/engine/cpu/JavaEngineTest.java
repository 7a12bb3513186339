// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The CPU engine with the step in Java. */
@Execution(ExecutionMode.CONCURRENT)
class JavaEngineTest extends CpuEngineContract {
  @Override
  CpuAccelerator engine(int threads) {
    return CpuAccelerator.inJava(threads);
  }

  @Override
  protected float[] gradients(Trainee trainee) {
    return ((JavaTrainee) trainee).gradients();
  }

  @Test
  void saysWhatItIs() {
    var shape = new VaeShape(35, List.of(11), 2);
    float[] parameters = InitialWeights.draw(new ParameterLayout(shape), SEED);
    try (Accelerator accelerator = engine(3);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      EngineInfo info = model.info();
      assertEquals("cpu", info.engine());
      assertEquals(3, info.threads());
      assertEquals(EngineInfo.JAVA_STEP, info.library());
      assertEquals("cpu with the Java step in float32", info.what());
    }
  }
}
