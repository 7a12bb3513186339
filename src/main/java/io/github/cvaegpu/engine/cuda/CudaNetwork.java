// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.List;

/**
 * The parameters, their gradients and Adam's moments: four flat arrays on the GPU in {@link
 * ParameterLayout}'s order, so that a checkpoint is a copy and Adam one launch.
 */
final class CudaNetwork {
  private final ParameterLayout layout;
  private final DevicePointer parameters;
  private final DevicePointer gradients;
  private final DevicePointer firstMoment;
  private final DevicePointer secondMoment;
  private final List<CudaLayer> encoder;
  private final List<CudaLayer> decoder;

  CudaNetwork(DeviceMemory memory, ParameterLayout layout) {
    this.layout = layout;
    parameters = memory.floats(layout.size());
    gradients = memory.floats(layout.size());
    firstMoment = memory.floats(layout.size());
    secondMoment = memory.floats(layout.size());
    // Between tensors, where no kernel writes, a gradient is 0 for good.
    DeviceMemory.upload(gradients, new float[layout.size()]);
    encoder = layers(layout.encoder());
    decoder = layers(layout.decoder());
  }

  private List<CudaLayer> layers(List<Linear> places) {
    return places.stream().map(place -> CudaLayer.of(place, parameters, gradients)).toList();
  }

  ParameterLayout layout() {
    return layout;
  }

  DevicePointer parameters() {
    return parameters;
  }

  DevicePointer gradients() {
    return gradients;
  }

  DevicePointer firstMoment() {
    return firstMoment;
  }

  DevicePointer secondMoment() {
    return secondMoment;
  }

  /** Encoder layers, input first; the last one gives the heads. */
  List<CudaLayer> encoder() {
    return encoder;
  }

  /** Decoder layers, latent first; the last one gives the logits. */
  List<CudaLayer> decoder() {
    return decoder;
  }

  CudaLayer headLayer() {
    return encoder.getLast();
  }

  CudaLayer firstDecoderLayer() {
    return decoder.getFirst();
  }

  CudaLayer outputLayer() {
    return decoder.getLast();
  }

  int latent() {
    return layout.shape().latent();
  }
}
