// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import java.util.ArrayList;
import java.util.List;

/** How fast an engine trains, by the clock on the wall, epoch by epoch. */
public final class EngineBenchmark {
  /**
   * What was measured.
   *
   * @param engine what computed
   * @param kl KL divergence of the last step, nats per image: a sign that it was training
   * @param training images per second, an entry an epoch
   * @param microsecondsAStep the same per step of a whole batch
   */
  public record Result(
      EngineInfo engine, double kl, List<Double> training, List<Double> microsecondsAStep) {}

  private EngineBenchmark() {}

  /**
   * Measures.
   *
   * @param trainee to be trained, from initial weights
   * @param settings that it was made with
   * @param images how many images an epoch has
   * @param controller asked for beta before each step, as in training
   * @param rounds epochs measured
   * @param warmUp epochs before
   * @param listener told of progress, outside the times measured
   * @throws LossNotFiniteException if training diverges
   */
  public static Result run(
      Trainee trainee,
      TrainingSettings settings,
      int images,
      BetaController controller,
      int rounds,
      int warmUp,
      BenchmarkListener listener) {
    trainee.restore(settings.initialState(trainee.shape()));
    List<Double> training = new ArrayList<>();
    List<Double> microseconds = new ArrayList<>();
    for (int epoch = 0; epoch < warmUp + rounds; epoch++) {
      listener.begins(epoch + 1, warmUp + rounds);
      BatchOrder order = BatchOrder.shuffled(settings.seed(), epoch, images, settings.batchSize());
      // The clock stops at the last step's losses, when a GPU has yet to update the parameters; it
      // does so on the next epoch's clock, as that begins with an idle GPU.
      long start = System.nanoTime();
      int steps = trainee.trainEpoch(order, controller, (step, rl, kl, beta) -> true);
      double seconds = (System.nanoTime() - start) / 1e9;
      if (steps < order.batches()) {
        throw new LossNotFiniteException("The benchmark");
      }
      if (epoch >= warmUp) {
        training.add(images / seconds);
        microseconds.add(1e6 * seconds * settings.batchSize() / images);
      }
    }
    return new Result(trainee.info(), (float) trainee.state().last().kl(), training, microseconds);
  }
}
