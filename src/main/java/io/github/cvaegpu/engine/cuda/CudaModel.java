// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;

/** A model on the GPU: parameters, a stream, and activations for a chunk of rows. */
class CudaModel implements VaeModel {
  private final CudaAccelerator accelerator;
  private final Objective objective;
  private final ParameterLayout layout;
  private final Resources resources = new Resources();
  private final List<CudaStream> streams = new ArrayList<>();
  private final DeviceMemory memory;
  private final CudaStream stream;
  private final Products products;
  private final CudaNetwork network;
  private final LossLaunches loss;
  private final Inference inference;
  private boolean isClosed;

  /** Its parameters are unspecified. The GPU is this thread's. */
  CudaModel(CudaAccelerator accelerator, VaeShape shape, Objective objective) {
    this.accelerator = accelerator;
    this.objective = objective;
    layout = new ParameterLayout(shape, objective);
    try {
      memory = resources.add(new DeviceMemory());
      stream = stream("main");
      products = products(stream);
      network = new CudaNetwork(memory, layout);
      loss = accelerator.kernels().loss(objective.likelihood()).with(logSigma(objective));
      inference =
          new Inference(
              loss,
              accelerator.kernels().gather(objective.targets()),
              memory,
              network,
              stream,
              products);
    } catch (RuntimeException | Error e) {
      giveBackAfter(e);
      throw e;
    }
  }

  /** Where the logarithm of the standard deviation is: among the parameters if it is learned. */
  private DevicePointer logSigma(Objective objective) {
    if (objective.learnsSigma()) {
      return network.logSigma();
    }
    DevicePointer given = memory.floats(1);
    DeviceMemory.upload(given, new float[] {(float) StrictMath.log(objective.deviation())});
    return given;
  }

  /** A stream that is closed with the model. */
  final CudaStream stream(String name) {
    CudaStream made = resources.add(new CudaStream(name, accelerator.observer()));
    streams.add(made);
    return made;
  }

  /** Products on a stream, with a cuBLAS of their own that is closed with the model. */
  final Products products(CudaStream on) {
    Blas blas = resources.add(new Blas(memory, on, accelerator.precision()));
    return new Products(
        accelerator.kernels().linear(shape().activation()),
        on,
        blas,
        accelerator.options().large());
  }

  @Override
  public final VaeShape shape() {
    return layout.shape();
  }

  @Override
  public EngineInfo info() {
    return accelerator.info();
  }

  @Override
  public final void encode(
      ImageSet images, int first, int count, float[] mean, float[] logVariance) {
    begin();
    ModelArguments.requireEncodes(shape(), objective, images, first, count, mean, logVariance);
    inference.encode(images, first, count, mean, logVariance);
  }

  @Override
  public final void decode(float[] z, int count, float[] mean) {
    begin();
    ModelArguments.requireDecodes(shape(), z, count, mean);
    inference.decode(z, count, mean);
  }

  @Override
  public final void logits(float[] z, int count, float[] logits, float[] logPartition) {
    begin();
    ModelArguments.requireLogits(shape(), z, count, logits, logPartition);
    inference.logits(z, count, logits, logPartition);
  }

  @Override
  public final void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
    begin();
    ModelArguments.requireScores(shape(), objective, images, first, count, samples, z, loss);
    inference.reconstructionLoss(images, first, count, samples, z, loss);
  }

  /** Takes parameters in the layout's order. */
  final void overwriteParameters(float[] from) {
    requireFits(from);
    DeviceMemory.upload(network.address(), from);
  }

  /** Refuses an array that has not a float for each parameter. */
  final void requireFits(float[] floats) {
    ModelArguments.requireLength("parameters", layout.size(), floats);
  }

  /** Makes the GPU this thread's, and what the model does idle. */
  void begin() {
    if (isClosed) {
      throw new IllegalStateException("the model is closed");
    }
    accelerator.device().makeCurrent();
    stream.synchronize();
  }

  final CudaAccelerator accelerator() {
    return accelerator;
  }

  final ParameterLayout layout() {
    return layout;
  }

  /**
   * Gives back all that the model has. What a failure has left under way may still store into what
   * is freed here, first of all into the mailbox: it is waited for. Only on the model's own
   * streams, as others may be at work; whether that went well nobody needs to know any more.
   */
  final void giveBack() {
    streams.forEach(CudaStream::settle);
    resources.close();
  }

  /** The same after a failure, to which further ones are added. */
  final void giveBackAfter(Throwable failure) {
    streams.forEach(CudaStream::settle);
    resources.closeAfter(failure);
  }

  /** What is given back when the model is closed. */
  final Resources resources() {
    return resources;
  }

  final DeviceMemory memory() {
    return memory;
  }

  /** The critical path of a step, and what inference is done on. */
  final CudaStream main() {
    return stream;
  }

  /** Products on {@link #main}. */
  final Products products() {
    return products;
  }

  /** The likelihood's launches. */
  final LossLaunches loss() {
    return loss;
  }

  final CudaNetwork network() {
    return network;
  }

  @Override
  public final void close() {
    if (!isClosed) {
      isClosed = true;
      accelerator.release(this);
    }
  }
}
