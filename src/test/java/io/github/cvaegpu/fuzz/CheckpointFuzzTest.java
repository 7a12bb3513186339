// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import static io.github.cvaegpu.fuzz.Damage.require;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.RunDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A damaged checkpoint is refused, or is still the checkpoint that was written: never another. */
@Execution(ExecutionMode.CONCURRENT)
class CheckpointFuzzTest {
  private static final String METADATA = "__metadata__";

  @TempDir static Path temp;

  private static final List<byte[]> WHOLE = new ArrayList<>();
  private static final List<Checkpoint> MEANT = new ArrayList<>();

  @BeforeAll
  static void train() throws IOException {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    List<Path> runs =
        List.of(
            RunFolder.train(temp.resolve("stopped"), images, RunFolder.CONTROL, 5, 7),
            RunFolder.train(temp.resolve("done"), images, RunFolder.CONTROL, 5, -1),
            RunFolder.train(temp.resolve("other seed"), images, RunFolder.CONTROL, 6, 7),
            RunFolder.train(temp.resolve("constant beta"), images, RunFolder.BETA, 5, 7));
    for (Path run : runs) {
      WHOLE.add(Files.readAllBytes(RunDirectory.checkpointFile(run)));
      MEANT.add(Checkpoint.read(RunDirectory.checkpointFile(run)));
    }
  }

  @Test
  void anyBytes() throws Exception {
    new Fuzzing("checkpoint", 1500).run(damage -> read(damage, damage.bytes(WHOLE)));
  }

  @Test
  void header() throws Exception {
    new Fuzzing("checkpoint header", 1500)
        .run(
            damage -> {
              byte[] whole = damage.pick(WHOLE);
              read(damage, withHeader(whole, damage.json(header(whole))));
            });
  }

  /** The program's own metadata, which are JSON within the header's JSON. */
  @Test
  void metadata() throws Exception {
    new Fuzzing("checkpoint metadata", 1500)
        .run(
            damage -> {
              byte[] whole = damage.pick(WHOLE);
              JsonObject header = JsonParser.parseString(header(whole)).getAsJsonObject();
              JsonObject metadata = header.getAsJsonObject(METADATA);
              List<String> ours =
                  metadata.keySet().stream()
                      .filter(name -> metadata.get(name).getAsString().startsWith("{"))
                      .toList();
              String name = damage.pick(ours);
              String json = metadata.get(name).getAsString();
              String damaged =
                  damage.oneIn(3)
                      ? new String(
                          damage.bytes(List.of(json.getBytes(StandardCharsets.UTF_8))),
                          StandardCharsets.UTF_8)
                      : damage.json(json);
              metadata.add(name, new JsonPrimitive(damaged));
              read(damage, withHeader(whole, header.toString()));
            });
  }

  /** Sizes of a network that no file of this length can hold are refused before they are taken. */
  @Test
  void sizes() throws Exception {
    List<String> sizes = List.of("1", "81", "1000", "8000", "30000", "65536", "2147483647");
    new Fuzzing("checkpoint sizes", 100)
        .run(
            damage -> {
              byte[] whole = damage.pick(WHOLE);
              JsonObject header = JsonParser.parseString(header(whole)).getAsJsonObject();
              JsonObject metadata = header.getAsJsonObject(METADATA);
              String name =
                  metadata.keySet().stream()
                      .filter(key -> metadata.get(key).getAsString().contains("\"hidden\""))
                      .findFirst()
                      .orElseThrow();
              String hidden = "[" + damage.pick(sizes) + "," + damage.pick(sizes) + "]";
              String latent = damage.oneIn(2) ? "2" : damage.pick(sizes);
              String height = damage.oneIn(2) ? "9" : damage.pick(sizes);
              damage.note("hidden", hidden, "latent", latent, "height", height);
              metadata.addProperty(
                  name,
                  metadata
                      .get(name)
                      .getAsString()
                      .replaceFirst("\"hidden\":\\[[^]]*\\]", "\"hidden\":" + hidden)
                      .replaceFirst("\"latent\":\\d+", "\"latent\":" + latent)
                      .replaceFirst("\"height\":\\d+", "\"height\":" + height));
              read(damage, withHeader(whole, header.toString()));
            });
  }

  /** Bits of the header, metadata included, and some of the tensors'. */
  @Test
  void singleBits() throws Exception {
    byte[] whole = WHOLE.getFirst();
    int bits = 8 * (Long.BYTES + header(whole).length());
    new Fuzzing("checkpoint bits", 2000)
        .run(
            damage -> {
              int bit = damage.random().nextInt(damage.oneIn(8) ? 8 * whole.length : bits);
              byte[] bytes = whole.clone();
              bytes[bit / 8] ^= (byte) (1 << bit % 8);
              damage.note("bit", bit, "flipped");
              read(damage, bytes);
            });
  }

  private static void read(Damage damage, byte[] bytes) throws Exception {
    Path file = temp.resolve("checkpoint.safetensors");
    Files.write(file, bytes);
    Checkpoint read = damage.reading(() -> Checkpoint.read(file));
    if (MEANT.stream().noneMatch(meant -> differences(meant, read).isEmpty())) {
      // The one that it is most like.
      List<String> fewest =
          MEANT.stream()
              .map(meant -> differences(meant, read))
              .min(Comparator.comparingInt(List::size))
              .orElseThrow();
      require(
          false,
          "a damaged checkpoint is accepted with another " + String.join(", ", fewest),
          read.position() + " " + read.plan() + " " + read.images());
    }
  }

  private static List<String> differences(Checkpoint one, Checkpoint other) {
    Map<String, Boolean> same = new LinkedHashMap<>();
    same.put("position", one.position().equals(other.position()));
    same.put("plan", one.plan().equals(other.plan()));
    same.put("dataset", one.images().equals(other.images()));
    same.put("network", one.layout().shape().equals(other.layout().shape()));
    same.put("step", one.state().step() == other.state().step());
    same.put("last step", one.state().last().equals(other.state().last()));
    same.put(
        "weight",
        Arrays.equals(one.state().parameters(), other.state().parameters())
            && Arrays.equals(one.state().firstMoment(), other.state().firstMoment())
            && Arrays.equals(one.state().secondMoment(), other.state().secondMoment()));
    return same.keySet().stream().filter(name -> !same.get(name)).toList();
  }

  private static String header(byte[] file) {
    int length = (int) buffer(file).getLong(0);
    return new String(file, Long.BYTES, length, StandardCharsets.UTF_8);
  }

  private static byte[] withHeader(byte[] file, String header) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    int padded = Math.ceilDiv(text.length, 8) * 8;
    int data = Long.BYTES + (int) buffer(file).getLong(0);
    byte[] bytes = new byte[Long.BYTES + padded + file.length - data];
    ByteBuffer into = buffer(bytes).putLong(padded).put(text);
    while (into.position() < Long.BYTES + padded) {
      into.put((byte) ' ');
    }
    into.put(file, data, file.length - data);
    return bytes;
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
