// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ForgetfulController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.StepSink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several models' epochs on one thread, each against a GPU that is a queue in Java. */
@Timeout(60)
class EpochPollerTest {
  private final EpochPoller poller = new EpochPoller();

  /** Threads that are in a controller or a sink now, and the most there have been. */
  private final AtomicInteger within = new AtomicInteger();

  private final Set<Integer> seen = Collections.synchronizedSet(new HashSet<>());

  /** A model on a thread of its own. */
  private final class Model {
    final FakeGpu gpu = new FakeGpu();
    final List<String> steps = new ArrayList<>();
    final int batches;
    final StepSink then;
    Thread thread;
    int done = -1;
    Throwable failure;

    Model(int batches, StepSink then) {
      this.batches = batches;
      this.then = then;
      gpu.isFast = true;
    }

    Model(int batches) {
      this(batches, (step, rl, kl, beta) -> true);
    }

    StepPipeline.Epoch epoch() {
      BatchOrder order = BatchOrder.shuffled(1, 0, FakeGpu.BATCH * batches, FakeGpu.BATCH);
      return new StepPipeline(gpu, gpu, poller, 3).epoch(order, new Doubling(), this::note);
    }

    private boolean note(long step, float rl, float kl, float beta) {
      seen.add(within.incrementAndGet());
      try {
        steps.add(step + " " + rl + " " + kl + " " + beta);
        return then.accept(step, rl, kl, beta);
      } finally {
        within.decrementAndGet();
      }
    }

    Model start() {
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      done = epoch().run();
                    } catch (RuntimeException e) {
                      failure = e;
                    }
                  });
      return this;
    }

    void join() throws InterruptedException {
      thread.join();
    }
  }

  private static final class Doubling extends ForgetfulController {
    @Override
    public double next(StepFeedback last) {
      return 2 * last.kl();
    }
  }

  private List<String> alone(int batches) {
    var model = new Model(batches);
    assertEquals(batches, model.epoch().run());
    return model.steps;
  }

  /** Of other lengths, so that whose thread polls changes on the way. */
  @Test
  void oneThreadAtATimePollsWhateverIsUnderWay() throws InterruptedException {
    for (int turn = 0; turn < 20; turn++) {
      List<Model> models = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        models.add(new Model(50 + 300 * (i % 3) + i).start());
      }
      for (Model model : models) {
        model.join();
        assertEquals(model.batches, model.done);
        assertEquals(alone(model.batches), model.steps);
      }
      assertEquals(Set.of(1), seen);
    }
  }

  /**
   * Where nothing can be done for long, one looks and the others are asleep, until they are not.
   */
  @Test
  void whoWaitsForAnotherThreadIsAsleep() throws InterruptedException {
    List<Model> models = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      var model = new Model(40);
      model.gpu.isTaken = true;
      models.add(model.start());
    }
    while (asleep(models) != 4) {
      Thread.sleep(1);
    }
    // Of those that are awake none ends for lack of losses: nothing is under way.
    Thread.sleep(500);
    assertEquals(4, asleep(models));
    models.getFirst().thread.interrupt();
    models.getLast().thread.interrupt();
    for (Model model : models) {
      model.gpu.isTaken = false;
      model.join();
      assertEquals(40, model.done);
    }
  }

  private static long asleep(List<Model> models) {
    return models.stream()
        .filter(model -> model.thread.getState().equals(Thread.State.WAITING))
        .count();
  }

  /** What a sink throws, or a GPU that is lost to one, ends that epoch alone, on its own thread. */
  @Test
  void aFailureIsItsOwnModels() throws InterruptedException {
    var good = new Model(2000);
    var full =
        new Model(
            2000,
            (step, rl, kl, beta) -> {
              if (step == 500) {
                throw new IllegalStateException("disk full");
              }
              return true;
            });
    var lost = new Model(2000);
    lost.gpu.isFast = false;
    lost.gpu.isLost = true;
    var other = new Model(3000);
    List<Model> models = List.of(full.start(), good.start(), lost.start(), other.start());
    for (Model model : models) {
      model.join();
    }
    assertEquals(alone(2000), good.steps);
    assertEquals(alone(3000), other.steps);
    assertEquals(
        "disk full", assertInstanceOf(IllegalStateException.class, full.failure).getMessage());
    assertEquals(501, full.steps.size());
    assertTrue(full.gpu.underWay.isEmpty(), "what was under way was not waited for");
    assertEquals(
        "The GPU is lost.", assertInstanceOf(EngineException.class, lost.failure).getMessage());
    assertFalse(seen.contains(2));
  }
}
