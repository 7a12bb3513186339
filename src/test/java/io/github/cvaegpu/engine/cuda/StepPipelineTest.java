// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ForgetfulController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.StepSink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What keeps steps ahead, against a GPU that is a queue in Java. */
@Timeout(60)
class StepPipelineTest {
  private static final int BATCH = FakeGpu.BATCH;
  private static final StepSink GO_ON = (step, rl, kl, beta) -> true;

  private final FakeGpu gpu = new FakeGpu();

  private static BatchOrder batches(int count) {
    return BatchOrder.shuffled(1, 0, BATCH * count, BATCH);
  }

  private StepPipeline pipeline(int stepsAhead) {
    return new StepPipeline(gpu, gpu, new EpochPoller(), stepsAhead);
  }

  private StepSink writesDown(StepSink then) {
    return (step, rl, kl, beta) -> {
      gpu.events.add("report " + step);
      return then.accept(step, rl, kl, beta);
    };
  }

  /** Gives 0.5 more each time; refuses what no controller has an answer to. */
  private static final class Asked extends ForgetfulController {
    final List<Double> told = new ArrayList<>();

    @Override
    public double next(StepFeedback last) {
      assertTrue(last.isFinite(), "asked about " + last);
      told.add(last.kl());
      return 0.5 * told.size();
    }
  }

  @Test
  void stepsAreKeptAheadAndAnsweredBeforeTheyAreReported() {
    StepPipeline.Epoch epoch = pipeline(2).epoch(batches(4), new Asked(), writesDown(GO_ON));
    assertFalse(epoch.poll());
    assertEquals(List.of("beta 0", "launch 0", "launch 1"), drained());
    assertFalse(epoch.poll(), "nothing was told yet");
    assertEquals(List.of(), drained());
    assertTrue(gpu.work());
    assertFalse(gpu.work(), "step 1 has no beta yet");
    assertTrue(epoch.poll());
    assertEquals(List.of("beta 1", "report 0"), drained());
    assertTrue(gpu.work());
    assertTrue(epoch.poll());
    // Step 2 is launched, then answered, then is step 1 reported.
    assertEquals(List.of("launch 2", "beta 2", "report 1"), drained());
    assertTrue(gpu.work());
    assertTrue(epoch.poll());
    assertEquals(List.of("launch 3", "beta 3", "report 2"), drained());
    assertFalse(epoch.isOver());
    assertTrue(gpu.work());
    assertTrue(epoch.poll());
    assertEquals(List.of("report 3"), drained());
    assertTrue(epoch.isOver());
    assertFalse(epoch.poll());
    assertEquals(List.of(), drained());
    assertEquals(4, epoch.steps());
    assertEquals(2, gpu.mostUnderWay);
  }

  /**
   * A launch of several steps is made when there is room for all of them; what is left is single.
   */
  @Test
  void severalStepsAreLaunchedAtOnce() {
    gpu.stepsALaunch = 3;
    // Seven whole batches and one of two images; the first has been done.
    BatchOrder order = BatchOrder.shuffled(1, 0, 7 * BATCH + 2, BATCH).from(1);
    StepPipeline pipeline = pipeline(5);
    pipeline.restore(new StepFeedback(1, 0, 10));
    StepPipeline.Epoch epoch = pipeline.epoch(order, new Asked(), writesDown(GO_ON));
    assertFalse(epoch.poll());
    assertEquals(List.of("beta 1", "launch 1 to 3"), drained());
    assertTrue(gpu.work());
    assertTrue(epoch.poll());
    assertEquals(List.of("beta 2", "report 1"), drained());
    assertFalse(epoch.poll());
    assertEquals(List.of("launch 4 to 6"), drained());
    while (!epoch.isOver()) {
      gpu.work();
      epoch.poll();
    }
    assertEquals(
        List.of(
            "beta 3", "report 2", "beta 4", "report 3", "beta 5", "report 4", "beta 6", "report 5"),
        drained().stream().filter(event -> !event.startsWith("launch")).limit(8).toList());
    assertEquals(7, epoch.steps());
    assertEquals(5, gpu.mostUnderWay);
  }

  @Test
  void whatIsLeftOfAnEpochIsLaunchedOneByOne() {
    gpu.isFast = true;
    gpu.stepsALaunch = 3;
    BatchOrder order = BatchOrder.shuffled(1, 0, 5 * BATCH + 2, BATCH);
    assertEquals(6, pipeline(6).epoch(order, new Asked(), GO_ON).run());
    assertEquals(
        List.of("launch 0 to 2", "launch 3", "launch 4", "launch 5 of 2"),
        drained().stream().filter(event -> event.startsWith("launch")).toList());
  }

  @Test
  void noLaunchIsLargerThanWhatMayBeUnderWay() {
    gpu.stepsALaunch = 3;
    assertThrows(IllegalArgumentException.class, () -> pipeline(2));
  }

  private List<String> drained() {
    List<String> events = List.copyOf(gpu.events);
    gpu.events.clear();
    return events;
  }

  /** What is not under way waits for no answer, so the sink comes first: it may say to stop. */
  @Test
  void aStepThatIsNotUnderWayIsAnsweredAfterTheReport() {
    gpu.isFast = true;
    assertEquals(2, pipeline(1).epoch(batches(2), new Asked(), writesDown(GO_ON)).run());
    assertEquals(
        List.of("beta 0", "launch 0", "report 0", "beta 1", "launch 1", "report 1"), gpu.events);
  }

  @Test
  void eachStepIsReportedWithWhatItWasGivenAndTold() {
    gpu.isFast = true;
    for (int stepsAhead : new int[] {1, 2, 3, 8, 100}) {
      gpu.kls.clear();
      gpu.betas.clear();
      var asked = new Asked();
      StepPipeline pipeline = pipeline(stepsAhead);
      pipeline.restore(new StepFeedback(1000, 0, 42));
      List<String> reported = new ArrayList<>();
      // Three batches of the epoch have been done: a whole one is left, and one of two images.
      BatchOrder order = BatchOrder.shuffled(1, 0, 18, BATCH).from(3);
      int done =
          pipeline
              .epoch(
                  order,
                  asked,
                  (step, rl, kl, beta) -> reported.add(step + " " + rl + " " + kl + " " + beta))
              .run();
      assertEquals(2, done);
      assertEquals(List.of("1000 1100.0 1010.0 0.5", "1001 1101.0 1011.0 1.0"), reported);
      assertEquals(List.of(42.0, 1010.0), asked.told);
      assertEquals(1002, pipeline.last().step());
      assertEquals(1011, pipeline.last().kl());
      assertTrue(gpu.events.contains("launch 1001 of 2"), gpu.events.toString());
    }
  }

  @Test
  void anEpochThatHasBeenDoneAsksNobody() {
    StepPipeline.Epoch epoch = pipeline(3).epoch(batches(2).from(2), new Asked(), GO_ON);
    assertTrue(epoch.isOver());
    assertEquals(0, epoch.run());
    assertEquals(List.of(), gpu.events);
  }

  /** A stop, and a loss that is not finite, end the epoch after the steps already under way. */
  @Test
  void aStopLetsWhatIsUnderWayEnd() {
    gpu.isFast = true;
    StepPipeline pipeline = pipeline(3);
    var asked = new Asked();
    StepSink stops = writesDown((step, rl, kl, beta) -> step != 1);
    assertEquals(4, pipeline.epoch(batches(9), asked, stops).run());
    assertEquals(4, pipeline.last().step());
    assertEquals(13, pipeline.last().kl());
    assertEquals(4, asked.told.size());
    assertTrue(gpu.underWay.isEmpty());
    // The next epoch goes on from there.
    assertEquals(5, pipeline.epoch(batches(9).from(4), asked, writesDown(GO_ON)).run());
    assertEquals(9, pipeline.last().step());
  }

  @Test
  void aStepWhoseLossIsNotFiniteEndsTheEpoch() {
    gpu.isFast = true;
    for (double broken : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      for (boolean isKl : new boolean[] {true, false}) {
        gpu.kl = step -> isKl && step == 2 ? broken : 10 + step;
        gpu.rl = step -> !isKl && step == 2 ? broken : 100 + step;
        gpu.kls.clear();
        gpu.betas.clear();
        StepPipeline pipeline = pipeline(3);
        var asked = new Asked();
        List<Float> betas = new ArrayList<>();
        int done = pipeline.epoch(batches(9), asked, (step, rl, kl, beta) -> betas.add(beta)).run();
        assertEquals(5, done);
        // Of losses that are not finite no controller is asked; the step under way gets 0.
        assertEquals(List.of(0.5f, 1f, 1.5f, 0f, 2f), betas);
        assertEquals(4, asked.told.size());
        assertEquals(5, pipeline.last().step());
        assertTrue(pipeline.failure().isEmpty());
      }
    }
  }

  @Test
  void nothingIsTrainedFromADivergedState() {
    StepPipeline pipeline = pipeline(3);
    pipeline.restore(new StepFeedback(5, 100, Double.NaN));
    assertEquals(0, pipeline.epoch(batches(9), new Asked(), GO_ON).run());
    assertEquals(List.of(), gpu.events);
    pipeline.restore(new StepFeedback(5, 100, 1));
    gpu.isFast = true;
    assertEquals(9, pipeline.epoch(batches(9), new Asked(), GO_ON).run());
  }

  @Test
  void aSinkThatThrowsLeavesAStateToGoOnFrom() {
    gpu.isFast = true;
    StepPipeline pipeline = pipeline(3);
    StepSink sink =
        (step, rl, kl, beta) -> {
          if (step == 1) {
            throw new IllegalStateException("disk full");
          }
          return true;
        };
    StepPipeline.Epoch epoch = pipeline.epoch(batches(9), new Asked(), sink);
    var failure = assertThrows(IllegalStateException.class, epoch::run);
    assertEquals("disk full", failure.getMessage());
    assertEquals(0, failure.getSuppressed().length);
    assertTrue(epoch.isOver());
    assertTrue(gpu.underWay.isEmpty());
    // Steps 2 and 3 were under way; nobody knows their losses but the parameters have seen them.
    assertEquals(4, pipeline.last().step());
    assertEquals(13, pipeline.last().kl());
    assertTrue(pipeline.failure().isEmpty());
    assertEquals(5, pipeline.epoch(batches(9).from(4), new Asked(), GO_ON).run());
  }

  @Test
  void aControllerThatThrowsLeavesAStateToGoOnFrom() {
    gpu.isFast = true;
    for (int stepsAhead : new int[] {1, 3}) {
      for (int answers : new int[] {0, 1, 4, 8}) {
        gpu.kls.clear();
        gpu.betas.clear();
        StepPipeline pipeline = pipeline(stepsAhead);
        var controller = new ThrowsAfter(answers);
        assertThrows(
            IllegalArgumentException.class,
            () -> pipeline.epoch(batches(9), controller, GO_ON).run());
        assertTrue(gpu.underWay.isEmpty());
        // Before the first answer nothing is launched.
        int launched = gpu.kls.size();
        assertEquals(answers == 0 ? 0 : Math.min(9, answers + stepsAhead - 1), launched);
        assertEquals(launched, pipeline.last().step());
        assertEquals(launched == 0 ? 0 : 9 + launched, pipeline.last().kl());
        assertEquals(
            9 - launched,
            pipeline.epoch(batches(9).from(launched), new ConstantRule(1).start(), GO_ON).run());
      }
    }
  }

  private static final class ThrowsAfter extends ForgetfulController {
    private int answers;

    ThrowsAfter(int answers) {
      this.answers = answers;
    }

    @Override
    public double next(StepFeedback last) {
      if (answers-- == 0) {
        throw new IllegalArgumentException("no answer");
      }
      return 1;
    }
  }

  @Test
  void aGpuThatIsLostWhileASinksFailureIsDealtWithIsAddedToIt() {
    gpu.isFast = true;
    StepPipeline pipeline = pipeline(3);
    StepSink sink =
        (step, rl, kl, beta) -> {
          gpu.isLost = true;
          throw new IllegalStateException("disk full");
        };
    var failure =
        assertThrows(
            IllegalStateException.class, () -> pipeline.epoch(batches(9), new Asked(), sink).run());
    assertEquals("The GPU is lost.", failure.getSuppressed()[0].getMessage());
    assertSame(failure.getSuppressed()[0], pipeline.failure().orElseThrow());
  }

  @Test
  void aGpuThatFailsIsFoundWhileItIsWaitedFor() {
    StepPipeline pipeline = pipeline(3);
    gpu.isLost = true;
    StepPipeline.Epoch epoch = pipeline.epoch(batches(9), new Asked(), GO_ON);
    var failure = assertThrows(EngineException.class, epoch::run);
    assertEquals("The GPU is lost.", failure.getMessage());
    assertSame(failure, pipeline.failure().orElseThrow());
    assertTrue(epoch.isOver());
    // Nothing that may still be under way is left to wait.
    assertEquals(
        List.of("beta 0", "launch 0", "launch 1", "launch 2", "beta 1", "beta 2"), gpu.events);
  }

  @Test
  void aStepThatEndsWithoutItsLossesIsAFailure() {
    StepPipeline pipeline = pipeline(2);
    StepPipeline.Epoch epoch = pipeline.epoch(batches(9), new Asked(), GO_ON);
    assertFalse(epoch.poll());
    gpu.underWay.clear();
    var failure = assertThrows(EngineException.class, epoch::run);
    assertEquals(
        "The GPU ended step 1 without telling its losses; please report this.",
        failure.getMessage());
    assertSame(failure, pipeline.failure().orElseThrow());
  }

  @Test
  void aGpuThatGotNoBetaInTimeIsAFailure() {
    gpu.isFast = true;
    StepPipeline pipeline = pipeline(2);
    StepSink sink =
        (step, rl, kl, beta) -> {
          gpu.gaveUp = step == 1;
          return true;
        };
    StepPipeline.Epoch epoch = pipeline.epoch(batches(9), new Asked(), sink);
    var failure = assertThrows(EngineException.class, epoch::run);
    assertEquals(
        "The GPU got no beta from the program for 7 s and gave up at step 3: was the program"
            + " stopped for longer?",
        failure.getMessage());
    assertSame(failure, pipeline.failure().orElseThrow());
    assertEquals(2, pipeline.last().step());
  }

  /** While another model's steps are timed none is launched; that is no fault of the GPU's. */
  @Test
  void noStepIsLaunchedOnAGpuThatIsTaken() {
    StepPipeline.Epoch epoch = pipeline(2).epoch(batches(4), new Asked(), GO_ON);
    assertFalse(epoch.poll());
    gpu.isTaken = true;
    gpu.events.clear();
    for (int step = 0; step < 2; step++) {
      assertTrue(gpu.work());
      assertTrue(epoch.poll());
    }
    assertFalse(epoch.poll());
    epoch.requireAlive();
    assertEquals(List.of("beta 1", "beta 2"), drained());
    gpu.isTaken = false;
    gpu.isFast = true;
    assertEquals(4, epoch.run());
    assertEquals("launch 2", gpu.events.getFirst());
  }

  /** Which of two models' steps come when changes neither's. */
  @Test
  void oneThreadDrivesTwoModelsInTurn() {
    List<String> alone = new ArrayList<>();
    gpu.isFast = true;
    pipeline(3).epoch(batches(20), new Asked(), noting(alone)).run();

    var slow = new FakeGpu();
    var fast = new FakeGpu();
    List<String> slowly = new ArrayList<>();
    List<String> quickly = new ArrayList<>();
    var poller = new EpochPoller();
    StepPipeline.Epoch first =
        new StepPipeline(slow, slow, poller, 3).epoch(batches(20), new Asked(), noting(slowly));
    StepPipeline.Epoch second =
        new StepPipeline(fast, fast, poller, 5).epoch(batches(20), new Asked(), noting(quickly));
    int stepsOfFirst = -1;
    for (int turn = 0; !first.isOver() || !second.isOver(); turn++) {
      first.poll();
      second.poll();
      fast.work();
      if (turn % 3 == 0) {
        slow.work();
      }
      if (second.isOver() && stepsOfFirst < 0) {
        stepsOfFirst = first.steps();
      }
    }
    // They were under way together, and neither waited for the other.
    assertTrue(stepsOfFirst > 3 && stepsOfFirst < 10, stepsOfFirst + " steps");
    assertEquals(alone, slowly);
    assertEquals(alone, quickly);
    assertArrayEquals(new int[] {3, 5}, new int[] {slow.mostUnderWay, fast.mostUnderWay});
  }

  private static StepSink noting(List<String> steps) {
    return (step, rl, kl, beta) -> steps.add(step + " " + rl + " " + kl + " " + beta);
  }
}
