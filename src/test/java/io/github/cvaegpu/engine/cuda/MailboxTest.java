// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.emulator.Emulator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import jcuda.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** mailbox.cu and the host's side of it. */
@ExtendWith(OnGpu.Checked.class)
@Timeout(60)
class MailboxTest {
  private static final CudaSource.Struct STATE = CudaSource.of("step.cuh").struct("StepState");
  private static final double LEARNING_RATE = 1e-4;

  /** Fields of struct StepState. */
  private record State(
      long step, int batch, int failed, float beta, float stepSize, float rootScale) {
    static State read(StepState state) {
      ByteBuffer bytes = ByteBuffer.allocate(STATE.bytes()).order(ByteOrder.nativeOrder());
      DeviceMemory.download(state.address(), Pointer.to(bytes.array()), STATE.bytes());
      return new State(
          bytes.getLong(STATE.offset("step")),
          bytes.getInt(STATE.offset("batch")),
          bytes.getInt(STATE.offset("failed")),
          bytes.getFloat(STATE.offset("beta")),
          bytes.getFloat(STATE.offset("step_size")),
          bytes.getFloat(STATE.offset("root_scale")));
    }
  }

  @Test
  void aStepThatWaitsIsToldItsBeta() throws InterruptedException {
    try (var gpu = new Gpu(1);
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30))) {
      var state = new StepState(gpu.memory);
      // Beyond the ring and beyond 32 bits: only the low bits of the tag are compared.
      long step = (1L << 32) + 5 * Mailbox.RING + 3;
      state.set(step, 0);
      mailbox.putBeta(step - Mailbox.RING, 9); // Of an earlier lap, in the same place.
      gpu.kernels.mailbox().stepBegin(gpu.stream, state, mailbox, gpu.rates(LEARNING_RATE));
      Thread.sleep(50);
      assertFalse(gpu.stream.isDone());
      mailbox.putBeta(step, 0.25f);
      gpu.stream.synchronize();
      State after = State.read(state);
      assertEquals(0.25f, after.beta());
      assertEquals(0, after.failed());
      assertFalse(mailbox.hasFailed());
      double t = step + 1;
      assertEquals(LEARNING_RATE / (1 - Math.pow(0.9, t)), after.stepSize(), 1e-11);
      assertEquals(1 / Math.sqrt(1 - Math.pow(0.999, t)), after.rootScale(), 1e-7);
    }
  }

  @Test
  void adamsFactorsAreThoseOfTheFirstSteps() {
    try (var gpu = new Gpu(1);
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30))) {
      var state = new StepState(gpu.memory);
      for (int step : new int[] {0, 1, 2, 10, 1000}) {
        state.set(step, 0);
        mailbox.putBeta(step, 1);
        gpu.kernels.mailbox().stepBegin(gpu.stream, state, mailbox, gpu.rates(LEARNING_RATE));
        gpu.stream.synchronize();
        double t = step + 1;
        State after = State.read(state);
        assertEquals((float) (LEARNING_RATE / (1 - Math.pow(0.9, t))), after.stepSize(), 1e-10);
        float rootScale = (float) (1 / Math.sqrt(1 - Math.pow(0.999, t)));
        assertEquals(rootScale, after.rootScale(), Math.ulp(rootScale));
      }
    }
  }

  @Test
  void theLearningRateIsThatOfTheBatch() {
    double[] rates = {1e-3, 5e-4, 0.25, 7e-5};
    try (var gpu = new Gpu(1);
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30))) {
      var state = new StepState(gpu.memory);
      DevicePointer all = gpu.rates(rates);
      for (int batch = 0; batch < rates.length; batch++) {
        long step = 100L + batch;
        state.set(step, batch);
        mailbox.putBeta(step, 1);
        gpu.kernels.mailbox().stepBegin(gpu.stream, state, mailbox, all);
        gpu.stream.synchronize();
        float expected = (float) (rates[batch] / (1 - Math.pow(0.9, step + 1.0)));
        assertEquals(expected, State.read(state).stepSize(), Math.ulp(expected));
      }
    }
  }

  @Test
  void aStepThatIsNotAnsweredGivesUpAndLetsTheNextPass() {
    try (var gpu = new Gpu(1);
        var mailbox = new Mailbox(gpu.device, Duration.ofMillis(100))) {
      var state = new StepState(gpu.memory);
      state.set(7, 0);
      long start = System.nanoTime();
      gpu.kernels.mailbox().stepBegin(gpu.stream, state, mailbox, gpu.rates(LEARNING_RATE));
      gpu.stream.synchronize();
      long first = System.nanoTime() - start;
      assertTrue(first >= 100_000_000, first + " ns");
      assertTrue(mailbox.hasFailed());
      assertEquals(1, State.read(state).failed());
      gpu.kernels.mailbox().stepBegin(gpu.stream, state, mailbox, gpu.rates(LEARNING_RATE));
      gpu.stream.synchronize();
      assertEquals(0, State.read(state).beta());
    }
  }

  @Test
  void aStepTellsItsMeanLossesAndGoesOn() {
    int rows = 1001;
    try (var gpu = new Gpu(1);
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30))) {
      var state = new StepState(gpu.memory);
      long step = 3 * Mailbox.RING - 1;
      state.set(step, 4);
      float[] loss = gpu.normals(rows);
      float[] kl = gpu.normals(rows);
      assertFalse(mailbox.hasLosses(step));
      gpu.kernels
          .mailbox()
          .stepEnd(gpu.stream, state, gpu.input(loss), gpu.input(kl), rows, mailbox);
      gpu.stream.synchronize();
      assertTrue(mailbox.hasLosses(step));
      assertFalse(mailbox.hasLosses(step - Mailbox.RING));
      assertEquals(mean(loss), mailbox.reconstructionLoss(step), 1e-7);
      assertEquals(mean(kl), mailbox.klDivergence(step), 1e-7);
      assertEquals(step + 1, State.read(state).step());
      assertEquals(5, State.read(state).batch());
    }
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** The driver of a GPU that draws a display ends a kernel that waits for long. */
  @Test
  void theGpuWaitsForLessWhereTheDriverLimitsKernels() {
    assumeFalse(OnGpu.isReal(), "a real GPU has a display or has none");
    Emulator.configure("WATCHDOG", "1");
    try (var gpu = new Gpu(1);
        var patient = new Mailbox(gpu.device, Mailbox.PATIENCE);
        var impatient = new Mailbox(gpu.device, Duration.ofMillis(100))) {
      assertEquals(Duration.ofSeconds(2), patient.patience());
      assertEquals(Duration.ofMillis(100), impatient.patience());
    } finally {
      Emulator.configure("WATCHDOG", "0");
    }
    try (var gpu = new Gpu(1);
        var patient = new Mailbox(gpu.device, Mailbox.PATIENCE)) {
      assertEquals(Mailbox.PATIENCE, patient.patience());
    }
  }
}
