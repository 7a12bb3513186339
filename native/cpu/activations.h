// SPDX-License-Identifier: Apache-2.0
//
// A matrix of a value for each feature and image of a batch, e.g. what a layer puts out.
#pragma once

#include "arena.h"
#include "lanes.h"

namespace cvae {

/** Images that are computed together, so that each weight that is loaded is used for all of them. */
constexpr int kPanel = 2 * kLanes;

/** Features that are a unit of work: a multiple of every kTileRows, and of four. */
constexpr int kChunk = 12;

inline int64_t chunks_of(int64_t features) { return (features + kChunk - 1) / kChunk; }
inline int64_t panels_of(int64_t images) { return (images + kPanel - 1) / kPanel; }
inline int64_t lanes_of(int64_t count) { return (count + kLanes - 1) / kLanes; }
inline int64_t whole_lanes(int64_t count) { return lanes_of(count) * kLanes; }
inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/**
 * Feature by feature, a panel of images at a time: (panel, feature, image of the panel). A feature of a panel
 * is two Lanes, so that a product with a weight is one of sixteen images; nothing has to be packed.
 */
struct ByFeature {
  float* data;
  int64_t features;

  static ByFeature take(Arena& arena, int64_t features, int64_t images) {
    // Whole groups of four, which are turned together.
    int64_t whole = (features + 3) / 4 * 4;
    return {arena.take<float>(panels_of(images) * whole * kPanel), whole};
  }

  /** Of a feature, the images of a panel. */
  float* at(int64_t panel, int64_t feature) const {
    return data + (panel * features + feature) * kPanel;
  }

  /** Floats between panels. */
  int64_t panel_stride() const { return features * kPanel; }
};

/** Image by image: (image, feature), rows of whole Lanes, zeros behind the last feature. */
struct ByImage {
  float* data;
  int64_t pitch;

  static ByImage take(Arena& arena, int64_t features, int64_t images) {
    int64_t pitch = whole_lanes(features);
    return {arena.take<float>(panels_of(images) * kPanel * pitch), pitch};
  }

  float* at(int64_t image, int64_t feature) const { return data + image * pitch + feature; }
};

/** Four floats. */
using Quad = float __attribute__((vector_size(16)));

inline Quad load_quad(const float* from) {
  Quad quad;
  memcpy(&quad, from, sizeof quad);
  return quad;
}

/** Turns 4 x 4 floats. */
inline void turn(const float* from, int64_t from_pitch, float* to, int64_t to_pitch) {
  Quad a = load_quad(from);
  Quad b = load_quad(from + from_pitch);
  Quad c = load_quad(from + 2 * from_pitch);
  Quad d = load_quad(from + 3 * from_pitch);
  Quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  Quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  Quad ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  Quad cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Quad rows[4] = {
      __builtin_shufflevector(ab, cd, 0, 1, 4, 5),
      __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
      __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5),
      __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7),
  };
  for (int i = 0; i < 4; i++) {
    memcpy(to + i * to_pitch, &rows[i], sizeof(Quad));
  }
}

}  // namespace cvae
