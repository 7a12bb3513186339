// SPDX-License-Identifier: Apache-2.0
//
// The two products of a first layer whose input is mostly zeros: see batch.h. Vectors lie along the outputs, as
// a lit pixel has a weight for each of them.
#pragma once

#include "activation.h"
#include "batch.h"
#include "layer.h"

namespace cvae {

/** Most Lanes of outputs that are computed at a time: those of a segment's images fit in a core's first cache. */
constexpr int kMostPart = 6;

/** A part of a layer's outputs. Parts are as equal as can be. */
struct OutputPart {
  int64_t first;
  /** Lanes. */
  int count;

  static int64_t parts_of(int64_t outputs) {
    return (lanes_of(outputs) + kMostPart - 1) / kMostPart;
  }

  static OutputPart of(int64_t part, int64_t outputs) {
    int64_t all = lanes_of(outputs);
    int64_t parts = parts_of(outputs);
    int64_t first = all * part / parts;
    return {first * kLanes, int(all * (part + 1) / parts - first)};
  }
};

/** Calls call(Number<count>()) for a count from 1 to kMost. */
template <int kMost, typename Call>
inline void with_number(int count, Call call) {
  if constexpr (kMost > 1) {
    if (count < kMost) {
      with_number<kMost - 1>(count, call);
      return;
    }
  }
  call(Number<kMost>());
}

/**
 * y = f(x W^T + b) of a segment's images, some outputs, f being the activation; by image, and turned by feature.
 *
 * Pixel by pixel, while the outputs stay in the first cache: one loop over all that is lit, as branches that
 * depend on how many images a pixel is lit in would be mispredicted.
 */
inline void sparse_forward(const Layer& layer, const float* parameters, const Batch& batch,
                           OutputPart part, int64_t segment, int64_t images, int activation,
                           const ByImage& y, const ByFeature& turned) {
  int64_t first = segment * kSegment;
  int64_t end = smaller(first + kSegment, images);
  with_number<kMostPart>(part.count, [&](auto count) {
    constexpr int kCount = decltype(count)::value;
    constexpr int64_t kWidth = kCount * kLanes;
    alignas(64) float sums[kSegment * kWidth];
    for (int64_t i = 0; i < end - first; i++) {
      memcpy(sums + i * kWidth, parameters + layer.bias + part.first, kWidth * sizeof(float));
    }
    const float* weight = parameters + layer.weight + part.first;
    const int64_t pitch = layer.pitch();
    for (int64_t range = 0; range < batch.ranges(); range++) {
      for (int64_t p = (range + 1) * kPixelRange;
           p < smaller((range + 2) * kPixelRange, batch.inputs); p++) {
        for (int c = 0; c < kCount; c++) {
          __builtin_prefetch(weight + p * pitch + c * kLanes);
        }
      }
      LitList lit = batch.lit_in_range(segment, range);
      for (const Lit* it = lit.begin; it < lit.end; it++) {
        Lanes v = lanes(it->value);
        const float* w = weight + it->pixel * pitch;
        float* sum = sums + it->image * kWidth;
#pragma GCC unroll 6
        for (int c = 0; c < kCount; c++) {
          store(sum + c * kLanes, fma(v, load(w + c * kLanes), load(sum + c * kLanes)));
        }
      }
    }
    with_activation(activation, [&](auto function) {
      for (int64_t i = 0; i < end - first; i++) {
#pragma GCC unroll 6
        for (int c = 0; c < kCount; c++) {
          store(y.at(first + i, part.first) + c * kLanes,
                function.value(load(sums + i * kWidth + c * kLanes)));
        }
      }
    });
  });
  for (int64_t block = first / kLanes; block < lanes_of(end); block++) {
    Images sixteen = Images::block_of(block);
    for (int64_t f = part.first; f < smaller(part.first + part.count * kLanes, turned.features);
         f += 4) {
      for (int64_t i = 0; i < kLanes; i += 4) {
        turn(y.at(block * kLanes + i, f), y.pitch, sixteen.of(turned, f) + i, kPanel);
      }
    }
  }
}

/** Updates the weights of some pixels: the sums of Layer::update over the images that a pixel is lit in. */
inline void sparse_update(const Layer& layer, const Parameters& parameters, const Adam& adam,
                          const Batch& batch, const ByImage& dy, int64_t images, Chunk pixels,
                          OutputPart part) {
  with_number<kMostPart>(part.count, [&](auto count) {
    constexpr int kCount = decltype(count)::value;
    for (int64_t p = pixels.first; p < pixels.first + pixels.count; p++) {
      Lanes sum[kCount];
#pragma GCC unroll 6
      for (int c = 0; c < kCount; c++) {
        sum[c] = lanes(0);
      }
      for (int64_t segment = 0; segment < segments_of(images); segment++) {
        const float* segment_dy = dy.at(segment * kSegment, part.first);
        LitList lit = batch.lit_in(segment, p);
        for (const Lit* it = lit.begin; it < lit.end; it++) {
          Lanes v = lanes(it->value);
          const float* d = segment_dy + it->image * dy.pitch;
#pragma GCC unroll 6
          for (int c = 0; c < kCount; c++) {
            sum[c] = fma(v, load(d + c * kLanes), sum[c]);
          }
        }
      }
      int64_t at = layer.weight + p * layer.pitch() + part.first;
      prefetch(parameters, at + layer.pitch(), part.count);
#pragma GCC unroll 6
      for (int c = 0; c < kCount; c++) {
        adam.update(parameters, at + c * kLanes, sum[c]);
      }
    }
  });
}

}  // namespace cvae
