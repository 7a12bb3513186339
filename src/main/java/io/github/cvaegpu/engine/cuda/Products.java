// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * Linear layers on one stream: large products by cuBLAS and an epilogue of ours, small ones by
 * kernels that do both.
 */
final class Products {
  /**
   * Multiplications from which a product goes to cuBLAS. Of the study's network at a batch of 128,
   * those of 784 x 400 have 40 million, those of 400 x 50 2.6 million: for the latter cuBLAS fills
   * few SMs, and its epilogue would be one more launch.
   */
  static final long LARGE = 8L << 20;

  private final LinearLaunches kernels;
  private final CudaStream stream;
  private final Blas blas;
  private final long large;

  /**
   * @param kernels of the network's activation
   * @param large multiplications from which a product goes to cuBLAS
   */
  Products(LinearLaunches kernels, CudaStream stream, Blas blas, long large) {
    this.kernels = kernels;
    this.stream = stream;
    this.blas = blas;
    this.large = large;
  }

  /** Whether a layer's products go to cuBLAS. */
  boolean isLarge(CudaLayer layer, int rows) {
    return (long) rows * layer.in() * layer.out() >= large;
  }

  /** y = x W^T + b, through the activation or not. */
  void forward(CudaLayer layer, DeviceMatrix x, int rows, boolean isHidden, DeviceMatrix y) {
    if (isLarge(layer, rows)) {
      blas.forward(layer, x, rows, y);
      kernels.bias(stream, layer, rows, isHidden, y);
    } else {
      kernels.forward(stream, layer, x, rows, isHidden, y);
    }
  }

  /** y = x W^T. */
  void forwardWithoutBias(CudaLayer layer, DeviceMatrix x, int rows, DeviceMatrix y) {
    if (isLarge(layer, rows)) {
      blas.forward(layer, x, rows, y);
    } else {
      kernels.forwardWithoutBias(stream, layer, x, rows, y);
    }
  }

  /**
   * dx = dy W, through the activation that made x.
   *
   * @param x the hidden layer's output that was this one's input; null if none made it
   */
  void backwardInput(CudaLayer layer, DeviceMatrix dy, DeviceMatrix x, int rows, DeviceMatrix dx) {
    if (isLarge(layer, rows)) {
      blas.backwardInput(layer, dy, rows, dx);
      if (x != null) {
        kernels.slope(stream, x, rows, dx);
      }
    } else {
      kernels.backwardInput(stream, layer, dy, x, rows, dx);
    }
  }

  /**
   * dW = dy^T x, by cuBLAS.
   *
   * @param gradient the layer in the array of gradients
   */
  void backwardWeight(CudaLayer gradient, DeviceMatrix dy, DeviceMatrix x, int rows) {
    blas.backwardWeight(gradient, dy, x, rows);
  }
}
