// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import io.github.cvaegpu.random.RandomPurpose;

/** Launches of gather.cu. */
final class GatherLaunches {
  private static final int BLOCK = 256;

  private final Kernel batch;
  private final Kernel images;

  GatherLaunches(KernelModule module) {
    batch = module.kernel("gather_batch");
    images = module.kernel("gather_images");
  }

  /** x and noise of the batch at hand. */
  void batch(
      CudaStream stream,
      StepState state,
      DevicePointer pixels,
      DevicePointer order,
      int batchSize,
      int rows,
      long seed,
      DeviceMatrix x,
      DeviceMatrix noise) {
    int pixelBlocks = Math.ceilDiv(x.columns(), BLOCK);
    int noiseBlocks = Math.ceilDiv(Math.ceilDiv(noise.columns(), 4), BLOCK);
    long pixelCount = (long) rows * x.columns();
    batch.launch(
        stream,
        Work.onFloats(pixelCount, pixelCount + rows + (long) rows * noise.columns())
            .plus(new Work(0, pixelCount)),
        pixelBlocks + noiseBlocks,
        rows,
        BLOCK,
        args()
            .pointer(state.address())
            .pointer(pixels)
            .pointer(order)
            .i32(batchSize)
            .i32(x.columns())
            .i32(pixelBlocks)
            .i32((int) seed)
            .i32((int) (seed >>> 32))
            .i32(RandomPurpose.TRAINING_NOISE.id())
            .i32(noise.columns())
            .pointer(x.data())
            .pointer(noise.data()));
  }

  /** x of images in their own order. */
  void images(CudaStream stream, DevicePointer pixels, int rows, DeviceMatrix x) {
    long count = (long) rows * x.columns();
    images.launch(
        stream,
        Work.onFloats(count, count).plus(new Work(0, count)),
        Math.ceilDiv(count, BLOCK),
        1,
        BLOCK,
        args().pointer(pixels).i64(count).pointer(x.data()));
  }
}
