// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.List;
import java.util.stream.Stream;

/** A float for each parameter, layer by layer. */
final class Network {
  private final ParameterLayout layout;
  private final List<Layer> encoder;
  private final List<Layer> decoder;

  /** Of one number, or none. */
  private final float[] logSigma;

  /** Zeros. */
  Network(ParameterLayout layout) {
    this.layout = layout;
    encoder = layout.encoder().stream().map(Layer::new).toList();
    decoder = layout.decoder().stream().map(Layer::new).toList();
    logSigma = new float[layout.learnsSigma() ? 1 : 0];
  }

  /** Its layers, the encoder's first. */
  List<Layer> layers() {
    return Stream.concat(encoder.stream(), decoder.stream()).toList();
  }

  List<Layer> encoder() {
    return encoder;
  }

  List<Layer> decoder() {
    return decoder;
  }

  /** What belongs to the logarithm of the standard deviation: one number, or none. */
  float[] logSigma() {
    return logSigma;
  }

  /** A copy in the layout's order. */
  float[] copy() {
    float[] copy = new float[layout.size()];
    layers().forEach(layer -> layer.copyTo(copy));
    if (layout.learnsSigma()) {
      copy[layout.logSigma()] = logSigma[0];
    }
    return copy;
  }

  /** Takes floats in the layout's order. */
  void overwrite(float[] from) {
    requireFits(from);
    layers().forEach(layer -> layer.copyFrom(from));
    if (layout.learnsSigma()) {
      logSigma[0] = from[layout.logSigma()];
    }
  }

  /** Refuses floats that are not as many. */
  void requireFits(float[] from) {
    ModelArguments.requireLength("parameters", layout.size(), from);
  }
}
