// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <new>

#include "training_step.h"

using namespace cvae;

/** Images or points that are computed together where nothing is trained: what stays in the cache. */
static constexpr int64_t kInferenceChunk = 256;

struct cvae_model {
  Arena arena;
  Team team;
  Network network;
  Parameters parameters;
  ForwardPass inference;
  int64_t batch;
  bool keeps_gradients;
  int likelihood;
  /** Of a likelihood that has one, where it is not learned. */
  float given_log_sigma;
  KlTerm kl_term;
  /** Used if there is a batch. */
  TrainingStep training;
  int64_t times[kPhases];

  void take() {
    parameters.value = arena.take<float>(network.floats);
    inference.take(arena, network, kInferenceChunk, false);
    if (batch > 0) {
      parameters.first_moment = arena.take<float>(network.floats);
      parameters.second_moment = arena.take<float>(network.floats);
      parameters.gradient = keeps_gradients ? arena.take<float>(network.floats) : nullptr;
      training.take(arena, network, batch, kl_term);
    }
  }

  float log_sigma() const {
    return network.learns_sigma() ? parameters.value[network.log_sigma] : given_log_sigma;
  }

  float* array(int which) const {
    float* const arrays[] = {parameters.value, parameters.first_moment, parameters.second_moment,
                             parameters.gradient};
    return arrays[which];
  }
};

extern "C" int cvae_interface(void) { return 5; }

extern "C" const char* cvae_isa(void) { return CVAE_ISA; }

extern "C" int cvae_activation(const char* name) { return activation_of(name); }

extern "C" int cvae_likelihood(const char* name) { return likelihood_of(name); }

// There is no C++ library: the model is made in memory that is mapped, zeros, and its constructors do nothing that
// matters.
extern "C" cvae_model* cvae_create(int inputs, int hidden_layers, const int32_t* hidden, int latent,
                                   int activation, int64_t batch, int keeps_gradients, int threads,
                                   int has_cores, int likelihood, float log_sigma, int learns_sigma,
                                   int kl_term, float kl_given, const float* targets) {
  void* memory =
      mmap(nullptr, sizeof(cvae_model), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  auto* model = new (memory) cvae_model();
  model->network =
      Network::of({inputs, hidden_layers, hidden, latent, activation, learns_sigma != 0});
  model->batch = batch;
  model->keeps_gradients = keeps_gradients != 0;
  model->likelihood = likelihood;
  model->given_log_sigma = log_sigma;
  model->kl_term = {kl_term, kl_given};
  model->team.begin(threads, has_cores != 0);
  model->take();
  if (!model->arena.allocate()) {
    cvae_destroy(model);
    return nullptr;
  }
  model->take();
  memcpy(model->inference.batch.target, targets, 256 * sizeof(float));
  if (batch > 0) {
    memcpy(model->training.forward.batch.target, targets, 256 * sizeof(float));
  }
  return model;
}

extern "C" void cvae_destroy(cvae_model* model) {
  model->~cvae_model();
  munmap(model, sizeof(cvae_model));
}

namespace {

/** Calls copy(place here, place in the layout) for each parameter of a layer; returns where the next one begins. */
template <typename Copy>
int64_t each_parameter(const Layer& layer, int64_t outside, Copy copy) {
  for (int64_t o = 0; o < layer.out; o++) {
    for (int64_t i = 0; i < layer.in; i++) {
      int64_t here = layer.is_turned ? i * layer.pitch() + o : o * layer.pitch() + i;
      copy(layer.weight + here, outside + o * layer.in + i);
    }
  }
  outside += whole_lanes(layer.out * layer.in);
  for (int64_t o = 0; o < layer.out; o++) {
    copy(layer.bias + o, outside + o);
  }
  return outside + whole_lanes(layer.out);
}

template <typename Copy>
void each_parameter(const Network& network, Copy copy) {
  int64_t outside = 0;
  for (int i = 0; i < network.layers; i++) {
    outside = each_parameter(network.encoder[i], outside, copy);
  }
  for (int i = 0; i < network.layers; i++) {
    outside = each_parameter(network.decoder[i], outside, copy);
  }
  if (network.learns_sigma()) {
    copy(network.log_sigma, outside);
  }
}

void copy_out(const ByFeature& from, int64_t feature, int64_t features, int64_t image, float* to) {
  for (int64_t f = 0; f < features; f++) {
    to[f] = from.at(image / kPanel, feature + f)[image % kPanel];
  }
}

}  // namespace

extern "C" void cvae_write(cvae_model* model, int which, const float* from) {
  float* to = model->array(which);
  each_parameter(model->network, [&](int64_t here, int64_t outside) { to[here] = from[outside]; });
}

extern "C" void cvae_read(const cvae_model* model, int which, float* to) {
  const float* from = model->array(which);
  each_parameter(model->network, [&](int64_t here, int64_t outside) { to[outside] = from[here]; });
}

extern "C" void cvae_step(cvae_model* model, int member, int64_t images, const uint8_t* pixels,
                          const int32_t* order, int64_t seed, int purpose, int step, float number,
                          float step_size, float root_scale, float* losses) {
  if (member == 0) {
    model->training.begin(model->parameters, images);
  }
  Team::Member self(model->team, member);
  StepArguments arguments{images,
                          {pixels, order},
                          {uint64_t(seed), uint32_t(purpose), uint32_t(step)},
                          number,
                          {step_size, root_scale}};
  with_likelihood(model->likelihood, model->log_sigma(), [&](auto likelihood) {
    model->training.run(self, likelihood, model->parameters, arguments);
  });
  if (losses == nullptr) {
    return;
  }
  StepLosses mean = model->training.losses();
  losses[0] = mean.reconstruction;
  losses[1] = mean.kl;
}

extern "C" void* cvae_allocate(int64_t bytes) {
  void* map =
      mmap(nullptr, size_t(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) {
    return nullptr;
  }
  madvise(map, size_t(bytes), MADV_HUGEPAGE);
  return map;
}

extern "C" void cvae_free(void* memory, int64_t bytes) { munmap(memory, size_t(bytes)); }

extern "C" int cvae_chunk(void) { return int(kInferenceChunk); }

namespace {

/** A thread's part in the inference of some images or points, which the lead begins. */
Team::Member begin_inference(cvae_model* model, int member, int64_t rows, bool encodes) {
  if (member == 0) {
    model->inference.begin(model->parameters.value, rows, encodes);
  }
  return Team::Member(model->team, member);
}

}  // namespace

extern "C" void cvae_encode(cvae_model* model, int member, int64_t images, const uint8_t* pixels,
                            float* mean, float* log_variance) {
  ForwardPass& pass = model->inference;
  Team::Member self = begin_inference(model, member, images, true);
  pass.gather(self, {pixels, nullptr});
  pass.encode(self, pass.batch.is_sparse());
  int64_t latent = model->network.latent;
  self.run(pass.blocks(), [&](int64_t block) {
    pass.posterior(block);
    for (int64_t i = block * kLanes; i < smaller((block + 1) * kLanes, images); i++) {
      copy_out(pass.heads, 0, latent, i, mean + i * latent);
      copy_out(pass.heads, latent, latent, i, log_variance + i * latent);
    }
  });
}

namespace {

/** The decoder's hidden layers, from latent points. */
void decode_points(cvae_model* model, Team::Member& self, int64_t points, const float* z) {
  ForwardPass& pass = model->inference;
  int64_t latent = model->network.latent;
  self.run(pass.blocks(), [&](int64_t block) {
    for (int64_t i = block * kLanes; i < smaller((block + 1) * kLanes, points); i++) {
      for (int64_t j = 0; j < latent; j++) {
        pass.z.at(i / kPanel, j)[i % kPanel] = z[i * latent + j];
      }
    }
    pass.decode_first(block);
  });
  pass.decode(self);
}

/** Sixteen losses of images, whose chunks are added here: (images). */
void copy_losses(const cvae_model* model, int64_t block, int64_t images, float* to) {
  const ForwardPass& pass = model->inference;
  pass.add_losses(block);
  for (int64_t i = block * kLanes; i < smaller((block + 1) * kLanes, images); i++) {
    to[i] = float(pass.image_loss[i]);
  }
}

/** Sixteen points of what the last layer left in `output`: (points, inputs). */
void copy_outputs(const cvae_model* model, int64_t block, int64_t points, float* to) {
  int64_t inputs = model->network.inputs;
  for (int64_t i = block * kLanes; i < smaller((block + 1) * kLanes, points); i++) {
    copy_out(model->inference.output, 0, inputs, i, to + i * inputs);
  }
}

}  // namespace

extern "C" void cvae_decode(cvae_model* model, int member, int64_t points, const float* z,
                            float* mean) {
  ForwardPass& pass = model->inference;
  Team::Member self = begin_inference(model, member, points, false);
  decode_points(model, self, points, z);
  with_likelihood(model->likelihood, model->log_sigma(), [&](auto likelihood) {
    pass.logits(self, [&](Sums& sums, Chunk chunk, Images of) {
      each(sums, chunk, of.columns, [&](int64_t feature, int at, Lanes logit) {
        store(of.of(pass.output, feature) + at, likelihood.mean(logit));
      });
    });
  });
  self.run(pass.blocks(), [&](int64_t block) { copy_outputs(model, block, points, mean); });
}

extern "C" void cvae_logits(cvae_model* model, int member, int64_t points, const float* z,
                            float* logits, float* log_partition) {
  ForwardPass& pass = model->inference;
  Team::Member self = begin_inference(model, member, points, false);
  decode_points(model, self, points, z);
  with_likelihood(model->likelihood, model->log_sigma(), [&](auto likelihood) {
    pass.logits(self, [&](Sums& sums, Chunk chunk, Images of) {
      for (int c = 0; c < of.columns; c++) {
        Lanes sum = lanes(0);
        for (int r = 0; r < chunk.count; r++) {
          Lanes logit = load(&sums.at[r][c * kLanes]);
          store(of.of(pass.output, chunk.first + r) + c * kLanes, logit);
          sum = sum + likelihood.loss(logit, lanes(0));
        }
        store(pass.loss_of(chunk) + of.first() + c * kLanes, sum);
      }
    });
  });
  self.run(pass.blocks(), [&](int64_t block) {
    copy_outputs(model, block, points, logits);
    copy_losses(model, block, points, log_partition);
  });
}

extern "C" void cvae_score(cvae_model* model, int member, int64_t images, const uint8_t* pixels,
                           const float* z, float* loss) {
  ForwardPass& pass = model->inference;
  Team::Member self = begin_inference(model, member, images, false);
  pass.gather(self, {pixels, nullptr});
  decode_points(model, self, images, z);
  with_likelihood(model->likelihood, model->log_sigma(), [&](auto likelihood) {
    pass.logits(self, [&](Sums& sums, Chunk chunk, Images of) {
      for (int c = 0; c < of.columns; c++) {
        Lanes sum = lanes(0);
        for (int r = 0; r < chunk.count; r++) {
          Lanes x = load(of.of(pass.batch.x, chunk.first + r) + c * kLanes);
          sum = sum + likelihood.loss(load(&sums.at[r][c * kLanes]), x);
        }
        store(pass.loss_of(chunk) + of.first() + c * kLanes, sum);
      }
    });
  });
  self.run(pass.blocks(), [&](int64_t block) { copy_losses(model, block, images, loss); });
}

extern "C" void cvae_times(cvae_model* model, int64_t* times) {
  memcpy(times, model->times, sizeof model->times);
  memset(model->times, 0, sizeof model->times);
  model->training.times = model->times;
}

extern "C" int cvae_phases(void) { return kPhases; }

extern "C" int64_t cvae_matrix(const cvae_model* model, int which, int layer, float* to) {
  const TrainingStep& step = model->training;
  const Network& network = model->network;
  struct Named {
    const ByFeature& matrix;
    int64_t features;
  };
  auto named = [&]() -> Named {
    switch (which) {
      case CVAE_X:
        return {step.forward.batch.x, network.inputs};
      case CVAE_ENCODED:
        return {step.forward.encoded[layer], network.encoder[layer].out};
      case CVAE_HEADS:
        return {step.forward.heads, 2 * network.latent};
      case CVAE_NOISE:
        return {step.forward.noise, network.latent};
      case CVAE_Z:
        return {step.forward.z, network.latent};
      case CVAE_DECODED:
        return {step.forward.decoded[layer], network.decoder[layer].out};
      case CVAE_OUTPUT:
        return {step.forward.output, network.inputs};
      case CVAE_D_DECODED:
        return {step.d_decoded[layer], network.decoder[layer].out};
      case CVAE_D_Z:
        return {step.dz, network.latent};
      case CVAE_D_HEADS:
        return {step.d_heads, 2 * network.latent};
      default:
        return {step.d_encoded[layer], network.encoder[layer].out};
    }
  };
  Named it = named();
  for (int64_t i = 0; i < step.forward.images(); i++) {
    copy_out(it.matrix, 0, it.features, i, to + i * it.features);
  }
  return it.features;
}

extern "C" int cvae_is_intact(const cvae_model* model) { return model->arena.is_intact(); }

// What the processor could do, for the benchmark.

extern "C" int64_t cvae_fma_flops(int64_t rounds) {
  return rounds * kTileRows * kTileLanes * kLanes * 2;
}

extern "C" float cvae_fma(int64_t rounds) {
  Lanes sum[kTileRows][kTileLanes];
  for (int r = 0; r < kTileRows; r++) {
    for (int c = 0; c < kTileLanes; c++) {
      sum[r][c] = lanes(float(r + c));
    }
  }
  // The compiler must not see what they are.
  volatile float opaque[2] = {0.5f, 0.25f};
  const Lanes a = lanes(opaque[0]);
  const Lanes b = lanes(opaque[1]);
  for (int64_t i = 0; i < rounds; i++) {
#pragma GCC unroll 12
    for (int r = 0; r < kTileRows; r++) {
#pragma GCC unroll 2
      for (int c = 0; c < kTileLanes; c++) {
        sum[r][c] = fma(sum[r][c], a, b);
      }
    }
  }
  Lanes all = lanes(0);
  for (int r = 0; r < kTileRows; r++) {
    for (int c = 0; c < kTileLanes; c++) {
      all = all + sum[r][c];
    }
  }
  float first[kLanes];
  store(first, all);
  return first[0];
}

extern "C" void cvae_change(float* floats, int64_t count, int64_t rounds) {
  for (int64_t i = 0; i < rounds; i++) {
    for (int64_t at = 0; at + kLanes <= count; at += kLanes) {
      store(floats + at, fma(load(floats + at), lanes(0.5f), lanes(0.25f)));
    }
  }
}
