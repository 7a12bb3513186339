// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.RandomPurpose;

/** Launches of fused_middle.cu. */
final class FusedMiddleLaunches {
  private static final String FORWARD = "fused_middle_forward";
  private static final String BACKWARD = "fused_middle_backward";

  private final KernelModule module;

  FusedMiddleLaunches(KernelModule module) {
    this.module = module;
  }

  private Kernel kernel(String name, MiddleVariant variant) {
    return module.kernel(variant.kernel(name));
  }

  /** Whether the GPU can hold a cluster of both directions. */
  boolean fits(MiddleVariant variant, VaeShape network) {
    return kernel(FORWARD, variant)
            .fits(variant.shape(1, MiddleLayers.forwardBytes(network, variant)))
        && kernel(BACKWARD, variant)
            .fits(variant.shape(1, MiddleLayers.backwardBytes(network, variant)));
  }

  /** From the first hidden layer to the decoder's last, with noise, z and KL divergence. */
  void forward(
      CudaStream stream,
      MiddleVariant variant,
      boolean isProgrammatic,
      StepState state,
      MiddleLayers layers,
      int rows,
      long seed,
      DeviceMatrix noise,
      DevicePointer kl) {
    long sample = (long) rows * noise.columns();
    kernel(FORWARD, variant)
        .launch(
            stream,
            layers
                .work(rows)
                .plus(Work.onFloats(LatentLaunches.SAMPLE_FLOP * sample, 2 * sample + rows)),
            shape(
                variant, rows, MiddleLayers.forwardBytes(layers.shape(), variant), isProgrammatic),
            args()
                .pointer(state.address())
                .struct(layers.struct())
                .i32(rows)
                .i32(noise.columns())
                .i32((int) seed)
                .i32((int) (seed >>> 32))
                .i32(RandomPurpose.TRAINING_NOISE.id())
                .pointer(noise.data())
                .pointer(kl));
  }

  /** From the gradient by the decoder's last hidden layer to that by the encoder's first. */
  void backward(
      CudaStream stream,
      MiddleVariant variant,
      boolean isProgrammatic,
      StepState state,
      MiddleLayers layers,
      DeviceMatrix dy,
      DeviceMatrix heads,
      DeviceMatrix noise,
      int rows,
      DeviceMatrix dheads) {
    long sample = (long) rows * noise.columns();
    kernel(BACKWARD, variant)
        .launch(
            stream,
            layers
                .work(rows)
                .plus(Work.onFloats(LatentLaunches.HEAD_GRADIENT_FLOP * sample, 5 * sample)),
            shape(
                variant, rows, MiddleLayers.backwardBytes(layers.shape(), variant), isProgrammatic),
            args()
                .pointer(state.address())
                .struct(layers.struct())
                .pointer(dy.data())
                .pointer(heads.data())
                .pointer(noise.data())
                .i32(rows)
                .i32(noise.columns())
                .i32(MiddleLayers.scratch(layers.shape(), variant))
                .pointer(dheads.data()));
  }

  private static LaunchShape shape(
      MiddleVariant variant, int rows, int sharedBytes, boolean isProgrammatic) {
    return variant.shape(rows, sharedBytes).programmatic(isProgrammatic);
  }
}
