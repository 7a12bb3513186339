// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.engine.Golden;
import io.github.cvaegpu.engine.ReferenceVae;
import io.github.cvaegpu.engine.RelativeNorm;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The CPU engine against PyTorch: losses, gradients of the first step, weights after five. */
class CpuEngineGoldenTest {
  private static final double GRADIENT_TOLERANCE = 1e-5;

  /** Of weights after five steps of 0.001: where a gradient is all rounding, Adam's step is too. */
  private static final double WEIGHT_TOLERANCE = 1e-4;

  static Stream<Golden> goldens() {
    return Stream.of(Golden.small(), Golden.study());
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void agreesWithPyTorch(Golden golden) {
    var layout = new ParameterLayout(golden.shape());
    var settings =
        new TrainingSettings(golden.seed(), golden.order().batchSize(), golden.learningRate());
    try (var engine = new CpuEngine(golden.shape(), settings, golden.images(), 2)) {
      engine.restore(TrainingState.initial(golden.initialParameters()));
      var betas = new Betas(golden);
      engine.trainEpoch(
          golden.order(), betas, (step, rl, kl, beta) -> check(golden, step, rl, kl, beta, false));
      assertNear("gradient", golden.gradients(), layout, engine.gradients(), GRADIENT_TOLERANCE);
      engine.trainEpoch(
          golden.order().from(1),
          betas,
          (step, rl, kl, beta) -> check(golden, step, rl, kl, beta, true));
      TrainingState state = engine.state();
      assertEquals(golden.steps().size(), state.step());
      assertNear("weights", golden.weights(), layout, state.parameters(), WEIGHT_TOLERANCE);
    }
  }

  private static boolean check(
      Golden golden, long step, float rl, float kl, float beta, boolean goOn) {
    Golden.Step expected = golden.steps().get((int) step);
    assertEquals(expected.rl(), rl, 1e-5 * expected.rl(), "RL of step " + step);
    assertEquals(expected.kl(), kl, 1e-5 * Math.max(0.1, expected.kl()), "KL of step " + step);
    assertEquals((float) expected.beta(), beta);
    return goOn;
  }

  private static void assertNear(
      String what,
      Map<String, Golden.Summary> expected,
      ParameterLayout layout,
      float[] actual,
      double tolerance) {
    assertEquals(layout.tensors().size(), expected.size());
    double[] flat = ReferenceVae.toDouble(actual);
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      Golden.Summary summary = expected.get(tensor.name());
      RelativeNorm.assertNear(
          what + " " + tensor.name(),
          summary.values(),
          summary.pick(flat, tensor.offset()),
          tolerance);
    }
  }

  /** The betas that PyTorch was given. */
  private static final class Betas implements BetaController {
    private final Golden golden;
    private int step;

    private Betas(Golden golden) {
      this.golden = golden;
    }

    @Override
    public double next(double klPerImage) {
      return golden.steps().get(step++).beta();
    }

    @Override
    public State state() {
      return State.INITIAL;
    }

    @Override
    public void restore(State state) {
      throw new UnsupportedOperationException();
    }
  }
}
