// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SavedModelTest {
  private static final int STEPS = 7;
  private static final String BIAS = "encoder.0.bias";

  @TempDir Path temp;
  private Path run;
  private Path file;
  private SavedModel ofRun;

  @BeforeEach
  void trainAndExport() throws IOException {
    run = temp.resolve("run");
    new TinyRun(run).until(STEPS);
    ofRun = SavedModel.open(run);
    Path exported = Files.createDirectory(temp.resolve("exported"));
    file = exported.resolve(SavedModel.FILE);
    Files.write(file, bytes(ofRun));
  }

  private static byte[] bytes(SavedModel model) throws IOException {
    var out = new ByteArrayOutputStream();
    model.write(out);
    return out.toByteArray();
  }

  private String refusal(Path path) {
    String message = assertThrows(InputException.class, () -> SavedModel.open(path)).getMessage();
    assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    assertTrue(message.contains(path.toString()), message);
    return message;
  }

  @Test
  void aRunsModelIsItsCheckpoints() {
    Checkpoint checkpoint = Checkpoint.read(RunDirectory.checkpointFile(run));
    for (Path path : List.of(run, RunDirectory.checkpointFile(run))) {
      SavedModel model = SavedModel.open(path);
      assertEquals(Optional.of(checkpoint.position()), model.checkpoint().map(c -> c.position()));
      assertArrayEquals(checkpoint.state().parameters(), model.parameters());
      assertEquals(checkpoint.layout().shape(), model.shape());
      assertEquals(checkpoint.plan(), model.plan());
      assertEquals(STEPS, model.steps());
      assertEquals(checkpoint.images(), model.images());
      assertEquals(Optional.of(checkpoint.dataToLoad()), model.dataToLoad());
    }
  }

  @Test
  void anExportedModelIsTheSame() throws IOException {
    for (Path path : List.of(file, file.getParent())) {
      SavedModel model = SavedModel.open(path);
      assertEquals(Optional.empty(), model.checkpoint());
      assertArrayEquals(ofRun.parameters(), model.parameters());
      assertEquals(ofRun.parametersSha256(), model.parametersSha256());
      assertEquals(ofRun.shape(), model.shape());
      assertEquals(ofRun.plan(), model.plan());
      assertEquals(ofRun.objective(), model.objective());
      assertEquals(Optional.of(new ImageSize(TinyImages.SIDE, TinyImages.SIDE)), model.size());
      assertEquals(ofRun.seed(), model.seed());
      assertEquals(STEPS, model.steps());
      assertEquals("tiny", model.datasetName());
      assertEquals(ofRun.datasetSha256(), model.datasetSha256());
      assertArrayEquals(Files.readAllBytes(file), bytes(model));
    }
  }

  /** The engine's, with the bits that a run's checkpoint has; and the one for pictures. */
  @Test
  void itsModelsComputeTheSame() {
    SavedModel model = SavedModel.open(file);
    float[] z = {0.5f, -1};
    float[][] decoded = new float[2][model.shape().inputs()];
    try (var cpu = new CpuAccelerator(1);
        var one = model.model(cpu);
        var other = Checkpoint.read(RunDirectory.checkpointFile(run)).model(cpu)) {
      one.decode(z, 1, decoded[0]);
      other.decode(z, 1, decoded[1]);
    }
    assertArrayEquals(decoded[0], decoded[1]);
    assertArrayEquals(ofRun.decoder().decode(z), model.decoder().decode(z));
    assertArrayEquals(decoded[0], model.decoder().decode(z), 1e-5f);
  }

  @Test
  void itTakesImagesOfItsHeightAndWidth() {
    SavedModel model = SavedModel.open(file);
    assertTrue(model.takes(TinyImages.dataset(1).test()));
    assertFalse(model.takes(new ImageSet(3, 27, new byte[81], new byte[1])));
  }

  /** Where its images lie is the run's business alone. */
  @Test
  void onlyADatasetWithANameIsLoadedUnasked() throws IOException {
    assertFalse(TensorFile.read(file).metadata().toString().contains("\"data\":"));
    assertEquals(Dataset.Status.UNVERIFIED, ofRun.images().status());
    assertEquals(Optional.empty(), SavedModel.open(file).dataToLoad());
    edit("\"status\":\"unverified\"", "\"status\":\"verified\"");
    assertEquals(Optional.of(new DataChoice.Named("tiny")), SavedModel.open(file).dataToLoad());
  }

  @Test
  void whatIsNoModelIsNamed() throws IOException {
    Path absent = temp.resolve("absent");
    assertEquals(absent + " holds no run: there is no run.json.", refusal(absent));
    Path empty = Files.createDirectory(temp.resolve("empty"));
    assertEquals(empty + " holds no run: there is no run.json.", refusal(empty));
    Files.delete(RunDirectory.checkpointFile(run));
    assertEquals("There is no checkpoint " + RunDirectory.checkpointFile(run) + ".", refusal(run));
    Path text = Files.writeString(temp.resolve("text"), "what is this?");
    assertTrue(refusal(text).startsWith(text + " is not a safetensors file"), refusal(text));
    Path link = Files.createSymbolicLink(temp.resolve("link"), absent);
    assertEquals(
        "%s cannot be read: %s: no such file or folder.".formatted(link, link), refusal(link));
    Path another = temp.resolve("another.safetensors");
    new SafeTensors(Map.of("format", "pt"), new LinkedHashMap<>()).writeAtomically(another);
    assertEquals(
        another + " was not written by this program: it has no 'cvae-gpu' metadata.",
        refusal(another));
  }

  @Test
  void aLinkToAModelIsFollowed() throws IOException {
    Path link = Files.createSymbolicLink(temp.resolve("link"), file);
    assertArrayEquals(ofRun.parameters(), SavedModel.open(link).parameters());
  }

  /** Every 13th bit before the tensors, and every 101st of them. */
  @Test
  void aFlippedBitIsFound() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    int end = Long.BYTES + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    int harmless = 0;
    for (int bit = 0; bit < 8 * whole.length; bit += bit < 8 * end ? 13 : 101) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, damaged);
      try {
        SavedModel read = SavedModel.open(file);
        assertTrue(bit < 8 * end, "bit " + bit);
        assertArrayEquals(ofRun.parameters(), read.parameters(), "bit " + bit);
        assertEquals(ofRun.plan(), read.plan(), "bit " + bit);
        assertEquals(ofRun.images(), read.images(), "bit " + bit);
        assertEquals(ofRun.steps(), read.steps(), "bit " + bit);
        harmless++;
      } catch (InputException e) {
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
      }
    }
    // "format": "pt", which nothing here reads, and what is spelt as an escape.
    assertTrue(harmless < 30, harmless + " harmless");
  }

  @Test
  void aFlippedBitOfAWeightIsNamed() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 4] ^= 1;
    Files.write(file, bytes);
    assertEquals(
        file + " is damaged: its tensors do not have the checksum that it records.", refusal(file));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void aNumberThatIsNotFiniteIsRefused(float value) throws IOException {
    float[] bias = new float[20];
    bias[1] = value;
    rewriteTensor(BIAS, new SafeTensors.Tensor(List.of(20), bias));
    assertEquals(
        "%s cannot be used: tensor %s holds %s at index 1.".formatted(file, BIAS, value),
        refusal(file));
  }

  @Test
  void otherTensorsThanTheNetworksAreRefused() throws IOException {
    rewriteTensor(BIAS, new SafeTensors.Tensor(List.of(4, 5), new float[20]));
    assertEquals(
        "Tensor %s of %s has the shape [4, 5], not [20].".formatted(BIAS, file), refusal(file));
    rewriteTensor(BIAS, null);
    assertEquals(file + " has 11 tensors, and a model of its network has 12.", refusal(file));
    rewriteTensor("another", new SafeTensors.Tensor(List.of(20), new float[20]));
    assertEquals("%s has no tensor %s.".formatted(file, BIAS), refusal(file));
  }

  @Test
  void anotherFormatIsNamed() throws IOException {
    edit("\"format\":1", "\"format\":2");
    assertEquals(file + " has format 2; this program reads format 1.", refusal(file));
  }

  @Test
  void aRuleOfALaterVersionIsNamed() throws IOException {
    edit("\"name\":\"pi\"", "\"name\":\"later\"");
    assertEquals(
        file + " has the rule \"later\", which this version does not know.", refusal(file));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "{}", "[]", "7", "{\"format\": 1", "not JSON"})
  void metadataThatAreNoMetadataAreRefused(String json) throws IOException {
    rewriteMetadata(json, true);
    refusal(file);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"format\":1 | \"format\":1.5",
        "\"format\":1 | \"form\":1",
        "\"plan\" | \"plane\"",
        "\"hidden\":[20,10] | \"hidden\":[]",
        "\"hidden\":[20,10] | \"hidden\":[65536,65536]",
        "\"latent\":2 | \"latent\":0",
        "\"likelihood\":\"bernoulli\" | \"likelihood\":\"x\"",
        "\"inputs\":81 | \"inputs\":0",
        "\"inputs\":81 | \"inputs\":82",
        "\"inputs\":81 | \"inputs\":65537",
        "\"height\":9 | \"height\":0",
        "\"height\":9 | \"height\":8",
        "\"dataset\":{ | \"dates\":{",
        "\"name\":\"tiny\" | \"name\":null",
        "\"status\":\"unverified\" | \"status\":null",
        "\"steps\":7 | \"steps\":-7",
        "\"steps\":7 | \"steps\":7.5",
        "\"parameters_sha256\" | \"parameter_sha256\"",
      })
  void metadataThatMakeNoSenseAreRefused(String from, String to) throws IOException {
    edit(from, to);
    refusal(file);
  }

  /** A network of other sizes than the file's tensors takes no memory before it is refused. */
  @Test
  void sizesThatNoTensorHasAreRefusedBeforeTheyAreAllocated() throws IOException {
    edit("\"hidden\":[20,10]", "\"hidden\":[20,65536]");
    assertEquals(
        "Tensor encoder.2.weight of %s has the shape [10, 20], not [65536, 20].".formatted(file),
        refusal(file));
  }

  @Test
  void metadataWithoutTheirChecksumAreRefused() throws IOException {
    rewriteMetadata(TensorFile.read(file).metadata().get(ModelFile.METADATA), false);
    assertEquals(
        "The metadata of %s are damaged: parts of them are missing or make no sense."
            .formatted(file),
        refusal(file));
  }

  private void edit(String from, String to) throws IOException {
    String json = TensorFile.read(file).metadata().get(ModelFile.METADATA);
    assertTrue(json.contains(from), json);
    rewriteMetadata(json.replace(from, to), true);
  }

  private void rewriteMetadata(String json, boolean withChecksum) throws IOException {
    SafeTensors read = TensorFile.read(file);
    Map<String, String> metadata = new TreeMap<>(read.metadata());
    metadata.put(ModelFile.METADATA, json);
    metadata.remove(ModelFile.METADATA + FileMetadata.SHA256);
    if (withChecksum) {
      metadata.put(ModelFile.METADATA + FileMetadata.SHA256, FileMetadata.sha256(json));
    }
    new SafeTensors(metadata, read.tensors()).writeAtomically(file);
  }

  private void rewriteTensor(String name, SafeTensors.Tensor tensor) throws IOException {
    SafeTensors read = TensorFile.read(file);
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>(read.tensors());
    tensors.remove(name);
    if (tensor != null) {
      tensors.put(name, tensor);
    }
    new SafeTensors(read.metadata(), tensors).writeAtomically(file);
  }
}
