// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.engine.cpu.CpuBenchmark.Bound;
import io.github.cvaegpu.engine.cpu.CpuBenchmark.PhaseSpeed;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What each phase of a step is said to have to do. */
class StepPhaseTest {
  private static final int BATCH = 128;

  private static StepPhase.Work work(StepPhase phase, VaeShape shape, int batch, double lit) {
    return StepPhase.of(shape, batch, lit).get(List.of(StepPhase.values()).indexOf(phase));
  }

  /** Of every weight three products: forward, and the gradients of the inputs and of itself. */
  @Test
  void theStudysProductsAreThoseOfItsWeights() {
    double flops =
        StepPhase.of(VaeShape.study(), BATCH, 1).stream().mapToDouble(StepPhase.Work::flops).sum();
    long weights = 784 * 400 + 400 * 50 + 50 * 4 + 2 * 50 + 50 * 400 + 400 * 784;
    // The images have no gradient.
    assertEquals(2.0 * BATCH * (3 * weights - 784 * 400), flops);
  }

  @Test
  void ofAFirstLayerOnlyTheLitPixelsCount() {
    VaeShape shape = new VaeShape(100, List.of(10), 3);
    assertEquals(2 * 100 * 10 * 8 * 0.25, work(StepPhase.ENCODE, shape, 8, 0.25).flops());
    assertEquals(4 * (101 * 10 + 8 * (25 + 10)), work(StepPhase.ENCODE, shape, 8, 0.25).bytes());
  }

  /** With one hidden layer there is nothing between the first and the last of each half. */
  @Test
  void oneHiddenLayerLeavesPhasesEmpty() {
    VaeShape shape = new VaeShape(100, List.of(10), 3);
    assertEquals(new StepPhase.Work(0, 0), work(StepPhase.DECODE, shape, 8, 1));
    assertEquals(
        new StepPhase.Work(0, 4 * 2 * 8 * 10), work(StepPhase.ENCODE_BACKWARD, shape, 8, 1));
  }

  /** Parameters and moments are read and written; inputs and gradients of each layer read. */
  @Test
  void theUpdateMovesAllParametersAndMoments() {
    VaeShape shape = new VaeShape(100, List.of(10), 3);
    int parameters = 101 * 10 + 11 * 6 + 4 * 10 + 11 * 100;
    int activations = 8 * (100 + 10 + 10 + 6 + 3 + 10 + 10 + 100);
    assertEquals(4 * (6 * parameters + activations), work(StepPhase.UPDATE, shape, 8, 1).bytes());
  }

  @Test
  void theLossReadsThePixels() {
    VaeShape shape = new VaeShape(100, List.of(10), 3);
    assertEquals(
        4 * (11 * 100 + 8 * (10 + 100 + 100)), work(StepPhase.OUTPUT, shape, 8, 1).bytes());
    assertEquals(8 * 100 * 5, work(StepPhase.GATHER, shape, 8, 1).bytes());
  }

  @Test
  void aPhaseIsBoundByThePeakThatItComesNearTo() {
    assertEquals(Bound.ARITHMETIC, bound(150, 45));
    assertEquals(Bound.MEMORY, bound(150, 55));
    assertEquals(Bound.NEITHER, bound(119, 39));
  }

  /** Of a microsecond, beside cores of 300 GFLOP/s and 100 GB/s. */
  private static Bound bound(double gigaflops, double gigabytes) {
    var work = new StepPhase.Work(1000 * gigaflops, 1000 * gigabytes);
    PhaseSpeed speed = PhaseSpeed.of("a", work, 1000, new CorePeaks(300, 100));
    assertEquals(
        new PhaseSpeed("a", 1, gigaflops, gigabytes, gigabytes / 1000, speed.bound()), speed);
    return speed.bound();
  }
}
