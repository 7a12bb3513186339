// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Targets;
import java.util.stream.Stream;

/** Launches of fused_linear.cu. */
final class FusedLinearLaunches {
  // Operations on an element, as Work counts them.
  private static final int RELU_FLOP = 3;
  private static final int LOSS_FLOP = 12;

  private static final String OUTPUT_BACKWARD = "fused_output_backward";

  private final KernelModule module;

  FusedLinearLaunches(KernelModule module) {
    this.module = module;
  }

  private Kernel kernel(String name, LinearVariant variant) {
    return module.kernel(variant.kernel(name));
  }

  /** Whether the GPU can hold a cluster of each of the launches. */
  boolean fits(LinearVariant variant, Objective objective) {
    return Stream.of(
            firstForward(objective.targets()),
            outputLoss(objective.likelihood(), objective.targets()),
            OUTPUT_BACKWARD)
        .allMatch(name -> kernel(name, variant).fits(variant.shape(1)));
  }

  private static String firstForward(Targets targets) {
    return "fused_first_forward_" + targets.text();
  }

  private static String outputLoss(Likelihood likelihood, Targets targets) {
    return "fused_output_%s_%s".formatted(likelihood.text(), targets.text());
  }

  /** The first hidden layer of the batch at hand, whose images it writes down. */
  void firstForward(
      CudaStream stream,
      LinearVariant variant,
      boolean isProgrammatic,
      Targets targets,
      StepInput input,
      int batchSize,
      CudaLayer layer,
      int rows,
      DevicePointer images,
      DeviceMatrix y) {
    long outputs = (long) rows * layer.out();
    long pixels = (long) rows * layer.in();
    kernel(firstForward(targets), variant)
        .launch(
            stream,
            Work.product(rows, layer.out(), layer.in())
                .plus(Work.onFloats(RELU_FLOP * outputs, layer.out() + 2L * rows - pixels))
                .plus(new Work(0, pixels)),
            shape(variant, variant.tiles(rows, layer.out()), isProgrammatic),
            args()
                .pointer(input.state().address())
                .pointer(input.pixels())
                .pointer(input.order())
                .i32(batchSize)
                .pointer(layer.weight())
                .pointer(layer.bias())
                .i32(rows)
                .i32(layer.in())
                .i32(layer.out())
                .pointer(images)
                .pointer(y.data()));
  }

  /** Sums of losses in groups of pixels, and the gradient by the logits. */
  void outputLoss(
      CudaStream stream,
      LinearVariant variant,
      boolean isProgrammatic,
      Likelihood likelihood,
      Targets targets,
      DeviceMatrix d,
      CudaLayer layer,
      StepInput input,
      DevicePointer images,
      int rows,
      DeviceMatrix dlogits,
      DeviceMatrix losses) {
    long logits = (long) rows * layer.out();
    kernel(outputLoss(likelihood, targets), variant)
        .launch(
            stream,
            Work.product(rows, layer.out(), layer.in())
                .plus(
                    Work.onFloats(LOSS_FLOP * logits, layer.out() + rows * (1L + losses.columns())))
                .plus(new Work(0, logits)),
            shape(variant, variant.tiles(rows, layer.out()), isProgrammatic),
            args()
                .pointer(d.data())
                .pointer(layer.weight())
                .pointer(layer.bias())
                .pointer(input.pixels())
                .pointer(images)
                .i32(rows)
                .i32(layer.in())
                .i32(layer.out())
                .pointer(dlogits.data())
                .pointer(losses.data()));
  }

  /** The gradient by the last hidden layer, beside telling the losses and waiting for beta. */
  void outputBackward(
      CudaStream stream,
      LinearVariant variant,
      boolean isProgrammatic,
      DeviceMatrix dlogits,
      CudaLayer layer,
      DeviceMatrix d,
      int rows,
      DeviceMatrix dd,
      StepInput input,
      DeviceMatrix losses,
      DevicePointer kl) {
    long outputs = (long) rows * layer.in();
    Mailbox mailbox = input.mailbox();
    kernel(OUTPUT_BACKWARD, variant)
        .launch(
            stream,
            Work.product(rows, layer.in(), layer.out())
                .plus(Work.onFloats(outputs, outputs + rows * (1L + losses.columns()))),
            // One more for the host.
            shape(variant, variant.tiles(rows, layer.in()) + 1, isProgrammatic),
            args()
                .pointer(dlogits.data())
                .pointer(layer.weight())
                .pointer(d.data())
                .i32(rows)
                .i32(layer.in())
                .i32(layer.out())
                .pointer(dd.data())
                .pointer(input.state().address())
                .pointer(losses.data())
                .pointer(kl)
                .pointer(mailbox.reconstructionLosses())
                .pointer(mailbox.klDivergences())
                .pointer(mailbox.betas())
                .pointer(mailbox.status())
                .i64(mailbox.patience().toNanos())
                .pointer(input.rates())
                .i32(Mailbox.RING - 1));
  }

  private static LaunchShape shape(LinearVariant variant, long tiles, boolean isProgrammatic) {
    return variant.shape(tiles).programmatic(isProgrammatic);
  }
}
