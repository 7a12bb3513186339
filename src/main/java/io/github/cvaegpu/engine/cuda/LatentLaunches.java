// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

/** Launches of latent.cu. */
final class LatentLaunches {
  /** Widest latent space of {@link #forward} and {@link #backward}. */
  static final int FUSED_LATENT = 16;

  private static final int ROW_BLOCK = 128;
  private static final int BLOCK = 256;

  // Operations on an element, as Work counts them.
  static final int SAMPLE_FLOP = 10;
  static final int HEAD_GRADIENT_FLOP = 11;

  private final Kernel forward;
  private final Kernel backward;
  private final Kernel sampleForward;
  private final Kernel sampleBackward;

  LatentLaunches(KernelModule module) {
    forward = module.kernel("latent_forward");
    backward = module.kernel("latent_backward");
    sampleForward = module.kernel("latent_sample_forward");
    sampleBackward = module.kernel("latent_sample_backward");
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
      StepState state,
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
            .pointer(state.address())
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
      StepState state,
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
            .pointer(state.address())
            .pointer(heads.data())
            .pointer(noise.data())
            .pointer(dz.data())
            .i32(count)
            .i32(dz.columns())
            .pointer(dheads.data()));
  }
}
