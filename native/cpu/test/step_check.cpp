// SPDX-License-Identifier: Apache-2.0
//
// The training step, phase by phase, tensor by tensor: each phase of native/cpu against double precision from
// the same inputs.
#include <algorithm>
#include <numeric>

#include "checks.h"
#include "reference.h"

namespace check {

namespace {

/** The activations and gradients of a step. */
struct Tensors {
  Matrix x;
  std::vector<Matrix> encoded;
  Matrix heads;
  Matrix noise;
  Matrix z;
  std::vector<Matrix> decoded;
  Matrix output;
  std::vector<Matrix> d_decoded;
  Matrix dz;
  Matrix d_heads;
  std::vector<Matrix> d_encoded;

  static Tensors of(const Model& model, int images) {
    const Shape& shape = model.shape();
    auto layers = [&](cvae_which which, const std::vector<LayerAt>& all) {
      std::vector<Matrix> matrices;
      for (size_t i = 0; i + 1 < all.size(); i++) {
        matrices.push_back(model.matrix(which, int(i), images, all[i].out));
      }
      return matrices;
    };
    auto one = [&](cvae_which which, int columns) {
      return model.matrix(which, 0, images, columns);
    };
    const Layout& layout = model.layout();
    return {one(CVAE_X, shape.inputs),
            layers(CVAE_ENCODED, layout.encoder),
            one(CVAE_HEADS, 2 * shape.latent),
            one(CVAE_NOISE, shape.latent),
            one(CVAE_Z, shape.latent),
            layers(CVAE_DECODED, layout.decoder),
            one(CVAE_OUTPUT, shape.inputs),
            layers(CVAE_D_DECODED, layout.decoder),
            one(CVAE_D_Z, shape.latent),
            one(CVAE_D_HEADS, 2 * shape.latent),
            layers(CVAE_D_ENCODED, layout.encoder)};
  }
};

void gather_phase(const Step& step, const std::vector<float>& targets, const Matrix& x) {
  for (int64_t image = 0; image < x.rows; image++) {
    const uint8_t* pixels = step.pixels + step.order[image] * x.columns;
    for (int64_t p = 0; p < x.columns; p++) {
      expect_near("x", image, p, double(x.at(image, p)), double(targets[pixels[p]]), 0);
    }
  }
}

void encode_phase(const Layout& layout, Activation activation, const std::vector<float>& parameters,
                  const Tensors& t) {
  for (size_t i = 0; i < t.encoded.size(); i++) {
    expect_linear("encoded", layout.encoder[i], parameters, i == 0 ? t.x : t.encoded[i - 1],
                  t.encoded[i], activation);
  }
}

void latent_phase(const Layout& layout, Activation activation, const Step& step,
                  const std::vector<float>& parameters, const Tensors& t, const Losses& losses) {
  expect_linear("heads", layout.encoder.back(), parameters, t.encoded.back(), t.heads,
                Activation::kNone);
  int64_t latent = t.z.columns;
  double kl = 0;
  double kl_rounding = 0;
  for (int64_t image = 0; image < t.z.rows; image++) {
    for (int64_t j = 0; j < latent; j++) {
      double noise =
          noise_of(step.seed, kPurpose, uint32_t(step.number), uint32_t(image), uint32_t(j));
      expect_near("noise", image, j, double(t.noise.at(image, j)), noise, 2e-6);
      double mean = double(t.heads.at(image, j));
      double log_variance = double(t.heads.at(image, latent + j));
      double spread = ::exp(log_variance / 2) * double(t.noise.at(image, j));
      expect_near("z", image, j, double(t.z.at(image, j)), mean + spread,
                  4 * kRounding * (::fabs(mean) + ::fabs(spread)));
      double variance = ::exp(log_variance);
      kl += (mean * mean + variance - log_variance - 1) / 2;
      kl_rounding +=
          double(latent + 8) * kRounding * (mean * mean + variance + ::fabs(log_variance) + 1);
    }
  }
  double images = double(t.z.rows);
  expect_near("KL", 0, 0, double(losses.kl), kl / images,
              kl_rounding / images + kRounding * ::fabs(kl / images));
  expect_linear("decoded", layout.decoder[0], parameters, t.z, t.decoded[0], activation);
}

void decode_phase(const Layout& layout, Activation activation, const std::vector<float>& parameters,
                  const Tensors& t) {
  for (size_t i = 1; i < t.decoded.size(); i++) {
    expect_linear("decoded", layout.decoder[i], parameters, t.decoded[i - 1], t.decoded[i],
                  activation);
  }
}

void output_phase(const Layout& layout, const Likelihood& likelihood,
                  const std::vector<float>& parameters, const Tensors& t, const Losses& losses) {
  double loss = 0;
  double rounding = 0;
  for (int64_t image = 0; image < t.x.rows; image++) {
    for (int64_t p = 0; p < t.x.columns; p++) {
      Sum logit = output_of(layout.decoder.back(), parameters, t.decoded.back(), image, int(p));
      double x = double(t.x.at(image, p));
      expect_near("dlogits", image, p, double(t.output.at(image, p)),
                  gradient_of(likelihood, logit.value, x),
                  gradient_rounding(likelihood, logit.value, logit.rounding(), x));
      double one = loss_of(likelihood, logit.value, x);
      loss += one;
      // Added to up to eleven others of its chunk: as many roundings, each of no more than the chunk's magnitudes.
      rounding += loss_rounding(likelihood, logit.value, logit.rounding(), x) +
                  12 * kRounding * ::fabs(one);
    }
  }
  double images = double(t.x.rows);
  expect_near("RL", 0, 0, double(losses.reconstruction), loss / images,
              rounding / images + kRounding * ::fabs(loss) / images);
}

/** Of a sum that is made of the loss: both are to be near what they are of each pixel. */
void log_sigma_gradient(const Layout& layout, const Likelihood& likelihood,
                        const std::vector<float>& parameters, const Tensors& t,
                        const std::vector<float>& gradients) {
  double sum = 0;
  double rounding = 0;
  for (int64_t image = 0; image < t.x.rows; image++) {
    for (int64_t p = 0; p < t.x.columns; p++) {
      Sum logit = output_of(layout.decoder.back(), parameters, t.decoded.back(), image, int(p));
      double x = double(t.x.at(image, p));
      sum += gradient_by_log_sigma(likelihood, logit.value, x);
      double one = ::fabs(loss_of(likelihood, logit.value, x));
      rounding += 2 * loss_rounding(likelihood, logit.value, logit.rounding(), x) +
                  2 * 12 * kRounding * (one + 1);
    }
  }
  expect_near("gradient by log sigma", 0, 0, double(gradients[layout.log_sigma]), sum,
              rounding + kRounding * ::fabs(sum));
}

void decode_backward_phase(const Layout& layout, Activation activation,
                           const std::vector<float>& parameters, const Tensors& t) {
  for (size_t i = t.decoded.size(); i >= 1; i--) {
    expect_input_gradient("d_decoded", layout.decoder[i], parameters,
                          i == t.decoded.size() ? t.output : t.d_decoded[i], activation,
                          t.decoded[i - 1], t.d_decoded[i - 1]);
  }
}

/** The mean KL divergence of each latent dimension. */
std::vector<Sum> dimensions_kl(const Tensors& t) {
  std::vector<Sum> all(static_cast<size_t>(t.z.columns));
  for (int64_t image = 0; image < t.z.rows; image++) {
    for (int64_t j = 0; j < t.z.columns; j++) {
      double mean = double(t.heads.at(image, j));
      double log_variance = double(t.heads.at(image, t.z.columns + j));
      for (double term : {mean * mean, ::exp(log_variance), -log_variance, -1.0}) {
        all[size_t(j)].add(term / 2 / double(t.z.rows));
      }
    }
  }
  return all;
}

/** How far a dimension's gradients by the means are from those of a weight. */
double distance_from(double weight, int64_t dimension, const Tensors& t) {
  double sum = 0;
  for (int64_t image = 0; image < t.z.rows; image++) {
    sum +=
        ::fabs(double(t.dz.at(image, dimension)) + weight * double(t.heads.at(image, dimension)) -
               double(t.d_heads.at(image, dimension)));
  }
  return sum;
}

/** What the gradient of a dimension's KL divergence has to be multiplied by. */
double kl_weight(const KlTerm& term, const Step& step, const Losses& losses, int64_t dimension,
                 const Sum& kl, const Tensors& t) {
  double given = double(term.given);
  if (term.form == CVAE_KL_DISTANCE) {
    // By the very number that is told.
    return losses.kl > step.kl_number ? given : losses.kl < step.kl_number ? -given : 0;
  }
  if (term.form == CVAE_KL_FREE_BITS) {
    double beta = double(step.kl_number);
    if (::fabs(kl.value - given) < 16 * kRounding * kl.magnitude) {
      // By how the mean is rounded: one of the two it has to be.
      return distance_from(0, dimension, t) < distance_from(beta, dimension, t) ? 0 : beta;
    }
    return kl.value > given ? beta : 0;
  }
  return double(step.kl_number);
}

void latent_backward_phase(const Layout& layout, Activation activation, const KlTerm& term,
                           const Step& step, const std::vector<float>& parameters, const Tensors& t,
                           const Losses& losses) {
  expect_input_gradient("dz", layout.decoder[0], parameters, t.d_decoded[0], Activation::kNone, t.z,
                        t.dz);
  int64_t latent = t.z.columns;
  std::vector<Sum> kl = dimensions_kl(t);
  for (int64_t j = 0; j < latent; j++) {
    double weight = kl_weight(term, step, losses, j, kl[size_t(j)], t);
    for (int64_t image = 0; image < t.z.rows; image++) {
      double mean = double(t.heads.at(image, j));
      double log_variance = double(t.heads.at(image, latent + j));
      double dz = double(t.dz.at(image, j));
      expect_near("dmean", image, j, double(t.d_heads.at(image, j)), dz + weight * mean,
                  4 * kRounding * (::fabs(dz) + ::fabs(weight * mean)) + 1e-37);
      double through_z = dz * ::exp(log_variance / 2) * double(t.noise.at(image, j)) / 2;
      double variance = ::exp(log_variance);
      expect_near("dlogvar", image, j, double(t.d_heads.at(image, latent + j)),
                  through_z + weight * (variance - 1) / 2,
                  8 * kRounding * (::fabs(through_z) + ::fabs(weight) * (variance + 1)) + 1e-37);
    }
  }
  expect_input_gradient("d_encoded", layout.encoder.back(), parameters, t.d_heads, activation,
                        t.encoded.back(), t.d_encoded.back());
}

void encode_backward_phase(const Layout& layout, Activation activation,
                           const std::vector<float>& parameters, const Tensors& t) {
  for (size_t i = t.encoded.size() - 1; i >= 1; i--) {
    expect_input_gradient("d_encoded", layout.encoder[i], parameters, t.d_encoded[i], activation,
                          t.encoded[i - 1], t.d_encoded[i - 1]);
  }
}

void update_phase(const Layout& layout, const Step& step, const Tensors& t,
                  const TrainingState& before, const std::vector<float>& gradients,
                  const TrainingState& after) {
  for (size_t i = 0; i < layout.encoder.size(); i++) {
    expect_weight_gradient("encoder's gradient", layout.encoder[i],
                           i == t.encoded.size() ? t.d_heads : t.d_encoded[i],
                           i == 0 ? t.x : t.encoded[i - 1], gradients);
  }
  for (size_t i = 0; i < layout.decoder.size(); i++) {
    expect_weight_gradient("decoder's gradient", layout.decoder[i],
                           i == t.decoded.size() ? t.output : t.d_decoded[i],
                           i == 0 ? t.z : t.decoded[i - 1], gradients);
  }
  expect_adam(step, before, gradients, after);
}

/** Free bits that some dimensions of a step are above and others below, if there are several. */
float drawn_free_bits(const Shape& shape, const Likelihood& likelihood,
                      const std::vector<float>& parameters, const Step& step, Random& random) {
  Model model(shape, step.images, 1, true, grey_targets(), {}, likelihood);
  model.write(kParameters, parameters);
  model.step(step);
  std::vector<double> all;
  for (const Sum& kl : dimensions_kl(Tensors::of(model, step.images))) {
    all.push_back(kl.value);
  }
  std::sort(all.begin(), all.end());
  size_t below = size_t(random.between(0, int(all.size()) - 1));
  return float(below + 1 < all.size() ? (all[below] + all[below + 1]) / 2 : all[below] * 2);
}

/** C on a side of a KL divergence, far away or next to it, or that number itself. */
float drawn_c(float kl, Random& random) {
  const float all[] = {0, kl / 2, ::nextafterf(kl, 0), kl, ::nextafterf(kl, INFINITY), 2 * kl};
  return all[random.between(0, 5)];
}

/** Three steps of a network, the second one of fewer images. */
void steps_of(const Shape& shape, int batch, int threads, double density, cvae_kl_term form,
              Likelihood likelihood, Random& random) {
  int steps = 3;
  int count = batch * 2;
  KlTerm term{form, form == CVAE_KL_DISTANCE ? 0.3f : 0};
  subject() = shape.name() + ", batch " + std::to_string(batch) + ", " + std::to_string(threads) +
              " threads, " + (density < 0.5 ? "sparse, " : "dense, ") + term.name() + ", " +
              likelihood.text();
  std::vector<uint8_t> pixels = drawn_pixels(int64_t(count) * shape.inputs, density, random);
  std::vector<int32_t> order(static_cast<size_t>(batch));
  std::vector<float> parameters = drawn_parameters(shape, random, likelihood);
  if (form == CVAE_KL_FREE_BITS) {
    std::iota(order.begin(), order.end(), 0);
    Step first{batch, pixels.data(), order.data(), 1, 0, 1, 1e-2f};
    term.given = drawn_free_bits(shape, likelihood, parameters, first, random);
  }
  Model model(shape, batch, threads, true, grey_targets(), term, likelihood);
  model.write(kParameters, parameters);
  for (int number = 0; number < steps; number++) {
    // Fewer than before, so that what is left of the last step's images lies beside them; then all again.
    int images = number == 1 ? random.between(1, batch) : batch;
    for (int32_t& image : order) {
      image = random.between(0, count - 1);
    }
    Step step{images, pixels.data(), order.data(), int64_t(random.bits()), number, 0.7f, 1e-2f};
    TrainingState before = TrainingState::of(model);
    if (form == CVAE_KL_DISTANCE) {
      // The KL divergence that the step has with any C.
      step.kl_number = drawn_c(model.step(step).kl, random);
      before.restore(model);
    }
    Losses losses = model.step(step);
    TrainingState after = TrainingState::of(model);
    std::vector<float> gradients = model.read(kGradients);
    Tensors t = Tensors::of(model, images);
    const Layout& layout = model.layout();
    const Activation f = shape.activation;
    gather_phase(step, grey_targets(), t.x);
    encode_phase(layout, f, before.parameters, t);
    latent_phase(layout, f, step, before.parameters, t, losses);
    decode_phase(layout, f, before.parameters, t);
    if (likelihood.learns_sigma) {
      likelihood.log_sigma = before.parameters[layout.log_sigma];
      log_sigma_gradient(layout, likelihood, before.parameters, t, gradients);
    }
    output_phase(layout, likelihood, before.parameters, t, losses);
    decode_backward_phase(layout, f, before.parameters, t);
    latent_backward_phase(layout, f, term, step, before.parameters, t, losses);
    encode_backward_phase(layout, f, before.parameters, t);
    update_phase(layout, step, t, before, gradients, after);
    model.require_intact();
  }
}

}  // namespace

void check_steps(Random& random) {
  Shape shape{random.between(1, 200), {}, random.between(1, 20)};
  for (int layers = random.between(1, 3); layers > 0; layers--) {
    shape.hidden.push_back(random.between(1, 70));
  }
  shape.activation = random.chance(0.5) ? Activation::kRelu : Activation::kTanh;
  int batch = random.between(1, 150);
  int threads = random.between(1, 4);
  double density = random.chance(0.5) ? 0.2 : 0.9;
  Likelihood likelihood = all_likelihoods()[size_t(random.between(0, 3))];
  steps_of(shape, batch, threads, density, cvae_kl_term(random.between(0, 2)), likelihood, random);
}

void check_far_sizes() {
  Random random(3);
  const std::vector<int32_t> deep(100, 5);
  const std::vector<Likelihood> likelihoods = all_likelihoods();
  size_t turn = 0;
  const struct {
    Shape shape;
    int batch;
    int threads;
    double density;
  } sizes[] = {
      {{1, {1}, 1}, 1, 1, 1},
      {{784, {400, 50}, 2}, 40, 2, 0.2},
      {{784, {100}, 3}, 35, 3, 1},
      // More of one than there is room for in a tile, a panel, a segment or a list.
      {{9, deep, 2}, 33, 2, 0.5},
      {{30, {20}, 300}, 65, 2, 0.2},
      {{5000, {3}, 1}, 5, 2, 0.1},
      {{12, {9}, 2}, 700, 2, 0.2},
      {{7, {700}, 1}, 20, 2, 0.3},
      {{20, {10}, 2}, 40, 60, 0.3},
      // Layers of the encoder that are split on the way back, in odd and even numbers of chunks.
      {{50, {40, 200}, 2}, 37, 2, 0.3},
      {{33, {150, 140, 130}, 3}, 70, 3, 0.7},
      {{33, {150, 140, 130}, 3, Activation::kTanh}, 70, 3, 0.7},
      // Images without a single lit pixel.
      {{50, {30, 20}, 2}, 40, 2, 0}};
  for (const auto& size : sizes) {
    for (cvae_kl_term form : {CVAE_KL_WEIGHTED, CVAE_KL_DISTANCE, CVAE_KL_FREE_BITS}) {
      // The others have much that no term has a part in.
      if (form == CVAE_KL_WEIGHTED || size.shape.latent > 2 || size.batch > 500 ||
          size.threads > 4) {
        steps_of(size.shape, size.batch, size.threads, size.density, form,
                 likelihoods[turn++ % likelihoods.size()], random);
      }
    }
  }
}

}  // namespace check
