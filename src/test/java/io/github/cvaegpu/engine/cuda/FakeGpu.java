// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.engine.EngineException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.LongToDoubleFunction;

/**
 * A GPU that is a queue in Java: does a step when it is told to, if the step has its beta; writes
 * down what happens.
 */
final class FakeGpu implements StepExchange, StepLauncher {
  /** Images of a whole batch. */
  static final int BATCH = 4;

  final List<String> events = new ArrayList<>();
  final Queue<Long> underWay = new ArrayDeque<>();
  final Map<Long, Float> betas = new HashMap<>();
  final Map<Long, Float> kls = new HashMap<>();
  LongToDoubleFunction kl = step -> 10 + step;
  LongToDoubleFunction rl = step -> 100 + step;

  /** Whether it does what it can as soon as the host looks. */
  boolean isFast;

  boolean isLost;

  /** Whether it is another's for a while. */
  volatile boolean isTaken;

  boolean gaveUp;
  int mostUnderWay;

  int stepsALaunch = 1;

  @Override
  public int stepsALaunch() {
    return stepsALaunch;
  }

  @Override
  public boolean mayLaunch() {
    return !isTaken;
  }

  @Override
  public void launch(long step, int rows, int count) {
    assertTrue(count == 1 || (count == stepsALaunch && rows == BATCH), count + " steps");
    events.add(
        "launch "
            + step
            + (count == 1 ? "" : " to " + (step + count - 1))
            + (rows == BATCH ? "" : " of " + rows));
    for (int i = 0; i < count; i++) {
      underWay.add(step + i);
    }
    mostUnderWay = Math.max(mostUnderWay, underWay.size());
  }

  /** Does the next step, if there is one and it has its beta. */
  boolean work() {
    Long step = underWay.peek();
    if (step == null || !betas.containsKey(step)) {
      return false;
    }
    underWay.remove();
    kls.put(step, (float) kl.applyAsDouble(step));
    return true;
  }

  @Override
  public boolean isDone() {
    if (isLost) {
      throw new EngineException("The GPU is lost.");
    }
    return underWay.isEmpty();
  }

  @Override
  public void synchronize() {
    if (isLost) {
      throw new EngineException("The GPU is lost.");
    }
    while (work()) {}
    assertTrue(underWay.isEmpty(), "waits for ever for the beta of step " + underWay.peek());
  }

  @Override
  public void putBeta(long step, float beta) {
    events.add("beta " + step);
    betas.put(step, beta);
  }

  @Override
  public boolean hasLosses(long step) {
    if (isFast) {
      work();
    }
    return kls.containsKey(step);
  }

  @Override
  public float reconstructionLoss(long step) {
    return (float) rl.applyAsDouble(step);
  }

  @Override
  public float klDivergence(long step) {
    return kls.get(step);
  }

  @Override
  public boolean hasFailed() {
    return gaveUp;
  }

  @Override
  public Duration patience() {
    return Duration.ofSeconds(7);
  }
}
