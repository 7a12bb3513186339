// SPDX-License-Identifier: Apache-2.0
//
// The images of a batch, as floats, and for each pixel the list of the images that it is lit in.
//
// Four fifths of MNIST's pixels are zero. A product with a zero adds nothing, so where most pixels are zero the
// first layer's two products run over the others only: the same chains of additions without terms that change
// nothing, so the same bits.
#pragma once

#include "activations.h"

namespace cvae {

/** Images whose outputs of a part of the first layer stay in a core's first cache. */
constexpr int kSegment = 2 * kPanel;

/** Pixels that are gathered at a time. */
constexpr int kPixelRange = 16;

inline int64_t segments_of(int64_t images) { return (images + kSegment - 1) / kSegment; }

/** An image of a segment that a pixel is lit in. */
struct Lit {
  int32_t pixel;
  int32_t image;
  /** The target. */
  float value;
};

/** Some of them, by pixel, and by image in each. */
struct LitList {
  const Lit* begin;
  const Lit* end;
};

/** Images to be gathered. */
struct Source {
  /** (any number of images, inputs) values */
  const uint8_t* pixels;
  /** Which of them; null for the first ones in order. */
  const int32_t* order;

  const uint8_t* image(int64_t i, int64_t inputs) const {
    return pixels + (order == nullptr ? i : int64_t(order[i])) * inputs;
  }
};

constexpr int kTurned = 16;

using Bytes = uint8_t __attribute__((vector_size(kTurned)));

/** Turns 16 x 16 bytes, by four shuffles of the rows as of a pack of cards. */
inline void turn(Bytes (&rows)[kTurned]) {
  for (int round = 0; round < 4; round++) {
    Bytes shuffled[kTurned];
#pragma GCC unroll 8
    for (int i = 0; i < kTurned / 2; i++) {
      Bytes a = rows[i];
      Bytes b = rows[i + kTurned / 2];
      shuffled[2 * i] =
          __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      shuffled[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                                    29, 14, 30, 15, 31);
    }
    memcpy(rows, shuffled, sizeof rows);
  }
}

struct Batch {
  int64_t inputs;
  /** The target of each value of a pixel. */
  float* target;
  /** Targets: the first layer's inputs, and what is to be reconstructed. */
  ByFeature x;

  static Batch take(Arena& arena, int64_t inputs, int64_t images) {
    Batch batch;
    batch.inputs = inputs;
    batch.target = arena.take<float>(256);
    batch.x = ByFeature::take(arena, inputs, images);
    batch.lit_ = arena.take<Lit>(segments_of(images) * batch.ranges() * kRoom);
    batch.end_ = arena.take<int32_t>(segments_of(images) * inputs);
    batch.count_ = arena.take<int32_t>(segments_of(images) * batch.ranges());
    batch.images_ = 0;
    return batch;
  }

  int64_t ranges() const { return (inputs + kPixelRange - 1) / kPixelRange; }

  /**
   * Before images are gathered. Called by one thread.
   *
   * @param images how many
   * @param for_lists whether the lists are of use, if the images are sparse; if the ones before were not, none are made
   */
  void begin(int64_t images, bool for_lists) {
    makes_lists_ = for_lists && (images_ == 0 || is_mostly_zero());
    images_ = images;
  }

  /**
   * Gathers a range of the pixels of a segment.
   *
   * @param source the images' pixels
   */
  void gather(int64_t segment, int64_t range, const Source& source) {
    int64_t first = range * kPixelRange;
    int count = int(smaller(kPixelRange, inputs - first));
    int64_t first_image = segment * kSegment;
    int64_t segment_images = smaller(kSegment, images_ - first_image);
    // By pixel, so that a pixel's images are words to be skipped where they are zero.
    uint8_t by_pixel[kPixelRange][kSegment];
    for (int64_t i = 0; i < kSegment; i += kTurned) {
      Bytes rows[kTurned] = {};
      for (int64_t j = 0; j < smaller(kTurned, segment_images - i); j++) {
        const uint8_t* from = source.image(first_image + i + j, inputs) + first;
        if (count == kPixelRange) {
          memcpy(&rows[j], from, sizeof(Bytes));
        } else {
          memcpy(&rows[j], from, size_t(count));
        }
      }
      turn(rows);
      for (int p = 0; p < kPixelRange; p++) {
        memcpy(by_pixel[p] + i, &rows[p], sizeof(Bytes));
      }
    }
    Lit* list = lit_ + (segment * ranges() + range) * kRoom;
    int32_t length = 0;
    for (int p = 0; p < count; p++) {
      for (int64_t panel = 0; panel < panels_of(segment_images); panel++) {
        const uint8_t* values = by_pixel[p] + panel * kPanel;
        float* column = x.at(first_image / kPanel + panel, first + p);
        length = makes_lists_ ? list_panel(values, int32_t(first + p), int32_t(panel * kPanel),
                                           column, list, length)
                              : length + count_panel(values, column);
      }
      end_[segment * inputs + first + p] = length;
    }
    count_[segment * ranges() + range] = length;
  }

  /** The images of a segment that a range's pixels are lit in. */
  LitList lit_in_range(int64_t segment, int64_t range) const {
    const Lit* begin = lit_ + (segment * ranges() + range) * kRoom;
    return {begin, begin + end_[segment * inputs + smaller((range + 1) * kPixelRange, inputs) - 1]};
  }

  /** The images of a segment that a pixel is lit in. */
  LitList lit_in(int64_t segment, int64_t pixel) const {
    const Lit* begin = lit_ + (segment * ranges() + pixel / kPixelRange) * kRoom;
    const int32_t* end = end_ + segment * inputs + pixel;
    return {begin + (pixel % kPixelRange == 0 ? 0 : end[-1]), begin + end[0]};
  }

  /** Whether there are lists, and so many pixels are zero that it pays to leave them out. */
  bool is_sparse() const { return makes_lists_ && is_mostly_zero(); }

 private:
  /** Measured: with more lit pixels the dense products are faster. */
  static constexpr double kSparse = 0.5;

  /** Of a range's list. */
  static constexpr int64_t kRoom = kPixelRange * kSegment;

  bool is_mostly_zero() const {
    int64_t count = 0;
    for (int64_t i = 0; i < segments_of(images_) * ranges(); i++) {
      count += count_[i];
    }
    return double(count) < kSparse * double(images_ * inputs);
  }

  /** Converts the images of a pixel and a panel; how many it is lit in. */
  int32_t count_panel(const uint8_t* values, float* column) const {
    int32_t count = 0;
    for (int i = 0; i < kPanel; i++) {
      column[i] = target[values[i]];
      count += values[i] != 0;
    }
    return count;
  }

  /** The same, and lists those that it is lit in; the new length of the list. */
  int32_t list_panel(const uint8_t* values, int32_t pixel, int32_t image, float* column, Lit* list,
                     int32_t length) const {
    memset(column, 0, kPanel * sizeof(float));
    for (int i = 0; i < kPanel; i += 8) {
      uint64_t eight;
      memcpy(&eight, values + i, sizeof eight);
      if (eight == 0) {
        continue;
      }
      // What is zero is written too, and the next one over it: a branch would be mispredicted.
#pragma GCC unroll 8
      for (int byte = 0; byte < 8; byte++) {
        uint8_t v = values[i + byte];
        column[i + byte] = target[v];
        list[length] = {pixel, image + i + byte, target[v]};
        length += v != 0;
      }
    }
    return length;
  }

  /** (segment, range, room) */
  Lit* lit_;
  /** Where each pixel's part of its range's list ends: (segment, input). */
  int32_t* end_;
  /** Lit pixels of the images gathered last: (segment, range). */
  int32_t* count_;
  int64_t images_;
  bool makes_lists_;
};

}  // namespace cvae
