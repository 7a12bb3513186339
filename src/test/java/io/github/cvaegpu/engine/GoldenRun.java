// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.control.ForgetfulController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.Map;
import java.util.function.Supplier;

/** An engine against PyTorch: losses, gradients of the first step, weights after five. */
public final class GoldenRun {
  private static final double GRADIENT_TOLERANCE = 1e-5;

  /** Of weights after five steps of 0.001: where a gradient is all rounding, Adam's step is too. */
  private static final double WEIGHT_TOLERANCE = 1e-4;

  private final Golden golden;
  private final ParameterLayout layout;
  private final Betas betas;

  private GoldenRun(Golden golden) {
    this.golden = golden;
    layout = new ParameterLayout(golden.shape());
    betas = new Betas(golden);
  }

  /** How to train. */
  public static TrainingSettings settings(Golden golden) {
    return new TrainingSettings(
        Objective.study(), golden.seed(), golden.order().batchSize(), golden.learningRate());
  }

  /**
   * Has an engine follow PyTorch.
   *
   * @param engine made for the golden run's shape, settings and images; stops as soon as it is told
   * @param gradients those of its last step
   */
  public static void assertFollows(Golden golden, Trainee engine, Supplier<float[]> gradients) {
    var run = new GoldenRun(golden);
    engine.restore(TrainingState.initial(golden.initialParameters()));
    engine.trainEpoch(
        golden.order(), run.betas, (step, rl, kl, beta) -> run.check(step, rl, kl, beta, false));
    run.assertNear("gradient", golden.gradients(), gradients.get(), GRADIENT_TOLERANCE);
    engine.trainEpoch(
        golden.order().from(1),
        run.betas,
        (step, rl, kl, beta) -> run.check(step, rl, kl, beta, true));
    TrainingState state = engine.state();
    assertEquals(golden.steps().size(), state.step());
    run.assertNear("weights", golden.weights(), state.parameters(), WEIGHT_TOLERANCE);
  }

  private boolean check(long step, float rl, float kl, float beta, boolean goOn) {
    Golden.Step expected = golden.steps().get((int) step);
    assertEquals(expected.rl(), rl, 1e-5 * expected.rl(), "RL of step " + step);
    assertEquals(expected.kl(), kl, 1e-5 * Math.max(0.1, expected.kl()), "KL of step " + step);
    assertEquals((float) expected.beta(), beta);
    return goOn;
  }

  private void assertNear(
      String what, Map<String, Golden.Summary> expected, float[] actual, double tolerance) {
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
  private static final class Betas extends ForgetfulController {
    private final Golden golden;
    private int step;

    private Betas(Golden golden) {
      this.golden = golden;
    }

    @Override
    public double next(StepFeedback last) {
      return golden.steps().get(step++).beta();
    }
  }
}
