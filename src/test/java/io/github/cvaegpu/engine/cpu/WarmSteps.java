// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.control.ConstantBeta;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/**
 * Prints how many bytes a training step allocates once the compiler is through with it; {@link
 * KernelsTest} runs it in a JVM of its own.
 */
final class WarmSteps {
  private static final int BATCH = 128;
  private static final int STEPS = 20;

  private WarmSteps() {}

  /**
   * Trains until an epoch allocates no more than the first argument, in bytes a step, or for as
   * many seconds as the second says, and prints the fewest bytes a step of any epoch.
   */
  public static void main(String[] arguments) {
    long enough = Long.parseLong(arguments[0]);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[1]));
    VaeShape shape = VaeShape.study();
    ImageSet images = RandomImages.of(BATCH * STEPS, 28, 28, 0.2, 1);
    try (var engine =
        new CpuAccelerator(1)
            .trainee(shape, new TrainingSettings(Objective.study(), 1, BATCH, 1e-3), images)) {
      engine.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), 1)));
      BatchOrder order = BatchOrder.shuffled(1, 0, images.size(), BATCH);
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      long best = Long.MAX_VALUE;
      while (best > enough && System.nanoTime() < end) {
        long before = threads.getCurrentThreadAllocatedBytes();
        engine.trainEpoch(order, new ConstantBeta(1), (step, rl, kl, beta) -> true);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        best = Math.min(best, allocated / STEPS);
      }
      System.out.println(best);
    }
  }
}
