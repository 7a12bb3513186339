// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A fully connected variational autoencoder: its sizes, and the function between its layers.
 *
 * <p>The encoder is {@code inputs -> hidden[0] -> ... -> 2 * latent} with the activation between
 * layers; its output is the posterior mean (first half) and log variance (second half). The decoder
 * mirrors it, {@code latent -> hidden[last] -> ... -> hidden[0] -> inputs}, and gives logits.
 *
 * @param inputs pixels of an image
 * @param hidden hidden widths of the encoder, in order; the decoder has them reversed
 * @param latent latent dimensions
 * @param activation of the hidden layers
 */
public record VaeShape(int inputs, List<Integer> hidden, int latent, Activation activation) {
  /** Widest latent space that {@code --latent} takes. */
  public static final int MAX_LATENT = 1024;

  /** Widest layer that the command line takes: its weights against 784 pixels are 200 MB. */
  public static final int MAX_WIDTH = 65_536;

  /** Most hidden layers of the encoder. */
  public static final int MAX_HIDDEN = 100;

  /** Refuses sizes that make no network. */
  public VaeShape {
    hidden = List.copyOf(hidden);
    Objects.requireNonNull(activation);
    if (inputs < 1 || inputs > MAX_WIDTH) {
      throw new InputException(
          String.format(Locale.ROOT, "Images of %d pixels cannot be trained on.", inputs));
    }
    if (hidden.isEmpty()) {
      throw new InputException("The network needs at least one hidden layer.");
    }
    if (hidden.size() > MAX_HIDDEN) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The network can have %d hidden layers, not %d.",
              MAX_HIDDEN,
              hidden.size()));
    }
    for (int width : hidden) {
      if (width < 1 || width > MAX_WIDTH) {
        throw new InputException(
            String.format(
                Locale.ROOT, "A hidden width must be from 1 to %d, not %d.", MAX_WIDTH, width));
      }
    }
    if (latent < 1 || latent > MAX_LATENT) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The number of latent dimensions must be from 1 to %d, not %d.",
              MAX_LATENT,
              latent));
    }
  }

  /** A network with ReLU. */
  public VaeShape(int inputs, List<Integer> hidden, int latent) {
    this(inputs, hidden, latent, Activation.RELU);
  }

  /** The network of the study: 784 -> 400 -> 50 -> 2 latent dimensions. */
  public static VaeShape study() {
    return new VaeShape(784, List.of(400, 50), 2);
  }
}
