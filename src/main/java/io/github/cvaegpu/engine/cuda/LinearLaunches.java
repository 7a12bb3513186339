// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import io.github.cvaegpu.model.Activation;

/** Launches of linear.cu, for hidden layers of one activation. */
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
  private final Kernel slope;
  private final Kernel backwardParameters;

  LinearLaunches(KernelModule module, Activation activation) {
    forward = module.kernel(variant("linear_forward", activation));
    bias = module.kernel(variant("linear_bias", activation));
    backwardInput = module.kernel(variant("linear_backward_input", activation));
    slope =
        module.kernel(
            switch (activation) {
              case RELU -> "linear_relu_mask";
              case TANH -> "linear_tanh_slope";
            });
    backwardParameters = module.kernel("linear_backward_parameters");
  }

  /** The name of a kernel of activation.cuh: that of ReLU has nothing behind it. */
  static String variant(String kernel, Activation activation) {
    return activation == Activation.RELU ? kernel : kernel + "_" + activation.text();
  }

  /** y = x W^T + b, through the activation or not. */
  void forward(
      CudaStream stream,
      CudaLayer layer,
      DeviceMatrix x,
      int rows,
      boolean isHidden,
      DeviceMatrix y) {
    forward(stream, layer, x, layer.bias(), rows, isHidden, y);
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
      boolean isHidden,
      DeviceMatrix y) {
    int biases = biasOrNull.address() == 0 ? 0 : layer.out();
    forward.launch(
        stream,
        Work.product(rows, layer.out(), layer.in())
            .plus(Work.onFloats((long) rows * (biases + (isHidden ? layer.out() : 0)), biases)),
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
            .i32(isHidden ? 1 : 0)
            .pointer(y.data()));
  }

  /** y = y + b, through the activation or not. */
  void bias(CudaStream stream, CudaLayer layer, int rows, boolean isHidden, DeviceMatrix y) {
    long count = (long) rows * layer.out();
    bias.launch(
        stream,
        Work.onFloats(isHidden ? 2 * count : count, 2 * count + layer.out()),
        Math.ceilDiv(count, BLOCK),
        1,
        BLOCK,
        args()
            .pointer(layer.bias())
            .i64(count)
            .i32(layer.out())
            .i32(isHidden ? 1 : 0)
            .pointer(y.data()));
  }

  /** dx = dy W, through the activation that made x; as it is if x is null. */
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

  /** dx = dx f'(x), through the activation f that made x. */
  void slope(CudaStream stream, DeviceMatrix x, int rows, DeviceMatrix dx) {
    long count = (long) rows * dx.columns();
    slope.launch(
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
