// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.fuzz.Damage.require;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.CpuLibrary;
import io.github.cvaegpu.fuzz.Damage;
import io.github.cvaegpu.fuzz.Fuzzing;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever is asked for: three steps of the native code, or a refusal before it is called. It never
 * ends the process and never writes beyond a buffer.
 *
 * <p>Some hundreds of plans as a rule; ten thousand by {@code -Dcvaegpu.fuzz.count=10000}.
 */
class NativePlanFuzzTest {
  private static final int STEPS = 3;
  private static final List<Integer> BAD_SIZES =
      List.of(0, -1, VaeShape.MAX_WIDTH + 1, Integer.MAX_VALUE, Integer.MIN_VALUE);
  private static final List<Double> RATES =
      List.of(1e-4, 1e-3, 1.0, 1e30, 1e308, Double.MIN_VALUE, 1e-45);
  private static final List<Double> BAD_RATES =
      List.of(0.0, -1e-3, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
  private static final List<Double> BETAS =
      List.of(0.0, 1.0, 0.01, 1e4, 1e30, 1e38, 1e308, -1.0, Double.MIN_VALUE, Double.NaN);

  private static final List<Objective> OBJECTIVES =
      Stream.concat(
              Objective.ALL.stream(),
              Stream.of(Sigma.of(Sigma.LEAST), Sigma.of(Sigma.LARGEST), Sigma.LEARNED)
                  .map(Objective::gaussian))
          .toList();

  /** A beta that no rule gives as well. */
  private record AnyBeta(double beta) implements BetaController {
    @Override
    public double next(StepFeedback last) {
      return beta;
    }

    @Override
    public ControllerMemory memory() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void restore(ControllerMemory memory) {
      throw new UnsupportedOperationException();
    }
  }

  /** What is asked for, good or not. */
  private record Plan(
      int height,
      int width,
      List<Integer> hidden,
      int latent,
      Activation activation,
      Objective objective,
      int images,
      int batch,
      int threads,
      double rate,
      double beta,
      float weight,
      long seed) {
    static Plan draw(Damage damage) {
      var random = damage.random();
      List<Integer> hidden = new ArrayList<>();
      for (int i = damage.oneIn(60) ? 0 : random.nextInt(1, damage.oneIn(20) ? 30 : 4);
          i > 0;
          i--) {
        hidden.add(damage.oneIn(60) ? damage.pick(BAD_SIZES) : random.nextInt(1, 40));
      }
      int images = random.nextInt(1, 80);
      int batch = random.nextInt(1, images + 1);
      if (damage.oneIn(15)) {
        batch = damage.pick(List.of(0, -1, images + 1, 100_000, Integer.MAX_VALUE));
      }
      var plan =
          new Plan(
              random.nextInt(1, 9),
              random.nextInt(1, 9),
              hidden,
              damage.oneIn(60) ? damage.pick(BAD_SIZES) : random.nextInt(1, 12),
              damage.pick(List.of(Activation.values())),
              damage.pick(OBJECTIVES),
              images,
              batch,
              damage.oneIn(60) ? damage.pick(BAD_SIZES) : random.nextInt(1, 4),
              damage.pick(damage.oneIn(20) ? BAD_RATES : RATES),
              damage.pick(BETAS),
              damage.oneIn(8) ? damage.pick(List.of(1e20f, Float.NaN, 3e38f, 1e-40f)) : 1,
              random.nextLong());
      damage.note(plan);
      return plan;
    }

    /** Whether every size is one, and the batch can be had from the images. */
    boolean isValid() {
      return !hidden.isEmpty()
          && hidden.stream().allMatch(size -> size >= 1 && size <= VaeShape.MAX_WIDTH)
          && latent >= 1
          && latent <= VaeShape.MAX_LATENT
          && batch >= 1
          && batch <= images
          && threads >= 1
          && threads <= CpuAccelerator.MAX_THREADS
          && rate > 0
          && !Double.isInfinite(rate);
    }
  }

  @Test
  void trainsOrRefuses() throws Exception {
    CpuLibraries.Found found = CpuLibraries.get();
    assumeTrue(found.library().isPresent(), found.problem());
    CpuLibrary library = found.library().get();
    new Fuzzing("native plans", 400)
        .allowing(256)
        .run(
            damage -> {
              Plan plan = Plan.draw(damage);
              boolean trained =
                  damage.reading(
                      () -> {
                        try {
                          train(library, plan);
                          return true;
                        } catch (InputException | IllegalArgumentException | EngineException e) {
                          return false;
                        }
                      });
              require(
                  trained == plan.isValid(),
                  trained ? "a plan that cannot be is trained" : "a plan that can be is refused",
                  plan);
            });
  }

  private static void train(CpuLibrary library, Plan plan) {
    var shape = new VaeShape(plan.height * plan.width, plan.hidden, plan.latent, plan.activation);
    ImageSet grey = RandomImages.of(plan.images, plan.height, plan.width, 0.4, plan.seed);
    ImageSet images = plan.objective.targets().isDrawn() ? Binarization.standard(grey) : grey;
    var settings = new TrainingSettings(plan.objective, plan.seed, plan.batch, plan.rate);
    float[] parameters = InitialWeights.draw(new ParameterLayout(shape, plan.objective), plan.seed);
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] *= plan.weight;
    }
    try (var engine = new CpuAccelerator(plan.threads, library);
        var trainee = (NativeTrainee) engine.trainee(shape, settings, images)) {
      trainee.restore(TrainingState.initial(parameters));
      int done = 0;
      for (int epoch = 0; done < STEPS; epoch++) {
        int before = done;
        BatchOrder order = BatchOrder.shuffled(plan.seed, epoch, plan.images, plan.batch);
        int[] left = {STEPS - done};
        done +=
            trainee.trainEpoch(
                order, new AnyBeta(plan.beta), (step, rl, kl, beta) -> --left[0] > 0);
        if (done == before) {
          // It has diverged.
          break;
        }
      }
      TrainingState state = trainee.state();
      require(state.step() == done, "steps that are not counted", state.step());
      require(
          done == STEPS || !state.last().isFinite(), "an end before the third step", state.last());
      require(library.isIntact(trainee.model()), "something is written beyond a buffer", plan);
    }
  }
}
