// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import io.github.cvaegpu.model.Likelihood;

/** Launches of loss.cu, for one likelihood and where the logarithm of its standard deviation is. */
final class LossLaunches {
  private static final int BLOCK = 256;

  // Operations on an element, as Work counts them.
  private static final int LOSS_FLOP = 8;
  private static final int LOSS_AND_GRADIENT_FLOP = 11;
  private static final int MEAN_FLOP = 4;

  private final Kernel forwardBackward;
  private final Kernel forward;
  private final Kernel mean;
  private final Kernel logSigmaGradient;
  private final DevicePointer logSigma;

  /** The kernels whose names begin with the likelihood's. */
  LossLaunches(KernelModule module, Likelihood likelihood) {
    forwardBackward = module.kernel(likelihood.text() + "_forward_backward");
    forward = module.kernel(likelihood.text() + "_forward");
    mean = module.kernel(likelihood.text() + "_mean");
    logSigmaGradient = module.kernel("gaussian_log_sigma");
    logSigma = DevicePointer.NULL;
  }

  private LossLaunches(LossLaunches kernels, DevicePointer logSigma) {
    forwardBackward = kernels.forwardBackward;
    forward = kernels.forward;
    mean = kernels.mean;
    logSigmaGradient = kernels.logSigmaGradient;
    this.logSigma = logSigma;
  }

  /** The same of a model. */
  LossLaunches with(DevicePointer itsLogSigma) {
    return new LossLaunches(this, itsLogSigma);
  }

  /** Loss of each row; the products become the gradient by the logits. */
  void forwardBackward(
      CudaStream stream,
      CudaLayer outputLayer,
      DeviceMatrix x,
      int rows,
      DeviceMatrix products,
      DevicePointer loss) {
    long logits = (long) rows * x.columns();
    forwardBackward.launch(
        stream,
        Work.onFloats(LOSS_AND_GRADIENT_FLOP * logits, 3 * logits + x.columns() + rows),
        rows,
        1,
        BLOCK,
        args()
            .pointer(outputLayer.bias())
            .pointer(x.data())
            .pointer(logSigma)
            .i32(x.columns())
            .pointer(products.data())
            .pointer(loss));
  }

  /** Loss of each row, {@code samples} of them to an image. */
  void forward(
      CudaStream stream,
      CudaLayer outputLayer,
      DeviceMatrix products,
      DeviceMatrix x,
      int samples,
      int skipped,
      int rows,
      DevicePointer loss) {
    long logits = (long) rows * x.columns();
    long images = Math.ceilDiv(skipped + rows, samples);
    forward.launch(
        stream,
        Work.onFloats(LOSS_FLOP * logits, logits + (images + 1) * x.columns() + rows),
        rows,
        1,
        BLOCK,
        args()
            .pointer(products.data())
            .pointer(outputLayer.bias())
            .pointer(x.data())
            .pointer(logSigma)
            .i32(x.columns())
            .i32(samples)
            .i32(skipped)
            .pointer(loss));
  }

  /** The mean of each pixel, in the products' place. */
  void mean(CudaStream stream, CudaLayer outputLayer, int rows, DeviceMatrix products) {
    int inputs = products.columns();
    long logits = (long) rows * inputs;
    mean.launch(
        stream,
        Work.onFloats(MEAN_FLOP * logits, 2 * logits + inputs),
        rows,
        1,
        BLOCK,
        args().pointer(outputLayer.bias()).pointer(logSigma).i32(inputs).pointer(products.data()));
  }

  /**
   * The gradient of a batch's loss by the logarithm of the standard deviation.
   *
   * @param loss of each row
   * @param inputs pixels of a row
   */
  void logSigmaGradient(
      CudaStream stream, DevicePointer loss, int rows, int inputs, DevicePointer gradient) {
    logSigmaGradient.launch(
        stream,
        Work.onFloats(rows, rows + 2L),
        1,
        1,
        BLOCK,
        args().pointer(loss).pointer(logSigma).i32(rows).i32(inputs).pointer(gradient));
  }
}
