// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.List;

/**
 * A float for each parameter: a flat array on the GPU in {@link ParameterLayout}'s order, and the
 * layers in it.
 */
final class CudaNetwork {
  private final ParameterLayout layout;
  private final DevicePointer address;
  private final List<CudaLayer> encoder;
  private final List<CudaLayer> decoder;

  /** Its floats are unspecified. */
  CudaNetwork(DeviceMemory memory, ParameterLayout layout) {
    this.layout = layout;
    address = memory.floats(layout.size());
    encoder = layers(layout.encoder());
    decoder = layers(layout.decoder());
  }

  private List<CudaLayer> layers(List<Linear> places) {
    return places.stream().map(place -> CudaLayer.of(place, address)).toList();
  }

  /** Where the logarithm of the standard deviation is, which has to be learned. */
  DevicePointer logSigma() {
    return address.withByteOffset((long) layout.logSigma() * Float.BYTES);
  }

  ParameterLayout layout() {
    return layout;
  }

  DevicePointer address() {
    return address;
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
