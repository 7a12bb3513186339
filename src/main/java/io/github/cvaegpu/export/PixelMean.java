// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import io.github.cvaegpu.model.Likelihood;
import java.util.List;

/**
 * What makes pixels' means of the decoder's logits: all that an exported model has of its
 * likelihood. {@code load.py} has the same for PyTorch.
 *
 * @param formula for people
 * @param nodes of ONNX, from {@value OnnxGraph#LOGITS} to {@value OnnxGraph#MEAN}
 */
record PixelMean(String formula, List<OnnxGraph.Node> nodes) {
  static PixelMean of(Likelihood likelihood) {
    return switch (likelihood) {
      case BERNOULLI ->
          new PixelMean(
              "1 / (1 + exp(-logit))",
              List.of(new OnnxGraph.Node("Sigmoid", OnnxGraph.LOGITS, OnnxGraph.MEAN)));
    };
  }
}
