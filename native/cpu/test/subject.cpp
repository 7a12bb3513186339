// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

namespace check {

std::string Shape::name() const {
  std::string text = std::to_string(inputs);
  for (int32_t width : hidden) {
    text += "-" + std::to_string(width);
  }
  text += "-" + std::to_string(latent);
  return activation == Activation::kTanh ? text + " tanh" : text;
}

std::string Likelihood::text() const {
  return std::string(name) + (learns_sigma ? " learned" : "");
}

std::string KlTerm::name() const {
  const char* names[] = {"weighted", "distance", "free bits"};
  return names[form];
}

namespace {

size_t whole_lanes(size_t count) { return (count + 15) / 16 * 16; }

LayerAt place(int in, int out, size_t& end) {
  LayerAt layer{in, out, end, 0};
  layer.bias = end + whole_lanes(size_t(in) * size_t(out));
  end = layer.bias + whole_lanes(size_t(out));
  return layer;
}

}  // namespace

Layout::Layout(const Shape& shape, bool learns_sigma) {
  int in = shape.inputs;
  for (int32_t width : shape.hidden) {
    encoder.push_back(place(in, width, size));
    in = width;
  }
  encoder.push_back(place(in, 2 * shape.latent, size));
  in = shape.latent;
  for (size_t i = shape.hidden.size(); i-- > 0;) {
    decoder.push_back(place(in, shape.hidden[i], size));
    in = shape.hidden[i];
  }
  decoder.push_back(place(in, shape.inputs, size));
  if (learns_sigma) {
    log_sigma = size;
    size += whole_lanes(1);
  }
}

namespace {

/** 1 - beta^t */
double correction(double beta, int t) {
  double power = 1;
  for (int i = 0; i < t; i++) {
    power *= beta;
  }
  return 1 - power;
}

}  // namespace

float Step::step_size() const { return float(double(learning_rate) / correction(0.9, number + 1)); }

float Step::root_scale() const { return float(1 / ::sqrt(correction(0.999, number + 1))); }

std::vector<float> grey_targets() {
  std::vector<float> targets(256);
  for (int v = 0; v < 256; v++) {
    targets[size_t(v)] = float(v) / 255.f;
  }
  return targets;
}

std::vector<float> drawn_parameters(const Shape& shape, Random& random,
                                    const Likelihood& likelihood) {
  Layout layout(shape, likelihood.learns_sigma);
  std::vector<float> parameters(layout.size);
  auto draw = [&](const std::vector<LayerAt>& layers) {
    for (const LayerAt& layer : layers) {
      float limit = ::sqrtf(3.f / float(layer.in));
      for (size_t i = 0; i < size_t(layer.in) * size_t(layer.out); i++) {
        parameters[layer.weight + i] = random.around_zero(limit);
      }
      for (size_t o = 0; o < size_t(layer.out); o++) {
        parameters[layer.bias + o] = random.around_zero(0.25f);
      }
    }
  };
  draw(layout.encoder);
  draw(layout.decoder);
  if (likelihood.learns_sigma) {
    parameters[layout.log_sigma] = likelihood.log_sigma;
  }
  return parameters;
}

std::vector<uint8_t> drawn_pixels(int64_t count, double density, Random& random) {
  std::vector<uint8_t> pixels(static_cast<size_t>(count));
  for (uint8_t& pixel : pixels) {
    pixel = random.chance(density) ? uint8_t(random.between(1, 255)) : 0;
  }
  return pixels;
}

Model::Model(const Shape& shape, int64_t batch, int threads, bool keeps_gradients,
             const std::vector<float>& targets, const KlTerm& kl_term, const Likelihood& likelihood)
    : shape_(shape), layout_(shape, likelihood.learns_sigma), threads_(threads) {
  // Threads that sleep at once: there may be more of them than cores.
  model_ = cvae_create(shape.inputs, int(shape.hidden.size()), shape.hidden.data(), shape.latent,
                       cvae_activation(shape.activation == Activation::kTanh ? "tanh" : "relu"),
                       batch, keeps_gradients, threads, 0, cvae_likelihood(likelihood.name),
                       likelihood.log_sigma, likelihood.learns_sigma, kl_term.form, kl_term.given,
                       targets.data());
  if (model_ == nullptr) {
    fail("there is too little memory for %s", shape.name().c_str());
  }
}

Model::~Model() { cvae_destroy(model_); }

void Model::write(Array array, const std::vector<float>& from) {
  cvae_write(model_, array, from.data());
}

std::vector<float> Model::read(Array array) const {
  std::vector<float> to(layout_.size);
  cvae_read(model_, array, to.data());
  return to;
}

Matrix Model::matrix(cvae_which which, int layer, int images, int columns) const {
  Matrix matrix(images, columns);
  int64_t found = cvae_matrix(model_, which, layer, matrix.data.data());
  if (found != columns) {
    fail("matrix %d has %lld features, not %d", which, static_cast<long long>(found), columns);
  }
  return matrix;
}

void Model::step_by(int member, const Step& step, float* losses) {
  cvae_step(model_, member, step.images, step.pixels, step.order, step.seed, kPurpose, step.number,
            step.kl_number, step.step_size(), step.root_scale(), member == 0 ? losses : nullptr);
}

Losses Model::step(const Step& step) {
  float losses[2];
  all([&](int member) { step_by(member, step, losses); });
  return {losses[0], losses[1]};
}

void Model::steps(const std::vector<Step>& steps) {
  all([&](int member) {
    for (const Step& step : steps) {
      step_by(member, step, nullptr);
    }
  });
}

void Model::encode(int images, const uint8_t* pixels, Matrix& mean, Matrix& log_variance) {
  all([&](int member) {
    cvae_encode(model_, member, images, pixels, mean.data.data(), log_variance.data.data());
  });
}

Matrix Model::decode(const Matrix& z) {
  Matrix mean(z.rows, shape_.inputs);
  all([&](int member) { cvae_decode(model_, member, z.rows, z.data.data(), mean.data.data()); });
  return mean;
}

Matrix Model::logits(const Matrix& z, Matrix& log_partition) {
  Matrix logits(z.rows, shape_.inputs);
  all([&](int member) {
    cvae_logits(model_, member, z.rows, z.data.data(), logits.data.data(),
                log_partition.data.data());
  });
  return logits;
}

Matrix Model::score(const uint8_t* pixels, const Matrix& z) {
  Matrix loss(z.rows, 1);
  all([&](int member) {
    cvae_score(model_, member, z.rows, pixels, z.data.data(), loss.data.data());
  });
  return loss;
}

std::vector<int64_t> Model::times() {
  std::vector<int64_t> nanos(static_cast<size_t>(cvae_phases()));
  cvae_times(model_, nanos.data());
  return nanos;
}

void Model::require_intact() const {
  if (!cvae_is_intact(model_)) {
    fail("something was written beyond the end of a buffer");
  }
}

}  // namespace check
