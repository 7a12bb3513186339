// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.cvaegpu.engine.ReferenceVae;
import io.github.cvaegpu.engine.RelativeNorm;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** adam.cu against Adam in double. */
@ExtendWith(OnGpu.Checked.class)
class AdamKernelTest {
  private static final double LEARNING_RATE = 1e-3;
  private static final int STEPS = 5;

  @Test
  void agreesWithTheReference() {
    var layout = new ParameterLayout(new VaeShape(99, List.of(40, 17), 3));
    int size = layout.size();
    try (var gpu = new Gpu(5);
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30))) {
      var network = TrainedNetwork.allocate(gpu.memory, new CudaNetwork(gpu.memory, layout));
      float[] initial = gpu.normals(size);
      DeviceMemory.upload(network.parameters().address(), initial);
      DeviceMemory.upload(network.firstMoment(), new float[size]);
      DeviceMemory.upload(network.secondMoment(), new float[size]);
      double[] parameters = ReferenceVae.toDouble(initial);
      var adam = new ReferenceVae.Adam(LEARNING_RATE, size);
      var state = new StepState(gpu.memory);
      for (int step = 0; step < STEPS; step++) {
        float[] gradients = gpu.normals(size);
        DeviceMemory.upload(network.gradients().address(), gradients);
        adam.update(parameters, ReferenceVae.toDouble(gradients));
        state.set(step, 0);
        mailbox.putBeta(step, 1);
        gpu.kernels.mailbox().stepBegin(gpu.stream, state, mailbox, gpu.rates(LEARNING_RATE));
        gpu.kernels.adam().update(gpu.stream, state, network);
        gpu.stream.synchronize();
      }
      gpu.assertNear("parameters", parameters, network.parameters().address());
      gpu.assertNear("first moment", adam.firstMoment(), network.firstMoment());
      gpu.assertNear("second moment", adam.secondMoment(), network.secondMoment());
      double[] moved = new double[size];
      double[] expectedMoved = new double[size];
      float[] now = gpu.read(network.parameters().address(), size);
      for (int i = 0; i < size; i++) {
        moved[i] = (double) now[i] - initial[i];
        expectedMoved[i] = parameters[i] - initial[i];
      }
      // Of numbers near 1 that move by 0.001, a float's last place is 1e-4 of the movement.
      RelativeNorm.assertNear("movement", expectedMoved, moved, 1e-4);
    }
  }

  @Test
  void aVanishingMeanIsMadeZeroAsByTheCpu() {
    var layout = new ParameterLayout(new VaeShape(1, List.of(1), 1));
    int size = layout.size();
    try (var gpu = new Gpu(5);
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30))) {
      var network = TrainedNetwork.allocate(gpu.memory, new CudaNetwork(gpu.memory, layout));
      float[] tiny = new float[size];
      tiny[0] = 0x1p-99f;
      tiny[1] = 0x1p-100f;
      DeviceMemory.upload(network.parameters().address(), new float[size]);
      DeviceMemory.upload(network.firstMoment(), tiny);
      DeviceMemory.upload(network.secondMoment(), new float[size]);
      DeviceMemory.upload(network.gradients().address(), new float[size]);
      var state = new StepState(gpu.memory);
      state.set(3, 0);
      mailbox.putBeta(3, 1);
      gpu.kernels.mailbox().stepBegin(gpu.stream, state, mailbox, gpu.rates(LEARNING_RATE));
      gpu.kernels.adam().update(gpu.stream, state, network);
      float[] expected = new float[size];
      expected[0] = 0.9f * 0x1p-99f;
      assertArrayEquals(expected, gpu.read(network.firstMoment(), size));
    }
  }
}
