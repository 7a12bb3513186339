// SPDX-License-Identifier: Apache-2.0
//
// Encoding, decoding and scoring: the same bits as the phases of the training step, and near double precision.
#include "checks.h"
#include "reference.h"

namespace check {

namespace {

void expect_same(const char* what, float actual, float expected, int64_t image, int64_t column) {
  expect_near(what, image, column, double(actual), double(expected), 0);
}

/** One latent point's logits and loss. */
void expect_decoded(const Model& model, const Likelihood& likelihood,
                    const std::vector<float>& parameters, const Matrix& z, const Matrix& logits,
                    const Matrix& log_partition, const Matrix& mean, const Matrix& loss,
                    const std::vector<uint8_t>& pixels) {
  const Layout& layout = model.layout();
  std::vector<float> targets = grey_targets();
  for (int64_t point = 0; point < z.rows; point++) {
    std::vector<double> x(z.data.begin() + point * z.columns,
                          z.data.begin() + (point + 1) * z.columns);
    // How wrong each may be.
    std::vector<double> wrong(x.size());
    for (size_t l = 0; l < layout.decoder.size(); l++) {
      const LayerAt& layer = layout.decoder[l];
      std::vector<double> y;
      std::vector<double> y_wrong;
      for (int o = 0; o < layer.out; o++) {
        Sum sum;
        double inherited = 0;
        sum.add(double(parameters[layer.bias + size_t(o)]));
        for (int i = 0; i < layer.in; i++) {
          double w = double(parameters[layer.weight + size_t(o) * size_t(layer.in) + size_t(i)]);
          sum.add(w * x[size_t(i)]);
          inherited += ::fabs(w) * wrong[size_t(i)];
        }
        bool is_hidden = l + 1 < layout.decoder.size();
        Activation activation = is_hidden ? model.shape().activation : Activation::kNone;
        y.push_back(value_of(activation, sum.value));
        // No slope is above 1.
        y_wrong.push_back(inherited + sum.rounding() + rounding_of(activation, y.back()));
      }
      x = y;
      wrong = y_wrong;
    }
    double expected = 0;
    double rounding = 0;
    double black = 0;
    for (size_t p = 0; p < x.size(); p++) {
      expect_near("logit", point, int64_t(p), double(logits.at(point, int64_t(p))), x[p], wrong[p]);
      expect_near("decoded mean", point, int64_t(p), double(mean.at(point, int64_t(p))),
                  mean_of(likelihood, x[p]), mean_rounding(likelihood, x[p], wrong[p]));
      double target = double(targets[pixels[size_t(point) * x.size() + p]]);
      double one = loss_of(likelihood, x[p], target);
      double of_black = loss_of(likelihood, x[p], 0);
      expected += one;
      black += of_black;
      rounding += loss_rounding(likelihood, x[p], wrong[p], target) +
                  loss_rounding(likelihood, x[p], wrong[p], 0) +
                  12 * kRounding * (::fabs(one) + ::fabs(of_black));
    }
    expect_near("log partition", point, 0, double(log_partition.at(point, 0)), black,
                rounding + kRounding * 12 * ::fabs(black));
    expect_near("score", point, 0, double(loss.at(point, 0)), expected,
                rounding + kRounding * ::fabs(expected));
  }
}

}  // namespace

void check_inference(Random& random) {
  Shape shape{random.between(1, 120), {}, random.between(1, 20)};
  for (int layers = random.between(1, 3); layers > 0; layers--) {
    shape.hidden.push_back(random.between(1, 60));
  }
  shape.activation = random.chance(0.5) ? Activation::kRelu : Activation::kTanh;
  int images = random.chance(0.2) ? cvae_chunk() : random.between(1, 70);
  int threads = random.between(1, 4);
  double density = random.chance(0.5) ? 0.2 : 0.9;
  subject() = shape.name() + ", inference of " + std::to_string(images) + ", " +
              std::to_string(threads) + " threads, " + (density < 0.5 ? "sparse" : "dense");
  std::vector<uint8_t> pixels = drawn_pixels(int64_t(images) * shape.inputs, density, random);
  Likelihood likelihood = all_likelihoods()[size_t(random.between(0, 3))];
  subject() += ", " + likelihood.text();
  std::vector<float> parameters = drawn_parameters(shape, random, likelihood);
  Model model(shape, 0, threads, false, grey_targets(), {}, likelihood);
  model.write(kParameters, parameters);
  // First with more of them, which leaves its own behind.
  Matrix z(images, shape.latent);
  for (float& value : z.data) {
    value = random.around_zero(4);
  }
  Matrix mean(images, shape.latent);
  Matrix log_variance(images, shape.latent);
  model.encode(images, pixels.data(), mean, log_variance);
  Matrix means = model.decode(z);
  Matrix losses = model.score(pixels.data(), z);
  model.require_intact();
  Matrix log_partition(images, 1);
  Matrix logits = model.logits(z, log_partition);
  expect_decoded(model, likelihood, parameters, z, logits, log_partition, means, losses, pixels);

  // A training step of the same images in order, on the same weights.
  Model trained(shape, images, threads, true, grey_targets(), {}, likelihood);
  trained.write(kParameters, parameters);
  std::vector<int32_t> order;
  for (int i = 0; i < images; i++) {
    order.push_back(i);
  }
  Losses step = trained.step({images, pixels.data(), order.data(), 5, 0, 1, 1e-3f});
  Matrix heads = trained.matrix(CVAE_HEADS, 0, images, 2 * shape.latent);
  for (int64_t i = 0; i < images; i++) {
    for (int64_t j = 0; j < shape.latent; j++) {
      expect_same("mean", mean.at(i, j), heads.at(i, j), i, j);
      expect_same("log variance", log_variance.at(i, j), heads.at(i, shape.latent + j), i, j);
    }
  }
  Matrix sampled = trained.matrix(CVAE_Z, 0, images, shape.latent);
  Matrix decoded = model.decode(sampled);
  Matrix output = trained.matrix(CVAE_OUTPUT, 0, images, shape.inputs);
  Matrix x = trained.matrix(CVAE_X, 0, images, shape.inputs);
  for (int64_t i = 0; i < images; i++) {
    for (int64_t p = 0; p < shape.inputs; p++) {
      float difference = decoded.at(i, p) - x.at(i, p);
      // By the precision, which is rounded once.
      double precision = ::exp(-2 * double(likelihood.log_sigma));
      expect_near("mean less target", i, p, double(output.at(i, p)), double(difference) * precision,
                  precision == 1 ? 0 : 4 * kRounding * ::fabs(double(difference)) * precision);
    }
  }
  Matrix scores = model.score(pixels.data(), sampled);
  // Each is the step's, rounded once; they may have either sign.
  double sum = 0;
  double magnitude = 0;
  for (float score : scores.data) {
    sum += double(score);
    magnitude += ::fabs(double(score));
  }
  expect_near("mean of the scores", 0, 0, sum / images, double(step.reconstruction),
              kRounding * (magnitude + ::fabs(sum)) / images);
}

}  // namespace check
