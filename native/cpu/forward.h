// SPDX-License-Identifier: Apache-2.0
//
// The network's activations for up to so many images, and the phases that compute them.
#pragma once

#include "activation.h"
#include "latent.h"
#include "likelihood.h"
#include "network.h"
#include "noise.h"
#include "sparse.h"
#include "team.h"

namespace cvae {

class ForwardPass {
 public:
  /** @param trains whether the activations are kept by image too, as an update of the weights needs them */
  void take(Arena& arena, const Network& network, int64_t capacity, bool trains) {
    network_ = &network;
    batch = Batch::take(arena, network.inputs, capacity);
    int hidden = network.layers - 1;
    for (int i = 0; i < hidden; i++) {
      encoded[i] = ByFeature::take(arena, network.encoder[i].out, capacity);
      decoded[i] = ByFeature::take(arena, network.decoder[i].out, capacity);
      // The first layer's products over lit pixels are made image by image.
      encoded_by_image[i] =
          i == 0 || trains ? ByImage::take(arena, network.encoder[i].out, capacity) : ByImage{};
      decoded_by_image[i] =
          trains ? ByImage::take(arena, network.decoder[i].out, capacity) : ByImage{};
    }
    heads = ByFeature::take(arena, 2 * network.latent, capacity);
    z = ByFeature::take(arena, network.latent, capacity);
    z_by_image = trains ? ByImage::take(arena, network.latent, capacity) : ByImage{};
    noise = trains ? ByFeature::take(arena, network.latent, capacity) : ByFeature{};
    kl = arena.take<float>(panels_of(capacity) * kPanel);
    output = ByFeature::take(arena, network.inputs, capacity);
    loss = arena.take<float>(chunks_of(network.inputs) * panels_of(capacity) * kPanel);
    image_loss = arena.take<double>(panels_of(capacity) * kPanel);
    loss_stride_ = panels_of(capacity) * kPanel;
  }

  /**
   * Sets the parameters, and how many images the phases are to compute. Called by one thread.
   *
   * @param encodes whether encode is one of the phases
   */
  void begin(const float* parameters, int64_t images, bool encodes) {
    parameters_ = parameters;
    images_ = images;
    batch.begin(images, encodes);
  }

  int64_t images() const { return images_; }
  int64_t blocks() const { return lanes_of(images_); }
  int64_t panels() const { return panels_of(images_); }

  // ---- phases ----------------------------------------------------------------------------------

  /** x, and lists of its lit pixels, from the images' bytes. */
  void gather(Team::Member& member, const Source& source) {
    member.run(segments_of(images_) * batch.ranges(), [&](int64_t unit) {
      batch.gather(unit / batch.ranges(), unit % batch.ranges(), source);
    });
  }

  /** The encoder's hidden layers: h = f(x W^T + b), f being the activation. */
  void encode(Team::Member& member, bool is_sparse) {
    if (is_sparse) {
      encode_sparse(member);
    } else {
      hidden_layer(member, network_->encoder[0], batch.x, encoded[0], encoded_by_image[0]);
    }
    for (int i = 1; i < network_->layers - 1; i++) {
      hidden_layer(member, network_->encoder[i], encoded[i - 1], encoded[i], encoded_by_image[i]);
    }
  }

  /** Posterior means and log variances of sixteen images. */
  void posterior(int64_t block) {
    const Layer& layer = network_->heads();
    whole_layer(layer, encoded[network_->layers - 2], block, [&](int64_t feature, Lanes y) {
      store(Images::block_of(block).of(heads, feature), y);
    });
  }

  /** The decoder's first hidden layer of sixteen images. */
  void decode_first(int64_t block) {
    Images sixteen = Images::block_of(block);
    with_activation(network_->activation, [&](auto activation) {
      whole_layer(network_->decoder[0], z, block, [&](int64_t feature, Lanes sum) {
        store(sixteen.of(decoded[0], feature), activation.value(sum));
      });
    });
    turn_block(decoded[0], decoded_by_image[0], block);
  }

  /** The decoder's other hidden layers. */
  void decode(Team::Member& member) {
    for (int i = 1; i < network_->layers - 1; i++) {
      hidden_layer(member, network_->decoder[i], decoded[i - 1], decoded[i], decoded_by_image[i]);
    }
  }

  /** The last layer: apply(sums, chunk of logits, images). */
  template <typename Apply>
  void logits(Team::Member& member, Apply apply) {
    const Layer& layer = network_->output();
    each_chunk(member, layer.out, [&](Chunk chunk, Images of) {
      Sums sums;
      layer.multiply(parameters_, decoded[network_->layers - 2], chunk, of, sums);
      apply(sums, chunk, of);
    });
  }

  /** Where a chunk's part of the images' losses is. */
  float* loss_of(Chunk chunk) const { return loss + chunk.first / kChunk * loss_stride_; }

  /** Reconstruction losses of sixteen images: chunks added in order. */
  void add_losses(int64_t block) const {
    double sum[kLanes] = {};
    for (int64_t chunk = 0; chunk < chunks_of(network_->inputs); chunk++) {
      const float* part = loss + chunk * loss_stride_ + block * kLanes;
      for (int i = 0; i < kLanes; i++) {
        sum[i] += double(part[i]);
      }
    }
    memcpy(image_loss + block * kLanes, sum, sizeof sum);
  }

  /** Mean KL divergence of the images, nats; images added in order. */
  float mean_kl() const {
    double sum = 0;
    for (int64_t i = 0; i < images_; i++) {
      sum += double(kl[i]);
    }
    return float(sum / double(images_));
  }

  /** The same of a latent dimension alone. */
  float mean_kl_of(int64_t dimension) const {
    double sum = 0;
    for (int64_t block = 0; block < blocks(); block++) {
      Images of = Images::block_of(block);
      Lanes log_variance = load(of.of(heads, network_->latent + dimension));
      float twice_kl[kLanes];
      store(twice_kl,
            twice_kl_of(load(of.of(heads, dimension)), log_variance, deviation_of(log_variance)));
      int64_t images = smaller(kLanes, images_ - of.first());
      for (int64_t i = 0; i < images; i++) {
        sum += double(twice_kl[i]);
      }
    }
    return float(0.5 * sum / double(images_));
  }

  /** Runs body(chunk, images) for all features of a matrix and all images. */
  template <typename Body>
  void each_chunk(Team::Member& member, int64_t features, Body body) {
    // A chunk's panels one after the other: its weights are then in the cache.
    member.run(chunks_of(features) * panels(), [&](int64_t unit) {
      body(Chunk::of(unit / panels(), features), Images::panel_of(unit % panels(), images_));
    });
  }

  /** Copies sixteen images of a matrix, where there is a place for them. */
  void turn_block(const ByFeature& from, const ByImage& to, int64_t block) const {
    turn_images(from, Chunk{0, int(from.features)}, Images::block_of(block), to);
  }

  /** Copies some features of some images, where there is a place for them. */
  static void turn_images(const ByFeature& from, Chunk chunk, Images images, const ByImage& to) {
    if (to.data == nullptr) {
      return;
    }
    for (int64_t f = chunk.first; f < chunk.first + chunk.count; f += 4) {
      for (int64_t i = 0; i < images.columns * kLanes; i += 4) {
        turn(images.of(from, f) + i, kPanel, to.at(images.first() + i, f), to.pitch);
      }
    }
  }

  // ---- activations -----------------------------------------------------------------------------

  Batch batch;
  /** Outputs of the hidden layers. */
  ByFeature encoded[kMostHidden];
  ByFeature decoded[kMostHidden];
  /** The same, where they are needed. */
  ByImage encoded_by_image[kMostHidden];
  ByImage decoded_by_image[kMostHidden];
  /** Posterior means, then log variances. */
  ByFeature heads;
  ByFeature noise;
  /** Latent points. */
  ByFeature z;
  ByImage z_by_image;
  /** KL divergence of each image. */
  float* kl;
  /** Of the last layer: what its users make of the logits. */
  ByFeature output;
  /** Reconstruction losses: (chunk of pixels, image). */
  float* loss;
  /** Reconstruction loss of each image, nats. */
  double* image_loss;

 private:
  void encode_sparse(Team::Member& member) {
    const Layer& layer = network_->encoder[0];
    int64_t segments = segments_of(images_);
    // A part's segments one after the other: its weights are then in the cache.
    member.run(OutputPart::parts_of(layer.out) * segments, [&](int64_t unit) {
      sparse_forward(layer, parameters_, batch, OutputPart::of(unit / segments, layer.out),
                     unit % segments, images_, network_->activation, encoded_by_image[0],
                     encoded[0]);
    });
  }

  void hidden_layer(Team::Member& member, const Layer& layer, const ByFeature& x,
                    const ByFeature& y, const ByImage& by_image) {
    each_chunk(member, layer.out, [&](Chunk chunk, Images of) {
      Sums sums;
      layer.multiply(parameters_, x, chunk, of, sums);
      with_activation(network_->activation, [&](auto activation) {
        each(sums, chunk, of.columns, [&](int64_t feature, int at, Lanes sum) {
          store(of.of(y, feature) + at, activation.value(sum));
        });
      });
      turn_images(y, chunk, of, by_image);
    });
  }

  /** All outputs of a layer, for sixteen images. */
  template <typename Apply>
  void whole_layer(const Layer& layer, const ByFeature& x, int64_t block, Apply apply) {
    for (int64_t c = 0; c < chunks_of(layer.out); c++) {
      Sums sums;
      Chunk chunk = Chunk::of(c, layer.out);
      layer.multiply(parameters_, x, chunk, Images::block_of(block), sums);
      each(sums, chunk, 1, [&](int64_t feature, int, Lanes sum) { apply(feature, sum); });
    }
  }

  const Network* network_;
  int64_t loss_stride_;
  const float* parameters_;
  int64_t images_;
};

}  // namespace cvae
