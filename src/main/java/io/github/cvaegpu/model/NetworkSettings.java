// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import io.github.cvaegpu.InputException;
import java.util.List;

/**
 * A network but for the size of its images.
 *
 * @param hidden hidden widths of the encoder, in order; the decoder has them reversed
 * @param latent latent dimensions
 * @param activation of the hidden layers; where none is given, as in older files, ReLU
 */
public record NetworkSettings(List<Integer> hidden, int latent, Activation activation) {
  /** Refuses what is no network of any images, with an {@link InputException}. */
  public NetworkSettings {
    if (hidden == null) {
      throw new InputException("A network needs hidden widths.");
    }
    hidden = new VaeShape(1, hidden, latent).hidden();
    activation = activation == null ? Activation.RELU : activation;
  }

  /** A network with ReLU. */
  public NetworkSettings(List<Integer> hidden, int latent) {
    this(hidden, latent, Activation.RELU);
  }

  /** The network of the study. */
  public static NetworkSettings study() {
    VaeShape shape = VaeShape.study();
    return new NetworkSettings(shape.hidden(), shape.latent(), shape.activation());
  }

  /** The network for images of a size, in pixels. */
  public VaeShape shape(int inputs) {
    return new VaeShape(inputs, hidden, latent, activation);
  }
}
