// SPDX-License-Identifier: Apache-2.0
//
// One training step, in the phases that its time is told by. In each all threads share units of work and then meet; where
// a line has layers, once for each of them.
//
//  gather            x, from the images' bytes
//    |
//  encode            h = f(x W^T + b), each hidden layer; the first over lit pixels, if few are
//    |
//  latent            mean, logvar = h W^T + b;  z = mean + exp(logvar/2) noise;  KL
//    |               d = f(z W^T + b)
//  decode            d = f(d W^T + b), each other hidden layer
//    |
//  output            logits = d W^T + b;  RL;  dlogits = dRL/dlogits
//    |
//  decode_backward   dd = (dd W) f'(d), down to the first decoder layer; through a wide one in two halves
//    |
//  latent_backward   the weight of KL in each latent dimension: beta, or what the batch's KL makes of it
//    |               dz = dd W;  dmean, dlogvar with the weights;  dh = (dheads W) f'(h)
//    |
//  encode_backward   dh = (dh W) f'(h), down to the first encoder layer; through a wide one in two halves
//    |
//  update            of every layer: dW = dy^T x, db = sums of dy, Adam; and of log sigma, where it is learned
//
// f is the activation of the hidden layers, f' its slope, from what it put out (activation.h). Losses are summed over the
// batch, as the gradients are.
#pragma once

#include "forward.h"
#include "kl_term.h"

namespace cvae {

/** What a step is done with. */
struct StepArguments {
  int64_t images;
  Source source;
  NoiseAddress noise;
  /** Beta, or what the KL term has in place of it. */
  float number;
  Adam adam;
};

struct StepLosses {
  /** Means over the images, nats. */
  float reconstruction;
  float kl;
};

/** The phases that a step's time is told by. */
enum Phase {
  kGather,
  kEncode,
  kLatent,
  kDecode,
  kOutput,
  kDecodeBackward,
  kLatentBackward,
  kEncodeBackward,
  kUpdate,
  kPhases
};

class TrainingStep {
 public:
  void take(Arena& arena, const Network& network, int64_t capacity, const KlTerm& kl_term) {
    network_ = &network;
    kl_term_ = kl_term;
    forward.take(arena, network, capacity, true);
    int hidden = network.layers - 1;
    for (int i = 0; i < hidden; i++) {
      d_encoded[i] = ByFeature::take(arena, network.encoder[i].out, capacity);
      d_decoded[i] = ByFeature::take(arena, network.decoder[i].out, capacity);
    }
    d_first_by_image = ByImage::take(arena, network.encoder[0].out, capacity);
    int64_t widest = 0;
    for (int i = 0; i < hidden; i++) {
      widest = larger(widest, larger(network.encoder[i].out, network.decoder[i].out));
    }
    second_half = ByFeature::take(arena, widest, capacity);
    d_heads = ByFeature::take(arena, 2 * network.latent, capacity);
    dz = ByFeature::take(arena, network.latent, capacity);
    if (kl_term.form == CVAE_KL_FREE_BITS) {
      kl_weights_ = arena.take<float>(network.latent);
    }
  }

  /** Sets what the next step works on. Called by one thread. */
  void begin(const Parameters& parameters, int64_t images) {
    forward.begin(parameters.value, images, true);
  }

  /** Runs the step; called by every thread of the team. */
  template <typename Likelihood>
  void run(Team::Member& member, const Likelihood& likelihood, const Parameters& parameters,
           const StepArguments& step) {
    start_clock(member);
    forward.gather(member, step.source);
    end_phase(member, kGather);
    bool is_sparse = forward.batch.is_sparse();
    forward.encode(member, is_sparse);
    end_phase(member, kEncode);
    latent(member, step);
    end_phase(member, kLatent);
    forward.decode(member);
    end_phase(member, kDecode);
    output(member, likelihood);
    end_phase(member, kOutput);
    decode_backward(member, parameters.value);
    end_phase(member, kDecodeBackward);
    latent_backward(member, parameters.value, step.number);
    end_phase(member, kLatentBackward);
    encode_backward(member, parameters.value);
    end_phase(member, kEncodeBackward);
    update(member, parameters, step.adam, is_sparse);
    end_phase(member, kUpdate);
  }

  /** Losses of the last step. */
  StepLosses losses() const {
    return {float(reconstruction() / double(forward.images())), forward.mean_kl()};
  }

  ForwardPass forward;
  // Gradients of the loss by the activations of the same names in ForwardPass; of the logits in its output.
  ByFeature d_encoded[kMostHidden];
  ByFeature d_decoded[kMostHidden];
  ByFeature d_heads;
  ByFeature dz;
  /** That of the first hidden layer, by image. */
  ByImage d_first_by_image;
  /** What the second half of a wide layer's outputs adds to a gradient. */
  ByFeature second_half;
  /** Nanoseconds of each phase, added up; null if nobody asks. */
  int64_t* times = nullptr;

 private:
  // ---- phases ----------------------------------------------------------------------------------

  void latent(Team::Member& member, const StepArguments& step) {
    member.run(forward.blocks(), [&](int64_t block) {
      forward.posterior(block);
      sample_block(block, step.noise);
      forward.decode_first(block);
    });
  }

  template <typename Likelihood>
  void output(Team::Member& member, const Likelihood& likelihood) {
    forward.logits(member, [&](Sums& sums, Chunk chunk, Images of) {
      float* loss = forward.loss_of(chunk) + of.first();
      for (int c = 0; c < of.columns; c++) {
        Lanes sum = lanes(0);
        for (int r = 0; r < chunk.count; r++) {
          Lanes x = load(of.of(forward.batch.x, chunk.first + r) + c * kLanes);
          LossAndGradient y = likelihood.loss_and_gradient(load(&sums.at[r][c * kLanes]), x);
          sum = sum + y.loss;
          store(of.of(forward.output, chunk.first + r) + c * kLanes, y.gradient);
        }
        store(loss + c * kLanes, sum);
      }
    });
  }

  void decode_backward(Team::Member& member, const float* parameters) {
    int last = network_->layers - 1;
    for (int i = last; i >= 1; i--) {
      const ByFeature& dy = i == last ? forward.output : d_decoded[i];
      through_layer(member, parameters, network_->decoder[i], dy, forward.decoded[i - 1],
                    d_decoded[i - 1], ByImage{});
    }
  }

  void latent_backward(Team::Member& member, const float* parameters, float number) {
    const Layer& first = network_->decoder[0];
    const Layer& heads = network_->heads();
    int last = network_->layers - 2;
    const KlWeights kl_weights = weights_of_kl(member, number);
    member.run(forward.blocks(), [&](int64_t block) {
      forward.add_losses(block);
      Images of = Images::block_of(block);
      for (int64_t c = 0; c < chunks_of(first.in); c++) {
        input_gradient(parameters, first, d_decoded[0], Chunk::of(c, first.in), of, dz);
      }
      heads_block(block, kl_weights);
      for (int64_t c = 0; c < chunks_of(heads.in); c++) {
        hidden_gradient(parameters, heads, d_heads, forward.encoded[last], Chunk::of(c, heads.in),
                        of, d_encoded[last], by_image_of(last));
      }
    });
  }

  /**
   * The weights of the KL divergence. All that they depend on of the batch is there: the threads have met since the
   * last image was encoded.
   */
  KlWeights weights_of_kl(Team::Member& member, float number) const {
    if (kl_term_.form == CVAE_KL_DISTANCE) {
      // Each thread for itself, which takes less time than to meet.
      return {nullptr, distance_weight(kl_term_.given, forward.mean_kl(), number)};
    }
    if (kl_term_.form == CVAE_KL_FREE_BITS) {
      member.run(network_->latent, [&](int64_t j) {
        kl_weights_[j] = forward.mean_kl_of(j) > kl_term_.given ? number : 0;
      });
      return {kl_weights_, 0};
    }
    return {nullptr, number};
  }

  void encode_backward(Team::Member& member, const float* parameters) {
    for (int i = network_->layers - 2; i >= 1; i--) {
      through_layer(member, parameters, network_->encoder[i], d_encoded[i], forward.encoded[i - 1],
                    d_encoded[i - 1], by_image_of(i - 1));
    }
  }

  /** Where the gradient of a hidden layer of the encoder goes by image too: the update needs the first one's. */
  ByImage by_image_of(int hidden_layer) const {
    return hidden_layer == 0 ? d_first_by_image : ByImage{};
  }

  void update(Team::Member& member, const Parameters& parameters, const Adam& adam,
              bool is_sparse) {
    // A section a weight, in which a thread has the rows that it multiplies with forward, and one a bias; the last one
    // is of log sigma.
    int of_layers = 4 * network_->layers;
    member.run_sections(
        of_layers + (network_->learns_sigma() ? 1 : 0),
        [&](int section) -> int64_t {
          if (section == of_layers) {
            return 1;
          }
          const Layer& layer = updated(section / 2).layer;
          if (section % 2 == 1) {
            return lanes_of(layer.out);
          }
          int64_t parts = layer.is_turned && is_sparse ? OutputPart::parts_of(layer.out) : 1;
          return chunks_of(layer.rows()) * parts;
        },
        [&](int section, int64_t unit) {
          if (section == of_layers) {
            update_log_sigma(parameters, adam);
            return;
          }
          Updated it = updated(section / 2);
          if (section % 2 == 1) {
            it.layer.update_bias(parameters, adam, it.dy, forward.images(), unit * kLanes);
          } else {
            update_weight(parameters, adam, it, is_sparse, unit);
          }
        });
  }

  // ---- units -----------------------------------------------------------------------------------

  void update_log_sigma(const Parameters& parameters, const Adam& adam) const {
    int64_t at = network_->log_sigma;
    float gradient[kLanes] = {Gaussian::gradient_by_log_sigma(
        reconstruction(), forward.images() * network_->inputs, parameters.value[at])};
    adam.update(parameters, at, load(gradient));
  }

  void sample_block(int64_t block, const NoiseAddress& address) {
    Images of = Images::block_of(block);
    int64_t latent = network_->latent;
    Lanes twice_kl = lanes(0);
    for (int64_t j = 0; j < latent; j += 4) {
      Lanes four[4];
      normals(philox(address, uint32_t(j / 4), uint32_t(of.first())), four);
      for (int64_t k = j; k < smaller(j + 4, latent); k++) {
        Lanes e = four[k - j];
        LatentSample s =
            sample(load(of.of(forward.heads, k)), load(of.of(forward.heads, latent + k)), e);
        store(of.of(forward.noise, k), e);
        store(of.of(forward.z, k), s.z);
        twice_kl = twice_kl + s.twice_kl;
      }
    }
    store(forward.kl + of.first(), twice_kl * lanes(0.5f));
    forward.turn_block(forward.z, forward.z_by_image, block);
  }

  void heads_block(int64_t block, const KlWeights& kl_weights) {
    Images of = Images::block_of(block);
    int64_t latent = network_->latent;
    for (int64_t j = 0; j < latent; j++) {
      HeadGradient d =
          head_gradient(load(of.of(forward.heads, j)), load(of.of(forward.heads, latent + j)),
                        load(of.of(forward.noise, j)), load(of.of(dz, j)), kl_weights.of(j));
      store(of.of(d_heads, j), d.mean);
      store(of.of(d_heads, latent + j), d.log_variance);
    }
  }

  /** A layer's gradient by its inputs, through the activation that made them. */
  void through_layer(Team::Member& member, const float* parameters, const Layer& layer,
                     const ByFeature& dy, const ByFeature& x, const ByFeature& dx,
                     const ByImage& by_image) {
    if (!layer.is_split_backward()) {
      forward.each_chunk(member, layer.in, [&](Chunk chunk, Images of) {
        hidden_gradient(parameters, layer, dy, x, chunk, of, dx, by_image);
      });
      return;
    }
    int64_t units = chunks_of(layer.in) * forward.panels();
    member.run(2 * units, [&](int64_t unit) {
      int64_t half = unit / units;
      Chunk chunk = Chunk::of(unit % units / forward.panels(), layer.in);
      Images of = Images::panel_of(unit % forward.panels(), forward.images());
      Sums sums;
      layer.input_gradient(parameters, dy, layer.half_of_outputs(half), chunk, of, sums);
      copy(sums, chunk, of, half == 0 ? dx : second_half);
    });
    forward.each_chunk(member, layer.in, [&](Chunk chunk, Images of) {
      with_activation(network_->activation, [&](auto activation) {
        for (int64_t f = chunk.first; f < chunk.first + chunk.count; f++) {
          for (int at = 0; at < of.columns * kLanes; at += kLanes) {
            Lanes sum = load(of.of(dx, f) + at) + load(of.of(second_half, f) + at);
            store(of.of(dx, f) + at, activation.gradient(sum, load(of.of(x, f) + at)));
          }
        }
      });
      ForwardPass::turn_images(dx, chunk, of, by_image);
    });
  }

  /** The same of some inputs of some images, by all outputs at once. */
  void hidden_gradient(const float* parameters, const Layer& layer, const ByFeature& dy,
                       const ByFeature& x, Chunk chunk, Images of, const ByFeature& dx,
                       const ByImage& by_image) const {
    Sums sums;
    layer.input_gradient(parameters, dy, layer.all_outputs(), chunk, of, sums);
    with_activation(network_->activation, [&](auto activation) {
      each(sums, chunk, of.columns, [&](int64_t feature, int at, Lanes sum) {
        store(of.of(dx, feature) + at, activation.gradient(sum, load(of.of(x, feature) + at)));
      });
    });
    ForwardPass::turn_images(dx, chunk, of, by_image);
  }

  static void copy(const Sums& sums, Chunk chunk, Images of, const ByFeature& to) {
    each(sums, chunk, of.columns,
         [&](int64_t feature, int at, Lanes sum) { store(of.of(to, feature) + at, sum); });
  }

  static void input_gradient(const float* parameters, const Layer& layer, const ByFeature& dy,
                             Chunk chunk, Images of, const ByFeature& dx) {
    Sums sums;
    layer.input_gradient(parameters, dy, layer.all_outputs(), chunk, of, sums);
    copy(sums, chunk, of, dx);
  }

  /** What a layer's update is made of. */
  struct Updated {
    const Layer& layer;
    const ByFeature& dy;
    /** Not of the encoder's first layer, whose inputs are the images. */
    const ByImage& x;
  };

  /** The layers of encoder and decoder in turn. */
  Updated updated(int number) const {
    int i = number / 2;
    int last = network_->layers - 1;
    if (number % 2 == 0) {
      return {network_->encoder[i], i == last ? d_heads : d_encoded[i],
              forward.encoded_by_image[i == 0 ? 0 : i - 1]};
    }
    return {network_->decoder[i], i == last ? forward.output : d_decoded[i],
            i == 0 ? forward.z_by_image : forward.decoded_by_image[i - 1]};
  }

  void update_weight(const Parameters& parameters, const Adam& adam, const Updated& it,
                     bool is_sparse, int64_t unit) {
    int64_t chunks = chunks_of(it.layer.rows());
    Chunk chunk = Chunk::of(unit % chunks, it.layer.rows());
    if (!it.layer.is_turned) {
      it.layer.update(parameters, adam, it.dy, it.x, forward.images(), chunk);
    } else if (!is_sparse) {
      it.layer.update(parameters, adam, forward.batch.x, d_first_by_image, forward.images(), chunk);
    } else {
      // Part by part, as forward: a thread's weights stay in its cache, and so does a part of dy.
      sparse_update(it.layer, parameters, adam, forward.batch, d_first_by_image, forward.images(),
                    chunk, OutputPart::of(unit / chunks, it.layer.out));
    }
  }

  /** Reconstruction loss of the batch; images added in order. */
  double reconstruction() const {
    double sum = 0;
    for (int64_t i = 0; i < forward.images(); i++) {
      sum += forward.image_loss[i];
    }
    return sum;
  }

  // ---- its time --------------------------------------------------------------------------------

  void start_clock(Team::Member& member) {
    if (times != nullptr && member.is_lead()) {
      phase_began_ = now();
    }
  }

  void end_phase(Team::Member& member, Phase phase) {
    if (times != nullptr && member.is_lead()) {
      int64_t end = now();
      times[phase] += end - phase_began_;
      phase_began_ = end;
    }
  }

  const Network* network_;
  KlTerm kl_term_{};
  /** (latent), if there are free bits. */
  float* kl_weights_ = nullptr;
  int64_t phase_began_ = 0;
};

}  // namespace cvae
