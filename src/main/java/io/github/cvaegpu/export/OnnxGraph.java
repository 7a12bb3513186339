// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A graph of ONNX in the making: nodes in the order in which they run, the tensors that they take,
 * inputs and outputs. Numbers of fields are those of onnx.proto.
 *
 * <p>Format: <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a> and <a
 * href="https://onnx.ai/onnx/operators/">ONNX's operators</a>.
 */
final class OnnxGraph {
  static final String LOGITS = "logits";
  static final String MEAN = "mean";

  /** The first dimension of every input and output: as many rows as the caller has. */
  private static final String BATCH = "batch";

  private static final int FLOAT = 1;
  private static final int INT64 = 7;

  /** The kind of an attribute that is a whole number. */
  private static final int INT = 2;

  /**
   * A node that takes tensors and gives another.
   *
   * @param operator ONNX's name of it
   */
  record Node(String operator, List<String> inputs, String output) {
    /** One that takes one. */
    Node(String operator, String input, String output) {
      this(operator, List.of(input), output);
    }
  }

  private final ProtobufMessage graph = new ProtobufMessage();
  private final ParameterLayout layout;
  private final float[] parameters;

  /**
   * @param name of the graph
   * @param doc what it computes
   */
  OnnxGraph(String name, String doc, ParameterLayout layout, float[] parameters) {
    this.layout = layout;
    this.parameters = parameters;
    graph.text(2, name).text(10, doc);
  }

  /**
   * Linear layers with the network's activation between them.
   *
   * @param output what to call what the last one gives
   */
  void chain(List<Linear> layers, String input, String output) {
    String x = input;
    for (Linear layer : layers) {
      boolean isLast = layer.equals(layers.getLast());
      String sums = isLast ? output : layer.name() + ".output";
      initializer(layer.name() + ".weight");
      initializer(layer.name() + ".bias");
      // Weights are [out, in]: y = x W^T + b.
      node(
          "Gemm",
          List.of(x, layer.name() + ".weight", layer.name() + ".bias"),
          List.of(sums),
          List.of(intAttribute("transB", 1)));
      if (!isLast) {
        Activation activation = layout.shape().activation();
        x = layer.name() + "." + activation.text();
        add(new Node(operator(activation), sums, x));
      }
    }
  }

  private static String operator(Activation activation) {
    return switch (activation) {
      case RELU -> "Relu";
      case TANH -> "Tanh";
    };
  }

  void add(Node added) {
    node(added.operator(), added.inputs(), List.of(added.output()), List.of());
  }

  /** A number that nodes take by its name. */
  void constant(String name, float value) {
    graph.message(
        5,
        new ProtobufMessage().number(2, FLOAT).text(8, name).floats(9, new float[] {value}, 0, 1));
  }

  /** Cuts the columns of a tensor into two halves. */
  void halves(String input, int width, String first, String second) {
    ByteBuffer widths = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    widths.putLong(width).putLong(width);
    graph.message(
        5,
        new ProtobufMessage()
            .number(1, 2)
            .number(2, INT64)
            .text(8, "halves")
            .bytes(9, widths.array()));
    node(
        "Split",
        List.of(input, "halves"),
        List.of(first, second),
        List.of(intAttribute("axis", 1)));
  }

  void input(String name, int width, String doc) {
    graph.message(11, value(name, width, doc));
  }

  void output(String name, int width, String doc) {
    graph.message(12, value(name, width, doc));
  }

  ProtobufMessage toMessage() {
    return graph;
  }

  private void node(
      String operator,
      List<String> inputs,
      List<String> outputs,
      List<ProtobufMessage> attributes) {
    var node = new ProtobufMessage();
    inputs.forEach(input -> node.text(1, input));
    outputs.forEach(output -> node.text(2, output));
    node.text(3, outputs.getFirst()).text(4, operator);
    attributes.forEach(attribute -> node.message(5, attribute));
    graph.message(1, node);
  }

  private static ProtobufMessage intAttribute(String name, long value) {
    return new ProtobufMessage().text(1, name).number(3, value).number(20, INT);
  }

  private void initializer(String name) {
    ParameterLayout.Tensor tensor =
        layout.tensors().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow();
    var message = new ProtobufMessage();
    tensor.shape().forEach(dimension -> message.number(1, dimension));
    graph.message(
        5,
        message
            .number(2, FLOAT)
            .text(8, name)
            .floats(9, parameters, tensor.offset(), tensor.size()));
  }

  /** Floats of (batch, width). */
  private static ProtobufMessage value(String name, int width, String doc) {
    var shape =
        new ProtobufMessage()
            .message(1, new ProtobufMessage().text(2, BATCH))
            .message(1, new ProtobufMessage().number(1, width));
    var tensor = new ProtobufMessage().number(1, FLOAT).message(2, shape);
    return new ProtobufMessage()
        .text(1, name)
        .message(2, new ProtobufMessage().message(1, tensor))
        .text(3, doc);
  }
}
