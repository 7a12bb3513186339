// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import static io.github.cvaegpu.export.ModelInputs.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExportedFilesTest {
  /** Reads numbers, has load.py compute, and writes what came out; a folder after another. */
  private static final String SCRIPT =
      """
      import array
      import importlib.util
      import sys

      import torch

      for folder in sys.argv[1:]:
          spec = importlib.util.spec_from_file_location("load", folder + "/load.py")
          module = importlib.util.module_from_spec(spec)
          spec.loader.exec_module(module)
          model = module.load()

          def read(name, width):
              with open(folder + "/" + name, "rb") as file:
                  return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(-1, width)

          def write(name, tensor):
              with open(folder + "/" + name, "wb") as file:
                  array.array("f", tensor.flatten().tolist()).tofile(file)

          with torch.no_grad():
              mean, log_variance = model.encode(read("x", model.encoder[0].in_features))
              z = read("z", model.decoder[0].in_features)
              write("posterior_mean", mean)
              write("log_variance", log_variance)
              write("mean", model.decode(z))
              write("logits", model.decoder(z))
      """;

  /** Bytes of a path that a file's name of a few dozen makes longer than Linux takes. */
  private static final int MOST_OF_A_PATH = 4072;

  @TempDir Path temp;
  private final SavedModel model = ModelInputs.models().get(1);

  private ExportedFiles files(Path onnx, Path safeTensors, boolean overwrite) {
    return new ExportedFiles(
        Optional.ofNullable(onnx), Optional.ofNullable(safeTensors), overwrite);
  }

  @Test
  void theLoaderComputesWhatTheEngineDoes() throws IOException, InterruptedException {
    Python python = Python.withTorch(temp);
    List<SavedModel> models = ModelInputs.models();
    List<ModelInputs> data = new ArrayList<>();
    List<String> folders = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      Path folder = temp.resolve("model " + i);
      files(null, folder, false).write(models.get(i), Optional.empty());
      data.add(ModelInputs.draw(models.get(i), 7));
      write(folder.resolve("x"), data.get(i).x());
      write(folder.resolve("z"), data.get(i).z());
      folders.add(folder.toString());
    }
    python.run(Files.writeString(temp.resolve("compare.py"), SCRIPT), folders);
    for (int i = 0; i < models.size(); i++) {
      Path folder = Path.of(folders.get(i));
      assertClose("mean", data.get(i).posteriorMean(), read(folder.resolve("posterior_mean")));
      assertClose("log variance", data.get(i).logVariance(), read(folder.resolve("log_variance")));
      assertClose("pixels", data.get(i).mean(), read(folder.resolve("mean")));
      assertClose("logits", data.get(i).logits(), read(folder.resolve("logits")));
    }
  }

  private static void write(Path file, float[] values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Files.write(file, bytes.array());
  }

  private static float[] read(Path file) throws IOException {
    var floats =
        ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] values = new float[floats.remaining()];
    floats.get(values);
    return values;
  }

  @Test
  void theFilesOfBothKinds() throws IOException {
    Path onnx = temp.resolve("a/b/onnx");
    Path weights = temp.resolve("weights");
    List<Path> written = files(onnx, weights, false).write(model, Optional.empty());
    assertEquals(
        List.of(
            onnx.resolve("encoder.onnx"),
            onnx.resolve("decoder.onnx"),
            weights.resolve("model.safetensors"),
            weights.resolve("config.json"),
            weights.resolve("README.md"),
            weights.resolve("load.py")),
        written);
    assertEquals(List.of("decoder.onnx", "encoder.onnx"), names(onnx));
    assertEquals(
        List.of("README.md", "config.json", "load.py", "model.safetensors"), names(weights));
    assertArrayEquals(model.parameters(), SavedModel.open(weights).parameters());
    assertEquals(OnnxModel.encoder(model).size(), Files.size(written.getFirst()));
  }

  @Test
  void bothKindsInOneFolder() throws IOException {
    files(temp.resolve("all"), temp.resolve("all"), false).write(model, Optional.empty());
    assertEquals(6, names(temp.resolve("all")).size());
  }

  @Test
  void theConfigurationSaysHowToBuildItAndWhatToFeedIt() throws IOException {
    files(null, temp, false).write(model, Optional.empty());
    JsonObject config =
        JsonParser.parseString(Files.readString(temp.resolve("config.json"))).getAsJsonObject();
    assertEquals(55, config.get("inputs").getAsInt());
    assertEquals("[37,19]", config.get("hidden").toString());
    assertEquals(2, config.get("latent").getAsInt());
    assertEquals("relu", config.get("activation").getAsString());
    assertEquals("bernoulli", config.get("likelihood").getAsString());
    assertEquals("grey", config.get("targets").getAsString());
    assertEquals("{\"height\":5,\"width\":11,\"channels\":1}", config.get("image").toString());
    JsonObject input = config.getAsJsonObject("input");
    assertEquals(1 / 255.0, input.get("rescale_factor").getAsDouble());
    assertTrue(input.get("values").getAsString().contains("v / 255"), input.toString());
    assertTrue(input.get("order").getAsString().contains("row by row"), input.toString());
    assertEquals(model.parametersSha256(), config.get("parameters_sha256").getAsString());
  }

  @Test
  void theConfigurationAndTheCardSayTheActivation() throws IOException {
    files(null, temp, false).write(ModelInputs.withTanh(Objective.study()), Optional.empty());
    JsonObject config =
        JsonParser.parseString(Files.readString(temp.resolve("config.json"))).getAsJsonObject();
    assertEquals("tanh", config.get("activation").getAsString());
    String card = Files.readString(temp.resolve("README.md"));
    assertTrue(card.contains("| 55 - 37 - 19 - 2 x 2, 2 - 19 - 37 - 55, tanh between layers |"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder.onnx",
        "decoder.onnx",
        "model.safetensors",
        "config.json",
        "README.md",
        "load.py"
      })
  void whatIsThereIsReplacedOnlyIfThatIsAskedFor(String name) throws IOException {
    Path file = Files.writeString(temp.resolve(name), "mine");
    assertEquals(
        file + " exists: add --overwrite to replace it, or choose another folder.",
        refusal(() -> files(temp, temp, false)));
    files(temp, temp, true).write(model, Optional.empty());
    assertFalse(Files.readString(file, StandardCharsets.ISO_8859_1).equals("mine"));
    assertEquals(6, names(temp).size());
  }

  @Test
  void aFolderOrALinkIsNotReplaced() throws IOException {
    Path file = Files.createDirectory(temp.resolve("README.md"));
    assertEquals(
        file + " is a folder, not a regular file.", refusal(() -> files(null, temp, true)));
    Files.delete(file);
    Files.createSymbolicLink(file, temp.resolve("elsewhere"));
    assertEquals(file + " is a link, not a regular file.", refusal(() -> files(null, temp, true)));
  }

  @Test
  void aFileIsNoFolder() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "mine");
    assertEquals(
        file + " is a file, not a folder to export to.", refusal(() -> files(file, null, true)));
    Path below = file.resolve("below");
    ExportedFiles files = files(temp.resolve("new"), below, false);
    String message = refusal(() -> files.write(model, Optional.empty()));
    assertTrue(message.startsWith("The folder " + below + " cannot be made: "), message);
    assertEquals(List.of("file"), names(temp));
  }

  @ParameterizedTest
  @ValueSource(strings = {"run.json", "checkpoint.safetensors", "metrics.csv"})
  void aRunDirectoryIsTheRunsAlone(String name) throws IOException {
    Files.writeString(temp.resolve(name), "");
    assertEquals(
        "%s is a run directory, which is the run's alone: name a folder in it, such as %s."
            .formatted(temp, temp.resolve("export")),
        refusal(() -> files(null, temp, true)));
    files(null, temp.resolve("export"), false).write(model, Optional.empty());
    assertEquals(4, names(temp.resolve("export")).size());
  }

  @Test
  void aFolderThatCannotBeWrittenToIsNamed() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("sealed"));
    assumeTrue(folder.toFile().setWritable(false) && !Files.isWritable(folder), "root may write");
    assertEquals(
        "The folder %s cannot be written to.".formatted(folder),
        refusal(() -> files(folder, null, false)));
  }

  @Test
  void whatComesInTheWayMeanwhileStays() throws IOException {
    Path old = Files.createDirectory(temp.resolve("old"));
    Files.writeString(old.resolve("encoder.onnx"), "mine");
    Path weights = temp.resolve("weights");
    ExportedFiles files = files(old, weights, true);
    Files.writeString(weights, "another's");
    String message = refusal(() -> files.write(model, Optional.empty()));
    assertTrue(message.startsWith("The folder " + weights + " cannot be made: "), message);
    assertEquals("mine", Files.readString(old.resolve("encoder.onnx")));
    assertEquals(List.of("encoder.onnx"), names(old));
    assertEquals("another's", Files.readString(weights));
  }

  /** Of a path so long that the files' names still fit, and temporary ones do not. */
  @Test
  void aFailureLeavesNothing() throws IOException {
    Path onnx = temp.resolve("onnx");
    Path deep = temp;
    while (deep.toString().length() < MOST_OF_A_PATH - 201) {
      deep = deep.resolve("d".repeat(200));
    }
    deep = deep.resolve("d".repeat(MOST_OF_A_PATH - deep.toString().length()));
    ExportedFiles files = files(onnx, deep, false);
    InputException refusal =
        assertThrows(UnwritableException.class, () -> files.write(model, Optional.empty()));
    assertTrue(
        refusal.getMessage().startsWith("The model cannot be exported: "), refusal.getMessage());
    assertEquals(List.of(), names(temp));
  }

  private interface Refused {
    void run();
  }

  private static String refusal(Refused refused) {
    InputException refusal = assertThrows(InputException.class, refused::run);
    assertFalse(refusal instanceof UnwritableException, refusal.getMessage());
    assertTrue(refusal.getMessage().endsWith("."), refusal.getMessage());
    return refusal.getMessage();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
