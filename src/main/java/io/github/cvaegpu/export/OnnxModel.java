// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.TreeMap;

/**
 * Half of a model in ONNX: its encoder or its decoder, for any number of rows at once.
 *
 * <pre>
 *   encoder   x (batch, inputs)  ->  mean, log_variance (batch, latent)
 *   decoder   z (batch, latent)  ->  mean, logits (batch, inputs)
 * </pre>
 *
 * <p>x are targets, from 0 to 1; the encoder's mean and log variance are those of the normal
 * posterior; the decoder's mean is an intensity, of which 0 is black and 1 white. Weights keep
 * PyTorch's names. What run the model is of is in the file's metadata.
 */
public final class OnnxModel {
  /** Operators are those of this version, in which all of them are as they are used. */
  static final int OPSET = 21;

  /** The version of the file format, that of this version of the operators. */
  static final int IR = 10;

  private final String part;
  private final ProtobufMessage message;

  private OnnxModel(String part, SavedModel model, OnnxGraph graph, String doc) {
    this.part = part;
    message =
        new ProtobufMessage()
            .number(1, IR)
            .text(2, ModelFacts.PROGRAM)
            .text(3, Program.version())
            .text(6, doc)
            .message(7, graph.toMessage())
            .message(8, new ProtobufMessage().text(1, "").number(2, OPSET));
    ModelFacts.identity(model)
        .forEach(
            (key, value) -> message.message(14, new ProtobufMessage().text(1, key).text(2, value)));
  }

  /** The encoder of a model. */
  public static OnnxModel encoder(SavedModel model) {
    VaeShape shape = model.shape();
    String doc =
        "Encoder of a variational autoencoder: the normal posterior of each image, as mean and log"
            + " variance of its independent latent dimensions.";
    var graph = new OnnxGraph("encoder", doc, model.layout(), model.parameters());
    graph.chain(model.layout().encoder(), "x", "posterior");
    graph.halves("posterior", shape.latent(), OnnxGraph.MEAN, "log_variance");
    graph.input(
        "x",
        shape.inputs(),
        "(batch, %s): %s, %s"
            .formatted(shape.inputs(), ModelFacts.inputs(model), ModelFacts.order(model)));
    graph.output(
        OnnxGraph.MEAN,
        shape.latent(),
        "(batch, %s): means of the posterior".formatted(shape.latent()));
    graph.output(
        "log_variance",
        shape.latent(),
        "(batch, %s): natural logarithms of the posterior's variances".formatted(shape.latent()));
    return new OnnxModel("encoder", model, graph, doc);
  }

  /** The decoder of a model. */
  public static OnnxModel decoder(SavedModel model) {
    VaeShape shape = model.shape();
    PixelMean mean = PixelMean.of(model.objective().likelihood());
    String doc =
        "Decoder of a variational autoencoder: the image of each latent point, of which the prior"
            + " is standard normal.";
    var graph = new OnnxGraph("decoder", doc, model.layout(), model.parameters());
    graph.chain(model.layout().decoder(), "z", OnnxGraph.LOGITS);
    // Sorted: an immutable map's order changes from process to process.
    new TreeMap<>(mean.constants()).forEach(graph::constant);
    mean.nodes().forEach(graph::add);
    graph.input("z", shape.latent(), "(batch, %s): latent points".formatted(shape.latent()));
    graph.output(
        OnnxGraph.MEAN,
        shape.inputs(),
        "(batch, %s): mean of each pixel, of which 0 is black and 1 white: %s; %s"
            .formatted(shape.inputs(), mean.formula(), ModelFacts.order(model)));
    graph.output(
        OnnxGraph.LOGITS,
        shape.inputs(),
        "(batch, %s): the decoder's outputs, of which the %s likelihood makes the means"
            .formatted(shape.inputs(), model.objective().likelihood().text()));
    return new OnnxModel("decoder", model, graph, doc);
  }

  /** The name of the file that it belongs in. */
  public String fileName() {
    return part + ".onnx";
  }

  /** Bytes of the file. */
  public long size() {
    return message.size();
  }

  /**
   * Refuses a model that is larger than Protocol Buffers can be: no program could read it.
   *
   * @throws InputException if it is
   */
  public void requireReadable() {
    requireReadable(part, size());
  }

  static void requireReadable(String part, long size) {
    if (size > Integer.MAX_VALUE) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The %s would take %,d bytes of ONNX, more than the %,d that such a file can have.",
              part,
              size,
              Integer.MAX_VALUE));
    }
  }

  /**
   * Writes the file's bytes to a stream.
   *
   * @param out needs no buffer
   */
  public void write(OutputStream out) throws IOException {
    message.writeTo(out);
  }
}
