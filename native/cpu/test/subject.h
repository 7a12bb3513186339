// SPDX-License-Identifier: Apache-2.0
//
// A model of native/cpu as its checks use it: shapes, data, and calls by a team of threads.
#pragma once

#include <thread>
#include <vector>

#include "../model.h"
#include "check.h"

namespace check {

/** What follows a layer's sums. */
enum class Activation { kNone, kRelu, kTanh };

struct Shape {
  int inputs;
  std::vector<int32_t> hidden;
  int latent;
  /** Of the hidden layers. */
  Activation activation = Activation::kRelu;

  std::string name() const;
};

/** A layer's place in the arrays that the library is given and gives. */
struct LayerAt {
  int in;
  int out;
  size_t weight;
  size_t bias;
};

struct Layout {
  std::vector<LayerAt> encoder;
  std::vector<LayerAt> decoder;
  /** Behind them all, where it is learned. */
  size_t log_sigma = 0;
  size_t size = 0;

  explicit Layout(const Shape& shape, bool learns_sigma = false);
};

/** (rows, columns) floats. */
struct Matrix {
  int64_t rows;
  int64_t columns;
  std::vector<float> data;

  Matrix(int64_t r, int64_t c) : rows(r), columns(c), data(size_t(r * c)) {}
  float at(int64_t r, int64_t c) const { return data[size_t(r * columns + c)]; }
};

/** Numbers of cvae_read. */
enum Array { kParameters, kFirstMoment, kSecondMoment, kGradients };

struct Step {
  int images;
  const uint8_t* pixels;
  const int32_t* order;
  int64_t seed;
  /** From 0. */
  int number;
  /** Beta, or C of a distance. */
  float kl_number;
  float learning_rate;

  /** lr / (1 - 0.9^t), t from 1; by products, which round alike on all machines. */
  float step_size() const;
  /** 1 / sqrt(1 - 0.999^t) */
  float root_scale() const;
};

/** What the KL divergence adds to the loss. */
struct KlTerm {
  cvae_kl_term form = CVAE_KL_WEIGHTED;
  /** Gamma or lambda. */
  float given = 0;

  std::string name() const;
};

/** What a pixel's loss is. */
struct Likelihood {
  const char* name = "bernoulli";
  float log_sigma = 0;
  /** Whether log sigma is a parameter, of which the above is the value at hand. */
  bool learns_sigma = false;

  std::string text() const;
};

struct Losses {
  float reconstruction;
  float kl;
};

constexpr int kPurpose = 1;

/** What the values of a pixel are: v / 255. */
std::vector<float> grey_targets();

/** Uniform weights, as large as ReLUs in between need them; and log sigma, where it is learned. */
std::vector<float> drawn_parameters(const Shape& shape, Random& random,
                                    const Likelihood& likelihood = {});

/** Pixels of which a share is not zero. */
std::vector<uint8_t> drawn_pixels(int64_t count, double density, Random& random);

class Model {
 public:
  Model(const Shape& shape, int64_t batch, int threads, bool keeps_gradients = true,
        const std::vector<float>& targets = grey_targets(), const KlTerm& kl_term = {},
        const Likelihood& likelihood = {});
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  void write(Array array, const std::vector<float>& from);
  std::vector<float> read(Array array) const;
  Matrix matrix(cvae_which which, int layer, int images, int columns) const;

  Losses step(const Step& step);

  /** Steps one after another, by threads that do not end in between. */
  void steps(const std::vector<Step>& all);

  void encode(int images, const uint8_t* pixels, Matrix& mean, Matrix& log_variance);
  Matrix decode(const Matrix& z);
  Matrix logits(const Matrix& z, Matrix& log_partition);
  Matrix score(const uint8_t* pixels, const Matrix& z);

  /** Nanoseconds of each phase since the last call. */
  std::vector<int64_t> times();

  /** Fails if something has been written beyond a buffer. */
  void require_intact() const;

  const Shape& shape() const { return shape_; }
  const Layout& layout() const { return layout_; }

 private:
  /** Calls body(member) by all threads. */
  template <typename Body>
  void all(Body body) {
    std::vector<std::thread> others;
    for (int member = 1; member < threads_; member++) {
      others.emplace_back([&body, member] { body(member); });
    }
    body(0);
    for (std::thread& other : others) {
      other.join();
    }
  }

  void step_by(int member, const Step& step, float* losses);

  Shape shape_;
  Layout layout_;
  int threads_;
  cvae_model* model_;
};

}  // namespace check
