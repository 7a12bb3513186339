// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

/** Launches of linear.cu. */
final class LinearLaunches {
  static final int FORWARD_ROWS = 4;

  /** Outputs of a block: those of a warp, times its warps. */
  static final int FORWARD_OUTPUTS_OF_BLOCK = 16;

  private static final int FORWARD_BLOCK = 128;

  static final int BACKWARD_ROWS = 4;
  static final int BACKWARD_COLUMNS = 32;
  private static final int BACKWARD_BLOCK = 512;
  private static final int BLOCK = 256;

  private final Kernel forward;
  private final Kernel bias;
  private final Kernel backwardInput;
  private final Kernel reluMask;
  private final Kernel backwardParameters;

  LinearLaunches(KernelModule module) {
    forward = module.kernel("linear_forward");
    bias = module.kernel("linear_bias");
    backwardInput = module.kernel("linear_backward_input");
    reluMask = module.kernel("linear_relu_mask");
    backwardParameters = module.kernel("linear_backward_parameters");
  }

  /** y = x W^T + b, through a ReLU or not. */
  void forward(
      CudaStream stream, CudaLayer layer, DeviceMatrix x, int rows, boolean relu, DeviceMatrix y) {
    forward(stream, layer, x, layer.bias(), rows, relu, y);
  }

  /** y = x W^T. */
  void forwardWithoutBias(
      CudaStream stream, CudaLayer layer, DeviceMatrix x, int rows, DeviceMatrix y) {
    forward(stream, layer, x, DevicePointer.NULL, rows, false, y);
  }

  private void forward(
      CudaStream stream,
      CudaLayer layer,
      DeviceMatrix x,
      DevicePointer biasOrNull,
      int rows,
      boolean relu,
      DeviceMatrix y) {
    int biases = biasOrNull.address() == 0 ? 0 : layer.out();
    forward.launch(
        stream,
        Work.product(rows, layer.out(), layer.in())
            .plus(Work.onFloats((long) rows * (biases + (relu ? layer.out() : 0)), biases)),
        Math.ceilDiv(layer.out(), FORWARD_OUTPUTS_OF_BLOCK),
        Math.ceilDiv(rows, FORWARD_ROWS),
        FORWARD_BLOCK,
        args()
            .pointer(x.data())
            .pointer(layer.weight())
            .pointer(biasOrNull)
            .i32(rows)
            .i32(layer.in())
            .i32(layer.out())
            .i32(relu ? 1 : 0)
            .pointer(y.data()));
  }

  /** y = y + b, through a ReLU or not. */
  void bias(CudaStream stream, CudaLayer layer, int rows, boolean relu, DeviceMatrix y) {
    long count = (long) rows * layer.out();
    bias.launch(
        stream,
        Work.onFloats(relu ? 2 * count : count, 2 * count + layer.out()),
        Math.ceilDiv(count, BLOCK),
        1,
        BLOCK,
        args()
            .pointer(layer.bias())
            .i64(count)
            .i32(layer.out())
            .i32(relu ? 1 : 0)
            .pointer(y.data()));
  }

  /** dx = dy W, where x &gt; 0; everywhere if x is null. */
  void backwardInput(
      CudaStream stream,
      CudaLayer layer,
      DeviceMatrix dy,
      DeviceMatrix x,
      int rows,
      DeviceMatrix dx) {
    long masked = x == null ? 0 : (long) rows * layer.in();
    backwardInput.launch(
        stream,
        Work.product(rows, layer.in(), layer.out()).plus(Work.onFloats(masked, masked)),
        Math.ceilDiv(layer.in(), BACKWARD_COLUMNS),
        Math.ceilDiv(rows, BACKWARD_ROWS),
        BACKWARD_BLOCK,
        args()
            .pointer(dy.data())
            .pointer(layer.weight())
            .pointer(x == null ? DevicePointer.NULL : x.data())
            .i32(rows)
            .i32(layer.in())
            .i32(layer.out())
            .pointer(dx.data()));
  }

  /** dx = 0 where x is not above 0. */
  void reluMask(CudaStream stream, DeviceMatrix x, int rows, DeviceMatrix dx) {
    long count = (long) rows * dx.columns();
    reluMask.launch(
        stream,
        Work.onFloats(count, 2 * count),
        Math.ceilDiv(count, BLOCK),
        1,
        BLOCK,
        args().pointer(x.data()).i64(count).pointer(dx.data()));
  }

  /** Gradients by the parameters that the tiles list. */
  void backwardParameters(CudaStream stream, GradientTiles tiles, int rows) {
    backwardParameters.launch(
        stream,
        tiles.work(rows),
        tiles.count(),
        1,
        BLOCK,
        args().pointer(tiles.address()).i32(rows));
  }
}
