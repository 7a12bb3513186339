// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import static io.github.cvaegpu.export.ModelInputs.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxModelMetadata;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.google.gson.JsonParser;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.SavedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * ONNX Runtime makes of an exported model's files what this program's engine makes of the model.
 */
class OnnxModelTest {
  private static final List<Integer> ROWS = List.of(1, 7, 128);

  private static OrtEnvironment environment;

  @BeforeAll
  static void load() {
    try {
      environment = OrtEnvironment.getEnvironment();
    } catch (UnsatisfiedLinkError | ExceptionInInitializerError | NoClassDefFoundError e) {
      assumeTrue(false, "ONNX Runtime does not load on this machine: " + e);
    }
  }

  static List<SavedModel> models() {
    return ModelInputs.models();
  }

  private static byte[] bytes(OnnxModel model) throws IOException {
    model.requireReadable();
    var out = new ByteArrayOutputStream();
    model.write(out);
    assertEquals(model.size(), out.size());
    return out.toByteArray();
  }

  @ParameterizedTest
  @MethodSource("models")
  void theEncoder(SavedModel model) throws IOException, OrtException {
    try (OrtSession session = environment.createSession(bytes(OnnxModel.encoder(model)))) {
      assertEquals(Set.of("mean", "log_variance"), session.getOutputNames());
      for (int rows : ROWS) {
        ModelInputs data = ModelInputs.draw(model, rows);
        Map<String, float[]> out = run(session, "x", data.x(), rows, model.shape().inputs());
        assertClose("mean", data.posteriorMean(), out.get("mean"));
        assertClose("log variance", data.logVariance(), out.get("log_variance"));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void theDecoder(SavedModel model) throws IOException, OrtException {
    try (OrtSession session = environment.createSession(bytes(OnnxModel.decoder(model)))) {
      assertEquals(Set.of("mean", "logits"), session.getOutputNames());
      for (int rows : ROWS) {
        ModelInputs data = ModelInputs.draw(model, rows);
        Map<String, float[]> out = run(session, "z", data.z(), rows, model.shape().latent());
        assertClose("mean", data.mean(), out.get("mean"));
        assertClose("logits", data.logits(), out.get("logits"));
      }
    }
  }

  private static Map<String, float[]> run(
      OrtSession session, String input, float[] values, int rows, int width) throws OrtException {
    try (OnnxTensor tensor =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(values), new long[] {rows, width});
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      Map<String, float[]> outputs = new TreeMap<>();
      for (var output : result) {
        FloatBuffer floats = ((OnnxTensor) output.getValue()).getFloatBuffer();
        float[] array = new float[floats.remaining()];
        floats.get(array);
        outputs.put(output.getKey(), array);
      }
      return outputs;
    }
  }

  /** By name, so that a program that reads the file knows that it may have any number of rows. */
  @Test
  void theBatchIsAnyNumber() throws IOException, OrtException {
    SavedModel model = models().get(1);
    try (OrtSession encoder = environment.createSession(bytes(OnnxModel.encoder(model)));
        OrtSession decoder = environment.createSession(bytes(OnnxModel.decoder(model)))) {
      assertShape(55, encoder.getInputInfo().get("x"));
      assertShape(2, encoder.getOutputInfo().get("mean"));
      assertShape(2, encoder.getOutputInfo().get("log_variance"));
      assertShape(2, decoder.getInputInfo().get("z"));
      assertShape(55, decoder.getOutputInfo().get("mean"));
      assertShape(55, decoder.getOutputInfo().get("logits"));
    }
  }

  private static void assertShape(int width, NodeInfo node) {
    var info = (TensorInfo) node.getInfo();
    assertArrayEquals(new long[] {-1, width}, info.getShape(), node.getName());
    assertArrayEquals(new String[] {"batch", ""}, info.getDimensionNames(), node.getName());
  }

  @Test
  void theMetadataSayWhichRunItIsOf() throws IOException, OrtException {
    SavedModel model = models().get(1);
    for (OnnxModel half : List.of(OnnxModel.encoder(model), OnnxModel.decoder(model))) {
      try (OrtSession session = environment.createSession(bytes(half))) {
        OnnxModelMetadata metadata = session.getMetadata();
        assertEquals("cvae-gpu", metadata.getProducerName());
        assertTrue(metadata.getDescription().contains("variational autoencoder"));
        Map<String, String> identity = metadata.getCustomMetadata();
        assertEquals(model.parametersSha256(), identity.get("parameters_sha256"));
        assertEquals(
            Json.COMPACT.toJsonTree(model.plan()), JsonParser.parseString(identity.get("plan")));
        assertEquals("7", identity.get("steps"));
        assertEquals("drawn", identity.get("dataset"));
        assertEquals("{\"train-images-idx3-ubyte\":\"ab\"}", identity.get("dataset_sha256"));
        assertEquals("5", identity.get("image_height"));
        assertEquals("11", identity.get("image_width"));
        assertTrue(identity.get("program").startsWith("cvae-gpu "), identity.get("program"));
      }
    }
  }

  /** No network of this program comes to it; another format of its weights might. */
  @Test
  void whatNoReaderTakesIsRefused() {
    OnnxModel.requireReadable("decoder", Integer.MAX_VALUE);
    assertEquals(
        "The decoder would take 2,147,483,648 bytes of ONNX, more than the 2,147,483,647 that such"
            + " a file can have.",
        assertThrows(
                InputException.class,
                () -> OnnxModel.requireReadable("decoder", Integer.MAX_VALUE + 1L))
            .getMessage());
  }
}
