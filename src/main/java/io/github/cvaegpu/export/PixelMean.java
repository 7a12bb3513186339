// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import static io.github.cvaegpu.export.OnnxGraph.LOGITS;
import static io.github.cvaegpu.export.OnnxGraph.MEAN;

import io.github.cvaegpu.export.OnnxGraph.Node;
import io.github.cvaegpu.model.Likelihood;
import java.util.List;
import java.util.Map;

/**
 * What makes pixels' means of the decoder's logits: all that an exported model has of its
 * likelihood. {@code load.py} has the same for PyTorch.
 *
 * @param formula for people
 * @param constants of ONNX, by their names
 * @param nodes of ONNX, from {@value OnnxGraph#LOGITS} to {@value OnnxGraph#MEAN}
 */
record PixelMean(String formula, Map<String, Float> constants, List<Node> nodes) {
  static PixelMean of(Likelihood likelihood) {
    return switch (likelihood) {
      case BERNOULLI ->
          new PixelMean(
              "1 / (1 + exp(-logit))", Map.of(), List.of(new Node("Sigmoid", LOGITS, MEAN)));
      case CONTINUOUS_BERNOULLI ->
          new PixelMean(
              "1 / (1 - exp(-logit)) - 1 / logit, and 1 / 2 of 0",
              // Between -1/2 and 1/2 by its series.
              Map.of("half", 0.5f, "c1", 1f / 12, "c3", -1f / 720, "c5", 1f / 30_240),
              List.of(
                  new Node("Mul", List.of(LOGITS, "half"), "half_logits"),
                  new Node("Tanh", "half_logits", "tanh"),
                  new Node("Div", List.of("half", "tanh"), "half_coth"),
                  new Node("Reciprocal", LOGITS, "reciprocal"),
                  new Node("Sub", List.of("half_coth", "reciprocal"), "odd"),
                  new Node("Mul", List.of(LOGITS, LOGITS), "square"),
                  new Node("Mul", List.of("square", "c5"), "fourth"),
                  new Node("Add", List.of("fourth", "c3"), "third"),
                  new Node("Mul", List.of("square", "third"), "second"),
                  new Node("Add", List.of("second", "c1"), "first"),
                  new Node("Mul", List.of(LOGITS, "first"), "series"),
                  new Node("Abs", LOGITS, "size"),
                  new Node("Less", List.of("size", "half"), "is_small"),
                  new Node("Where", List.of("is_small", "series", "odd"), "above_half"),
                  new Node("Add", List.of("above_half", "half"), MEAN)));
      case GAUSSIAN ->
          new PixelMean(
              "the logit itself, which nothing keeps within 0 and 1",
              Map.of(),
              List.of(new Node("Identity", LOGITS, MEAN)));
    };
  }
}
