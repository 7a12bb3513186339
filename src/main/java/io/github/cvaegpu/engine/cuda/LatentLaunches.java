// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import io.github.cvaegpu.model.Activation;

/** Launches of latent.cu, for hidden layers of one activation. */
final class LatentLaunches {
  /** Widest latent space of {@link #forward} and {@link #backward}. */
  static final int FUSED_LATENT = 16;

  private static final int ROW_BLOCK = 128;
  private static final int BLOCK = 256;
  private static final int KL_WEIGHT_BLOCK = 256;

  // Operations on an element, as Work counts them.
  static final int SAMPLE_FLOP = 10;
  static final int HEAD_GRADIENT_FLOP = 11;
  private static final int DIVERGENCE_FLOP = 5;

  private final Kernel forward;
  private final Kernel backward;
  private final Kernel sampleForward;
  private final Kernel sampleBackward;
  private final Kernel distanceWeight;
  private final Kernel freeBitsWeights;

  LatentLaunches(KernelModule module, Activation activation) {
    forward = module.kernel(LinearLaunches.variant("latent_forward", activation));
    backward = module.kernel(LinearLaunches.variant("latent_backward", activation));
    sampleForward = module.kernel("latent_sample_forward");
    sampleBackward = module.kernel("latent_sample_backward");
    distanceWeight = module.kernel("latent_distance_weight");
    freeBitsWeights = module.kernel("latent_free_bits_weights");
  }

  /** Heads, z, KL divergence and the first decoder layer. */
  void forward(
      CudaStream stream,
      CudaLayer headLayer,
      CudaLayer firstDecoderLayer,
      DeviceMatrix h,
      DeviceMatrix noise,
      int rows,
      DeviceMatrix heads,
      DeviceMatrix z,
      DevicePointer kl,
      DeviceMatrix d) {
    forward.launch(
        stream,
        forwardWork(rows, h.columns(), z.columns(), d.columns()),
        rows,
        1,
        ROW_BLOCK,
        args()
            .pointer(h.data())
            .pointer(headLayer.weight())
            .pointer(headLayer.bias())
            .pointer(noise.data())
            .pointer(firstDecoderLayer.weight())
            .pointer(firstDecoderLayer.bias())
            .i32(h.columns())
            .i32(z.columns())
            .i32(d.columns())
            .pointer(heads.data())
            .pointer(z.data())
            .pointer(kl)
            .pointer(d.data()));
  }

  private static Work forwardWork(long rows, int h, int latent, int d) {
    long sample = rows * latent;
    return Work.product(rows, 2L * latent, h)
        .plus(Work.onFloats(2 * sample + SAMPLE_FLOP * sample, 2L * latent + 2 * sample + rows))
        .plus(Work.product(rows, d, latent))
        // z, written above, is not read: it is still there.
        .plus(Work.onFloats(2 * rows * d, d - sample));
  }

  /** From the gradient by the first decoder layer's output to that by the heads and by h. */
  void backward(
      CudaStream stream,
      KlWeights klWeights,
      CudaLayer headLayer,
      CudaLayer firstDecoderLayer,
      DeviceMatrix dd,
      DeviceMatrix heads,
      DeviceMatrix noise,
      DeviceMatrix h,
      int rows,
      DeviceMatrix dheads,
      DeviceMatrix dh) {
    backward.launch(
        stream,
        backwardWork(rows, h.columns(), noise.columns(), dd.columns()),
        rows,
        1,
        ROW_BLOCK,
        args()
            .pointer(klWeights.first())
            .i32(klWeights.stride())
            .pointer(dd.data())
            .pointer(firstDecoderLayer.weight())
            .pointer(heads.data())
            .pointer(noise.data())
            .pointer(headLayer.weight())
            .pointer(h.data())
            .i32(h.columns())
            .i32(noise.columns())
            .i32(dd.columns())
            .pointer(dheads.data())
            .pointer(dh.data()));
  }

  private static Work backwardWork(long rows, int h, int latent, int d) {
    long sample = rows * latent;
    // dz and the gradient by the heads are not moved between the products: they are still there.
    return Work.product(rows, latent, d)
        .plus(Work.onFloats(HEAD_GRADIENT_FLOP * sample, 3 * sample - sample))
        .plus(Work.product(rows, h, 2L * latent))
        .plus(Work.onFloats(rows * h, rows * h));
  }

  /** z and KL divergence from the heads. */
  void sampleForward(
      CudaStream stream,
      DeviceMatrix heads,
      DeviceMatrix noise,
      int rows,
      DeviceMatrix z,
      DevicePointer kl) {
    long sample = (long) rows * z.columns();
    sampleForward.launch(
        stream,
        Work.onFloats(SAMPLE_FLOP * sample, 4 * sample + rows),
        rows,
        1,
        ROW_BLOCK,
        args()
            .pointer(heads.data())
            .pointer(noise.data())
            .i32(z.columns())
            .pointer(z.data())
            .pointer(kl));
  }

  /** The gradient by the heads from that by z. */
  void sampleBackward(
      CudaStream stream,
      KlWeights klWeights,
      DeviceMatrix heads,
      DeviceMatrix noise,
      DeviceMatrix dz,
      int rows,
      DeviceMatrix dheads) {
    int count = Math.multiplyExact(rows, dz.columns());
    sampleBackward.launch(
        stream,
        Work.onFloats((long) HEAD_GRADIENT_FLOP * count, 6L * count),
        Math.ceilDiv(count, BLOCK),
        1,
        BLOCK,
        args()
            .pointer(klWeights.first())
            .i32(klWeights.stride())
            .pointer(heads.data())
            .pointer(noise.data())
            .pointer(dz.data())
            .i32(count)
            .i32(dz.columns())
            .pointer(dheads.data()));
  }

  /** The weight of a distance of KL, from the rows' KL divergences. */
  void distanceWeight(
      CudaStream stream,
      StepState state,
      DevicePointer kl,
      int rows,
      float gamma,
      KlWeights klWeights) {
    distanceWeight.launch(
        stream,
        Work.onFloats(rows, rows + 2L),
        1,
        1,
        KL_WEIGHT_BLOCK,
        args()
            .pointer(state.address())
            .pointer(kl)
            .i32(rows)
            .f32(gamma)
            .pointer(klWeights.first()));
  }

  /** The weights of free bits, from the heads. */
  void freeBitsWeights(
      CudaStream stream,
      StepState state,
      DeviceMatrix heads,
      int rows,
      float lambda,
      KlWeights klWeights) {
    int latent = heads.columns() / 2;
    long sample = (long) rows * latent;
    freeBitsWeights.launch(
        stream,
        Work.onFloats((DIVERGENCE_FLOP + 1) * sample, 2 * sample + latent + 1),
        latent,
        1,
        KL_WEIGHT_BLOCK,
        args()
            .pointer(state.address())
            .pointer(heads.data())
            .i32(rows)
            .i32(latent)
            .f32(lambda)
            .pointer(klWeights.first()));
  }
}
