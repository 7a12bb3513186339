// SPDX-License-Identifier: Apache-2.0
//
// The network: its layers, and where their parameters are.
#pragma once

#include "layer.h"

namespace cvae {

/** Most hidden layers, as VaeShape of package model has it. */
constexpr int kMostHidden = 100;

/** inputs -> hidden -> 2 latent, and from latent the same way back. */
struct Shape {
  int64_t inputs;
  int hidden_layers;
  const int32_t* hidden;
  int64_t latent;
  /** Of the hidden layers; its place among kActivations. */
  int activation;
  bool learns_sigma;
};

struct Network {
  int64_t inputs;
  int64_t latent;
  int activation;
  /** Layers of the encoder, and as many of the decoder. */
  int layers;
  /** The first one's weight is turned. */
  Layer encoder[kMostHidden + 1];
  Layer decoder[kMostHidden + 1];
  /** The place of the logarithm of the standard deviation among the parameters; kNone if none is learned. */
  int64_t log_sigma;
  /** Floats of all parameters. */
  int64_t floats;

  static constexpr int64_t kNone = -1;

  bool learns_sigma() const { return log_sigma != kNone; }

  const Layer& heads() const { return encoder[layers - 1]; }
  const Layer& output() const { return decoder[layers - 1]; }

  /** The layers of a shape, one behind the other in the parameters. */
  static Network of(const Shape& shape) {
    Network network;
    network.inputs = shape.inputs;
    network.latent = shape.latent;
    network.activation = shape.activation;
    network.layers = shape.hidden_layers + 1;
    network.floats = 0;
    int last = network.layers - 1;
    int64_t in = shape.inputs;
    for (int i = 0; i <= last; i++) {
      int64_t out = i < last ? shape.hidden[i] : 2 * shape.latent;
      network.encoder[i] = network.place(in, out, i == 0);
      in = out;
    }
    in = shape.latent;
    for (int i = 0; i <= last; i++) {
      int64_t out = i < last ? shape.hidden[last - 1 - i] : shape.inputs;
      network.decoder[i] = network.place(in, out, false);
      in = out;
    }
    network.log_sigma = kNone;
    if (shape.learns_sigma) {
      network.log_sigma = network.floats;
      network.floats += kLanes;
    }
    return network;
  }

 private:
  Layer place(int64_t in, int64_t out, bool is_turned) {
    Layer layer{in, out, floats, 0, is_turned};
    layer.bias = floats + layer.rows() * layer.pitch();
    floats = layer.bias + whole_lanes(out);
    return layer;
  }
};

}  // namespace cvae
