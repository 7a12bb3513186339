// SPDX-License-Identifier: Apache-2.0
//
// A linear layer: its products forward, back to its inputs, and for its own update.
#pragma once

#include "adam.h"
#include "tile.h"

namespace cvae {

/** Up to two Lanes of images of a panel. */
struct Images {
  int64_t panel;
  int column;
  int columns;

  /** A panel of a batch, as far as it goes. */
  static Images panel_of(int64_t panel, int64_t images) {
    return {panel, 0, int(smaller(kPanel / kLanes, lanes_of(images - panel * kPanel)))};
  }

  /** Sixteen images of a batch. */
  static Images block_of(int64_t block) {
    return {block * kLanes / kPanel, int(block % (kPanel / kLanes)), 1};
  }

  int64_t first() const { return panel * kPanel + column * kLanes; }
  float* of(const ByFeature& matrix, int64_t feature) const {
    return matrix.at(panel, feature) + column * kLanes;
  }
};

/** Up to kChunk features of a layer's outputs or inputs. */
struct Chunk {
  int64_t first;
  int count;

  static Chunk of(int64_t chunk, int64_t features) {
    return {chunk * kChunk, int(smaller(kChunk, features - chunk * kChunk))};
  }
};

/** Outputs of a layer, any number. */
struct Outputs {
  int64_t first;
  int64_t count;
};

/** Does something with each Lanes of a chunk's sums: apply(feature, offset into kPanel images, sum). */
template <typename Apply>
inline void each(const Sums& sums, Chunk chunk, int columns, Apply apply) {
  for (int r = 0; r < chunk.count; r++) {
    for (int c = 0; c < columns; c++) {
      apply(chunk.first + r, c * kLanes, load(&sums.at[r][c * kLanes]));
    }
  }
}

/**
 * The sum of a feature over the images: lane by lane in ascending order, then the lanes pair by pair.
 */
inline float sum_over_images(const ByFeature& matrix, int64_t feature, int64_t images) {
  Lanes sum = lanes(0);
  int64_t i = 0;
  for (; i + kLanes <= images; i += kLanes) {
    sum = sum + load(matrix.at(i / kPanel, feature) + i % kPanel);
  }
  float lane[kLanes];
  store(lane, sum);
  for (int j = 0; i + j < images; j++) {
    lane[j] += matrix.at(i / kPanel, feature)[i % kPanel + j];
  }
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    for (int j = 0; j < distance; j++) {
      lane[j] += lane[j + distance];
    }
  }
  return lane[0];
}

/** Asks for some Lanes of parameters and moments that are going to be changed. */
inline void prefetch(const Parameters& parameters, int64_t at, int count) {
  for (int c = 0; c < count; c++) {
    __builtin_prefetch(parameters.value + at + c * kLanes, 1);
    __builtin_prefetch(parameters.first_moment + at + c * kLanes, 1);
    __builtin_prefetch(parameters.second_moment + at + c * kLanes, 1);
  }
}

struct Layer {
  int64_t in;
  int64_t out;
  /** Where the weight lies among the parameters: (out, in), or of a turned one (in, out); rows of whole Lanes. */
  int64_t weight;
  int64_t bias;
  /** The first layer's weight lies so that a pixel's are together: its gradient is made pixel by pixel. */
  bool is_turned;

  int64_t rows() const { return is_turned ? in : out; }
  int64_t row_length() const { return is_turned ? out : in; }
  int64_t pitch() const { return whole_lanes(row_length()); }

  /** Some outputs of some images, before any activation: x W^T + b. */
  void multiply(const float* parameters, const ByFeature& x, Chunk outputs, Images images,
                Sums& sums) const {
    for (int r = 0; r < outputs.count; r++) {
      for (int c = 0; c < images.columns; c++) {
        store(&sums.at[r][c * kLanes], lanes(parameters[bias + outputs.first + r]));
      }
    }
    const float* w = parameters + weight;
    Scalars a = is_turned ? Scalars{w + outputs.first, 1, pitch(), in, 0}
                          : Scalars{w + outputs.first * pitch(), pitch(), 1, in, 0};
    add_product(sums, outputs.count, images.columns, a, {images.of(x, 0), kPanel}, in);
  }

  /**
   * The gradient by some inputs of some images, as far as some outputs make it: dy W. Not of a turned layer, whose
   * inputs are the images.
   */
  void input_gradient(const float* parameters, const ByFeature& dy, Outputs outputs, Chunk inputs,
                      Images images, Sums& sums) const {
    sums = {};
    const float* first = parameters + weight + outputs.first * pitch() + inputs.first;
    add_product(sums, inputs.count, images.columns, {first, 1, pitch(), outputs.count, 0},
                {images.of(dy, outputs.first), kPanel}, outputs.count);
  }

  /**
   * Whether TrainingStep::through_layer makes the gradient by the inputs as a sum of two, each of half of the outputs.
   * Of two threads each then reads the weights that it updates: the other one's are in another core's cache, changed.
   */
  bool is_split_backward() const { return out >= 128; }

  Outputs all_outputs() const { return {0, out}; }

  /** The outputs whose weights the first or the second of two threads updates. */
  Outputs half_of_outputs(int64_t half) const {
    int64_t middle = chunks_of(out) / 2 * kChunk;
    return half == 0 ? Outputs{0, middle} : Outputs{middle, out - middle};
  }

  /**
   * Updates a chunk of the weight's rows: the gradient is dy^T x, of which each element is a chain over the images
   * in ascending order, and is never written to memory.
   *
   * @param by_feature dy, or of a turned layer x: a row of the weight for each feature
   * @param by_image x, or of a turned layer dy: what a row of the weight is along
   * @param images images of the batch
   */
  void update(const Parameters& parameters, const Adam& adam, const ByFeature& by_feature,
              const ByImage& by_image, int64_t images, Chunk chunk) const {
    Sums sums;
    for (int64_t column = 0; column < pitch(); column += kPanel) {
      int columns = int(smaller(kPanel, pitch() - column) / kLanes);
      int64_t at = weight + chunk.first * pitch() + column;
      for (int r = 0; r < chunk.count; r++) {
        prefetch(parameters, at + r * pitch(), columns);
      }
      sums = {};
      Scalars a{by_feature.at(0, chunk.first), kPanel, 1, kPanel, by_feature.panel_stride()};
      add_product(sums, chunk.count, columns, a, {by_image.at(0, column), by_image.pitch}, images);
      for (int r = 0; r < chunk.count; r++) {
        for (int c = 0; c < columns; c++) {
          adam.update(parameters, at + r * pitch() + c * kLanes, load(&sums.at[r][c * kLanes]));
        }
      }
    }
  }

  /** Updates up to sixteen biases: each gradient is the sum over the images. */
  void update_bias(const Parameters& parameters, const Adam& adam, const ByFeature& dy,
                   int64_t images, int64_t first) const {
    float gradient[kLanes] = {};
    for (int64_t o = first; o < smaller(first + kLanes, out); o++) {
      gradient[o - first] = sum_over_images(dy, o, images);
    }
    adam.update(parameters, bias + first, load(gradient));
  }
};

}  // namespace cvae
