// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.data.Reading;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.ParameterLayout;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  private static final DataChoice TINY = new DataChoice.Named("tiny");

  private static final String WEIGHT = "encoder.0.weight";
  private static final String BIAS = "encoder.0.bias";

  @TempDir Path folder;
  private Path file;
  private Checkpoint checkpoint;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("checkpoint.safetensors");
    TrainingPlan plan = TinyRun.plan(3, 0.1 + 0.2);
    var layout = new ParameterLayout(plan.shape(TinyImages.SIDE * TinyImages.SIDE));
    float[][] arrays = new float[3][layout.size()];
    for (int a = 0; a < arrays.length; a++) {
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        for (int i = 0; i < tensor.size(); i++) {
          arrays[a][tensor.offset() + i] = (a + 1) * 0.1f + i * 1e-7f;
        }
      }
      arrays[a][0] = Float.MIN_VALUE;
      arrays[a][1] = -0f;
      arrays[a][2] = Float.MAX_VALUE;
    }
    checkpoint =
        new Checkpoint(
            new TrainingState(
                arrays[0], arrays[1], arrays[2], new StepFeedback(7, 100 / 3f, 1 / 3f)),
            new Checkpoint.Position(
                1,
                2,
                ControllerMemory.of(Map.of("beta", 0.1 + 0.2, "integral", -1e-300)),
                List.of("ab"),
                "cd",
                null),
            plan,
            layout,
            images(TinyImages.dataset(1).sha256()),
            TINY,
            BitsVersion.CURRENT);
    checkpoint.write(file);
  }

  private static Checkpoint.Images images(Map<String, String> sha256) {
    return new Checkpoint.Images(
        "tiny", Dataset.Status.UNVERIFIED, new ImageSize(TinyImages.SIDE, TinyImages.SIDE), sha256);
  }

  private String refusal() {
    String message = assertThrows(InputException.class, () -> Checkpoint.read(file)).getMessage();
    assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    assertTrue(message.contains(file.toString()), message);
    return message;
  }

  @Test
  void readsBackBitForBit() throws IOException {
    Checkpoint read = Checkpoint.read(file);
    assertBits(checkpoint.state().parameters(), read.state().parameters());
    assertBits(checkpoint.state().firstMoment(), read.state().firstMoment());
    assertBits(checkpoint.state().secondMoment(), read.state().secondMoment());
    assertEquals(checkpoint.state().step(), read.state().step());
    assertEquals(checkpoint.state().last(), read.state().last());
    assertEquals(checkpoint.position(), read.position());
    assertEquals(checkpoint.plan(), read.plan());
    assertEquals(checkpoint.layout().shape(), read.layout().shape());
    assertEquals(checkpoint.images(), read.images());
    byte[] bytes = Files.readAllBytes(file);
    read.write(file);
    assertArrayEquals(bytes, Files.readAllBytes(file));
  }

  @Test
  void howImagesAreReadIsKept() throws IOException {
    assertEquals(TINY, Checkpoint.read(file).data());
    for (Reading reading :
        List.of(
            Reading.PLAIN,
            new Reading(0.25, null, false),
            new Reading(0, new ImageSize(20, 30), true))) {
      var data = new DataChoice.At(Path.of("/my/images"), reading);
      new Checkpoint(
              checkpoint.state(),
              checkpoint.position(),
              checkpoint.plan(),
              checkpoint.layout(),
              checkpoint.images(),
              data,
              BitsVersion.CURRENT)
          .write(file);
      assertEquals(data, Checkpoint.read(file).data());
      assertEquals(data, Checkpoint.read(file).dataToLoad());
    }
  }

  @Test
  void theOrderOfTheChecksumsDoesNotDependOnTheProcess() throws IOException {
    String json = TensorFile.read(file).metadata().get(CheckpointFile.METADATA);
    String written = json.substring(json.indexOf("\"dataset\":"));
    Map<String, String> shuffled = new LinkedHashMap<>();
    new TreeMap<>(checkpoint.datasetSha256()).descendingMap().forEach(shuffled::put);
    new Checkpoint(
            checkpoint.state(),
            checkpoint.position(),
            checkpoint.plan(),
            checkpoint.layout(),
            images(shuffled),
            TINY,
            BitsVersion.CURRENT)
        .write(file);
    String again = TensorFile.read(file).metadata().get(CheckpointFile.METADATA);
    assertEquals(written, again.substring(again.indexOf("\"dataset\":")));
  }

  private static void assertBits(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(
          Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(actual[i]), "at " + i);
    }
  }

  @Test
  void theChecksumIsOfTheTensorsWithoutTheGaps() {
    float[] parameters = checkpoint.state().parameters().clone();
    String sum = CheckpointFile.sha256(parameters, checkpoint.layout());
    var bias = checkpoint.layout().tensors().get(3);
    int gap = bias.offset() + bias.size();
    assertTrue(gap % ParameterLayout.ALIGNMENT != 0);
    parameters[gap] = 1;
    assertEquals(sum, CheckpointFile.sha256(parameters, checkpoint.layout()));
    parameters[1] = 0f;
    assertTrue(!sum.equals(CheckpointFile.sha256(parameters, checkpoint.layout())));
  }

  @Test
  void anAbsentFileIsNamed() throws IOException {
    Files.delete(file);
    assertEquals("There is no checkpoint " + file + ".", refusal());
    Files.createDirectory(file);
    assertEquals("There is no checkpoint " + file + ".", refusal());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 8, 100, -4, -1})
  void aFileCutShortIsRefused(int bytes) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, bytes >= 0 ? bytes : whole.length + bytes));
    refusal();
  }

  /** In the parameters, in a moment, and the last bit of all. */
  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.5, 0.9, 1})
  void aFlippedBitIsFound(double where) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    int first = Long.BYTES + (int) header;
    bytes[first + (int) (where * (bytes.length - 1 - first)) / Float.BYTES * Float.BYTES] ^= 1;
    Files.write(file, bytes);
    assertEquals(
        file + " is damaged: its tensors do not have the checksum that it records.", refusal());
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, -1, 1_000_000_000, 1L << 33})
  void aHeaderThatIsLongerThanTheFileIsRefused(long length) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    Files.write(file, bytes);
    refusal();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aNumberThatIsNotFiniteIsRefused(float value) throws IOException {
    for (String prefix : List.of("", CheckpointFile.FIRST_MOMENT, CheckpointFile.SECOND_MOMENT)) {
      float[] bias = new float[20];
      bias[1] = value;
      rewriteTensor(prefix + BIAS, new SafeTensors.Tensor(List.of(20), bias));
      assertEquals(
          "%s cannot be used: tensor %s holds %s at index 1.".formatted(file, prefix + BIAS, value),
          refusal());
      checkpoint.write(file);
    }
  }

  @Test
  void anotherShapeIsRefused() throws IOException {
    rewriteTensor(WEIGHT, new SafeTensors.Tensor(List.of(81, 20), new float[20 * 81]));
    assertEquals(
        "Tensor %s of %s has the shape [81, 20], not [20, 81].".formatted(WEIGHT, file), refusal());
  }

  @Test
  void anAbsentTensorIsNamed() throws IOException {
    String name = CheckpointFile.SECOND_MOMENT + WEIGHT;
    rewriteTensor(name, null);
    assertEquals(file + " has 35 tensors, and a checkpoint of its network has 36.", refusal());
    rewriteTensor("another", new SafeTensors.Tensor(List.of(0), new float[0]));
    assertEquals("%s has no tensor %s.".formatted(file, name), refusal());
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

  @Test
  void aFileOfAnotherProgramIsRefused() throws IOException {
    rewriteMetadata(null);
    assertEquals(
        file + " was not written by this program: it has no 'cvae-gpu' metadata.", refusal());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "{}", "[]", "7", "{\"format\": 1", "not JSON"})
  void metadataThatAreNoMetadataAreRefused(String json) throws IOException {
    rewriteMetadata(json);
    refusal();
  }

  @Test
  void anotherFormatIsNamed() throws IOException {
    edit("\"format\":3", "\"format\":4");
    assertEquals(file + " has format 4; this program reads formats 1 to 3.", refusal());
    rewriteMetadata("{\"format\":0}");
    assertEquals(file + " has format 0; this program reads formats 1 to 3.", refusal());
  }

  @Test
  void aPlanThatNobodyCanTrainIsRefused() throws IOException {
    edit("\"epochs\":3", "\"epochs\":-1");
    assertEquals(
        "The metadata of " + file + " are damaged: The number of epochs must be 1 or more, not -1.",
        refusal());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"plan\" | \"plane\"",
        "\"rule\" | \"role\"",
        "\"objective\" | \"object\"",
        "\"network\" | \"net\"",
        "\"schedule\" | \"time\"",
        "\"likelihood\":\"bernoulli\" | \"likelihood\":\"x\"",
        "\"targets\":\"grey\" | \"targets\":null",
        "\"name\":\"pi\" | \"name\":\"x\"",
        "\"name\":\"pi\" | \"name\":[]",
        "\"name\":\"pi\", | ''",
        "\"anti_windup\":\"directional\" | \"anti_windup\":null",
        "\"hidden\":[20,10] | \"hidden\":[]",
        "\"hidden\":[20,10] | \"hidden\":[20,null]",
        "\"hidden\":[20,10] | \"hidden\":[20,99999999999]",
        "\"latent\":2 | \"latent\":3",
        "\"latent\":2 | \"latent\":0",
        "\"latent\":2 | \"latent\":2.5",
        "\"latent\":2 | \"latent\":4294967298",
        "\"seed\":5 | \"seed\":18446744073709551621",
        "\"format\":3 | \"format\":3.5",
        "\"format\":3 | \"format\":4294967299",
        "\"height\":9 | \"height\":9.5",
        "\"height\":9 | \"height\":0",
        "\"height\":9 | \"height\":8",
        "\"height\":9,\"width\":9 | \"height\":90,\"width\":9000000",
        "\"size\":{ | \"sizes\":{",
        "\"data\":\"tiny\" | \"data\":null",
        "\"last\" | \"first\"",
        "\"position\" | \"place\"",
        "\"controller\":{\"beta | \"contr\":{\"beta",
        "\"epoch\":1 | \"epoch\":2",
        "\"epoch\":1 | \"epoch\":-1",
        "\"next_batch\":2 | \"next_batch\":-1",
        "\"parameters_sha256\":[\"ab\"] | \"parameters_sha256\":[null]",
        "\"parameters_sha256\":[\"ab\"] | \"parameters_sha256\":null",
        "\"integral\":-1.0E-300 | \"integral\":null",
        "\"integral\":-1.0E-300 | \"integral\":NaN",
        "\"integral\":-1.0E-300 | \"integer\":-1.0E-300",
        "\"kl\":0.3333333432674408 | \"kl\":null",
        "\"kl\":0.3333333432674408 | \"kl\":NaN",
        "\"kl\":0.3333333432674408 | \"kl\":1e99",
        "\"rl\":33.33333206176758 | \"rl\":1e99",
        "\"dataset\":{ | \"dates\":{",
        "\"name\":\"tiny\" | \"name\":null",
        "\"status\":\"unverified\" | \"status\":null",
        "\"tensors_sha256\":\" | \"tensors_sha_256\":\"",
        "\"metrics_sha256\":\" | \"metrics_sha_256\":\"",
        "\"bits\":" + BitsVersion.CURRENT + " | \"bits\":0",
        "\"bits\":" + BitsVersion.CURRENT + " | \"bits\":null",
        "\"step\":7 | \"step\":-7",
      })
  void metadataThatMakeNoSenseAreRefused(String from, String to) throws IOException {
    edit(from, to);
    refusal();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"next_batch\":2 | \"next_batch\":5",
        "\"next_batch\":2 | \"next_batch\":3",
        "\"step\":7 | \"step\":8"
      })
  void aPlaceWhereNoRunCanBeIsRefused(String from, String to) throws IOException {
    edit(from, to);
    Checkpoint read = Checkpoint.read(file);
    var refusal =
        assertThrows(
            InputException.class,
            () -> read.requireSameRun(read.plan(), read.layout(), TinyImages.dataset(1)));
    assertTrue(
        refusal.getMessage().startsWith("The checkpoint is damaged: "), refusal.getMessage());
  }

  /** Every 13th bit of all that is not tensors, which no two bits of a byte or a word share. */
  @Test
  void aFlippedBitOfTheMetadataIsFound() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    int end = Long.BYTES + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    int refused = 0;
    int harmless = 0;
    for (int bit = 0; bit < 8 * end; bit += 13) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, damaged);
      try {
        Checkpoint read = Checkpoint.read(file);
        assertEquals(checkpoint.position(), read.position(), "bit " + bit);
        assertEquals(checkpoint.plan(), read.plan(), "bit " + bit);
        assertEquals(checkpoint.images(), read.images(), "bit " + bit);
        assertEquals(checkpoint.bits(), read.bits(), "bit " + bit);
        harmless++;
      } catch (InputException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000, refused + " refused");
    // "format": "pt", which nothing here reads, and what is spelt as an escape.
    assertTrue(harmless < 30, harmless + " harmless");
  }

  @Test
  void aFlippedDigitOfTheStateIsNamed() throws IOException {
    SafeTensors read = TensorFile.read(file);
    Map<String, String> metadata = new TreeMap<>(read.metadata());
    metadata.computeIfPresent(
        CheckpointFile.METADATA, (key, json) -> json.replace("-1.0E-300", "-1.0E-301"));
    new SafeTensors(metadata, read.tensors()).writeAtomically(file);
    assertEquals(
        file + " is damaged: its metadata do not have the checksum that it records.", refusal());
    metadata.remove(CheckpointFile.METADATA_SHA256);
    new SafeTensors(metadata, read.tensors()).writeAtomically(file);
    refusal();
  }

  @Test
  void readsFormat1() {
    Path old = Path.of("test-data", "format-1", "finished", "checkpoint.safetensors");
    Checkpoint read = Checkpoint.read(old);
    assertEquals(15, read.state().step());
    assertEquals(BitsVersion.UNKNOWN, read.bits());
    assertEquals(Optional.empty(), read.metricsSha256());
    assertEquals(
        read.position().parametersSha256().getLast(),
        CheckpointFile.sha256(read.state().parameters(), read.layout()));
  }

  @Test
  void readsFormat2() throws IOException {
    Path old = Path.of("test-data", "format-2", "stopped");
    Checkpoint read = Checkpoint.read(old.resolve("checkpoint.safetensors"));
    assertEquals(TinyRun.plan(3, 1e-2), read.plan());
    assertEquals(TINY, read.data());
    assertEquals(
        new ParameterLayout(read.plan().shape(TinyImages.SIDE * TinyImages.SIDE)).shape(),
        read.layout().shape());
    // Height and width were not kept, and are not guessed.
    assertEquals(null, read.images().size());
    String[] row = Files.readAllLines(old.resolve("metrics.csv")).getLast().split(",", -1);
    assertEquals(new StepFeedback(7, 0, Float.parseFloat(row[3])), read.state().last());
    assertEquals(Float.parseFloat(row[4]), (float) read.position().controller().get("beta"));
    assertEquals(Set.of("beta", "integral"), read.position().controller().values().keySet());
    read.requireMetrics(old.resolve("metrics.csv"));
    Checkpoint constant =
        Checkpoint.read(Path.of("test-data", "format-2", "constant", "checkpoint.safetensors"));
    assertEquals(new ConstantRule(2), constant.plan().rule());
    assertEquals(ControllerMemory.EMPTY, constant.position().controller());
  }

  // ---- sizes that no machine has ---------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"hidden\":[20,10] | \"hidden\":[8000,30000]",
        "\"hidden\":[20,10] | \"hidden\":[65536,65536]",
        "\"latent\":2 | \"latent\":1024",
        "\"height\":9,\"width\":9 | \"height\":256,\"width\":256"
      })
  void aNetworkThatIsNotInTheFileTakesNoMemory(String from, String to) throws IOException {
    edit(from, to);
    assertTakesLittleMemory();
  }

  @Test
  void aHundredThousandLayersTakeNoMemory() throws IOException {
    edit("\"hidden\":[20,10]", "\"hidden\":[20" + ",1".repeat(100_000) + "]");
    assertTakesLittleMemory();
  }

  @Test
  void aMillionTensorsTakeNoMemory() throws IOException {
    var header = new StringBuilder("{");
    for (int i = 0; header.length() < 30_000_000; i++) {
      header.append(i == 0 ? "" : ",").append("\"t").append(i);
      header.append("\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    byte[] json = header.append("}").toString().getBytes(StandardCharsets.US_ASCII);
    writeHeader(json.length, json);
    assertTakesLittleMemory();
    assertTrue(refusal().contains("more than the 10000 tensors"), refusal());
  }

  @Test
  void aHeaderOfTheFormatsLimitTakesNoMemory() throws IOException {
    writeHeader(99_000_000, "{".getBytes(StandardCharsets.US_ASCII));
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(200_000_000);
    }
    assertTakesLittleMemory();
  }

  private void writeHeader(long length, byte[] json) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      out.write(
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      out.write(json);
    }
  }

  private void assertTakesLittleMemory() {
    refusal(); // Once before, for what is allocated but once.
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    refusal();
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(bytes < 64_000_000, bytes + " bytes were allocated");
  }

  private void edit(String from, String to) throws IOException {
    String json = TensorFile.read(file).metadata().get(CheckpointFile.METADATA);
    assertTrue(json.contains(from), json);
    rewriteMetadata(json.replace(from, to));
  }

  private void rewriteMetadata(String json) throws IOException {
    SafeTensors read = TensorFile.read(file);
    Map<String, String> metadata = new TreeMap<>(read.metadata());
    metadata.remove(CheckpointFile.METADATA);
    if (json != null) {
      metadata.put(CheckpointFile.METADATA, json);
      metadata.put(CheckpointFile.METADATA_SHA256, FileMetadata.sha256(json));
    }
    new SafeTensors(metadata, read.tensors()).writeAtomically(file);
  }
}
