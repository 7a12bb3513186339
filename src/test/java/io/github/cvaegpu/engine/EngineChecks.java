// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ConstantBeta;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** What every engine is held to. */
public final class EngineChecks {
  public static final double FLOAT_TOLERANCE = 1e-5;
  public static final long SEED = 42;
  public static final double LEARNING_RATE = 1e-4;

  private EngineChecks() {}

  /** What a step told its sink. */
  public record Reported(long step, float rl, float kl, float beta) {}

  /** Trains one step, and gives what it told. */
  public static List<Reported> oneStep(Engine engine, BatchOrder order, double beta) {
    List<Reported> reported = new ArrayList<>();
    engine.trainEpoch(
        order,
        new ConstantBeta(beta),
        (step, rl, kl, b) -> {
          reported.add(new Reported(step, rl, kl, b));
          return false;
        });
    return reported;
  }

  /** Three steps from the initial weights, each against the reference: losses and every tensor. */
  public static void assertAgreesWithTheReference(
      Engine engine,
      Supplier<float[]> gradients,
      VaeShape shape,
      ImageSet images,
      int batch,
      double beta) {
    var layout = new ParameterLayout(shape);
    float[] initial = InitialWeights.draw(layout, SEED);
    var reference = new ReferenceVae(shape);
    var adam = new ReferenceVae.Adam(LEARNING_RATE, layout.size());
    double[] parameters = ReferenceVae.toDouble(initial);
    BatchOrder order = BatchOrder.shuffled(SEED, 0, images.size(), batch);
    engine.restore(TrainingState.initial(initial));
    for (int step = 0; step < 3; step++) {
      List<Reported> reported = oneStep(engine, order.from(step), beta);
      ReferenceVae.Step expected =
          reference.step(
              parameters,
              ReferenceVae.pixels(images, order, step),
              ReferenceVae.noise(SEED, step, batch, shape.latent()),
              (float) beta);
      adam.update(parameters, expected.gradients());

      assertEquals(1, reported.size());
      assertEquals(step, reported.getFirst().step());
      assertEquals((float) beta, reported.getFirst().beta());
      assertRelative("RL", expected.reconstructionLoss(), reported.getFirst().rl());
      assertRelative("KL", expected.klDivergence(), reported.getFirst().kl());
      // Later steps start from parameters that already differ by rounding, and Adam makes as much
      // of a gradient that is all rounding as of any other.
      double tolerance = step == 0 ? FLOAT_TOLERANCE : 10 * FLOAT_TOLERANCE;
      String after = " of step " + step;
      TrainingState state = engine.state();
      assertEquals(step + 1, state.step());
      RelativeNorm.assertNear(
          "gradient" + after, layout, expected.gradients(), gradients.get(), tolerance);
      RelativeNorm.assertNear(
          "parameters" + after, layout, parameters, state.parameters(), tolerance);
      RelativeNorm.assertNear(
          "first moment" + after, layout, adam.firstMoment(), state.firstMoment(), tolerance);
      RelativeNorm.assertNear(
          "second moment" + after, layout, adam.secondMoment(), state.secondMoment(), tolerance);
    }
  }

  /**
   * A parameter that is no number makes the step's loss none, wherever it is: a ReLU that gave 0
   * for it would let a diverged network train on.
   */
  public static void assertTellsOfNaN(Engine engine, BatchOrder order, ParameterLayout layout) {
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      float[] broken = InitialWeights.draw(layout, SEED);
      Arrays.fill(broken, tensor.offset(), tensor.offset() + tensor.size(), Float.NaN);
      engine.restore(TrainingState.initial(broken));
      assertTrue(Float.isNaN(oneStep(engine, order, 1).getFirst().rl()), tensor.name());
    }
  }

  /**
   * A diverged run ends in an orderly way, at a loss that is NaN and at one that is infinite: the
   * sink is told, the controller is never asked with such a KL divergence, nothing is thrown, no
   * step is done from what is left, and a good state makes the engine good again.
   *
   * @param stepsAhead steps that may be under way when a loss is told
   */
  public static void assertEndsWhereALossIsNotFinite(
      Engine engine, BatchOrder order, ParameterLayout layout, int stepsAhead) {
    float[] good = InitialWeights.draw(layout, SEED);
    for (float bad : new float[] {Float.NaN, 1e38f}) {
      float[] broken = good.clone();
      Arrays.fill(broken, bad);
      List<Reported> reported = new ArrayList<>();
      engine.restore(TrainingState.initial(broken));
      int done = engine.trainEpoch(order, new FiniteKlOnly(), collect(reported));
      assertEquals(done, reported.size());
      assertTrue(done <= stepsAhead && done < order.batches(), bad + ": " + done + " steps");
      Reported first = reported.getFirst();
      assertFalse(Float.isFinite(first.rl()) && Float.isFinite(first.kl()), first.toString());
      assertEquals(done, engine.state().step());
    }
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      TrainingState whole = TrainingState.initial(good);
      engine.restore(
          new TrainingState(
              whole.parameters(),
              whole.firstMoment(),
              whole.secondMoment(),
              new StepFeedback(3, 100, bad)));
      List<Reported> reported = new ArrayList<>();
      assertEquals(0, engine.trainEpoch(order.from(3), new FiniteKlOnly(), collect(reported)));
      assertEquals(List.of(), reported);
      assertEquals(3, engine.state().step());
    }
    engine.restore(TrainingState.initial(good));
    List<Reported> reported = new ArrayList<>();
    assertEquals(order.batches(), engine.trainEpoch(order, new FiniteKlOnly(), collect(reported)));
    assertTrue(Float.isFinite(reported.getLast().rl()), reported.getLast().toString());
  }

  private static StepSink collect(List<Reported> reported) {
    return (step, rl, kl, beta) -> reported.add(new Reported(step, rl, kl, beta));
  }

  /** Beta is 1, and a KL divergence that is not finite an error. */
  private static final class FiniteKlOnly implements BetaController {
    private final BetaController one = new ConstantBeta(1);

    @Override
    public double next(StepFeedback last) {
      if (!last.isFinite()) {
        throw new IllegalArgumentException(last.toString());
      }
      return one.next(last);
    }

    @Override
    public ControllerMemory memory() {
      return one.memory();
    }

    @Override
    public void restore(ControllerMemory memory) {
      one.restore(memory);
    }
  }

  /** What is restored is there, and what does not fit is refused. */
  public static void assertRestores(Engine engine, ParameterLayout layout) {
    var state =
        new TrainingState(
            InitialWeights.draw(layout, 1),
            InitialWeights.draw(layout, 2),
            InitialWeights.draw(layout, 3),
            new StepFeedback(17, 123.25, 4.5));
    engine.restore(state);
    TrainingState again = engine.state();
    assertSameBits(state, again);
    assertEquals(new StepFeedback(17, 123.25, 4.5), again.last());
    assertThrows(
        IllegalArgumentException.class,
        () -> engine.restore(TrainingState.initial(new float[layout.size() + 1])));
  }

  public static void assertSameBits(TrainingState expected, TrainingState actual) {
    assertArrayEquals(expected.parameters(), actual.parameters());
    assertArrayEquals(expected.firstMoment(), actual.firstMoment());
    assertArrayEquals(expected.secondMoment(), actual.secondMoment());
    assertEquals(expected.last(), actual.last());
  }

  /** Of a loss: relative, but for one near 0. */
  public static void assertRelative(String what, double expected, float actual) {
    assertEquals(expected, actual, FLOAT_TOLERANCE * Math.max(1e-2, Math.abs(expected)), what);
  }
}
