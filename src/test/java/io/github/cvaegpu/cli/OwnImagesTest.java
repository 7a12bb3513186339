// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.NumpyBytes;
import io.github.cvaegpu.data.PictureBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands on images of the user's own: what is said once is not to be said again. */
class OwnImagesTest {
  @TempDir Path temp;

  private Path pictures() throws IOException {
    Path folder = temp.resolve("pictures");
    for (int i = 0; i < 60; i++) {
      Path file = folder.resolve(String.format(Locale.ROOT, "%s/%02d.png", i % 3, i));
      Files.createDirectories(file.getParent());
      Files.write(file, PictureBytes.grey(4, 6, i));
    }
    return folder;
  }

  private static byte[] images(int count, int seed) {
    return NumpyBytes.npy(
        "|u1", "(%s, 4, 6)".formatted(count), PictureBytes.values(count, 24, seed));
  }

  private static byte[] labels(int count) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 3);
    }
    return NumpyBytes.npy("|u1", "(%s,)".formatted(count), labels);
  }

  private Path npz() throws IOException {
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("x_train", images(40, 1));
    arrays.put("y_train", labels(40));
    arrays.put("x_test", images(20, 2));
    arrays.put("y_test", labels(20));
    return Files.write(temp.resolve("arrays.npz"), NumpyBytes.npz(arrays, true));
  }

  private static String[] command(String... words) {
    return Stream.concat(Arrays.stream(words), Stream.of("--threads", "1", "--engine", "cpu"))
        .toArray(String[]::new);
  }

  private CommandRun train(Path run, String... more) {
    List<String> words = new ArrayList<>(List.of("train", "--out", run.toString()));
    words.addAll(List.of("--epochs", "2", "--batch", "16", "--hidden", "8", "--latent", "2"));
    words.addAll(List.of(more));
    return CommandRun.of(command(words.toArray(String[]::new)));
  }

  private static JsonObject record(Path run) throws IOException {
    return JsonParser.parseString(Files.readString(run.resolve("run.json"))).getAsJsonObject();
  }

  /** Evaluated, reported and gone on with from the checkpoint and from the record alone. */
  private void goesOnWithoutOptions(Path run, int testImages) throws IOException {
    JsonObject dataset = record(run).getAsJsonObject("dataset");
    assertEquals(testImages, dataset.get("test_images").getAsInt());
    CommandRun evaluated =
        CommandRun.of(command("evaluate", run.toString(), "--samples", "2", "--latent", "--json"))
            .succeeded();
    assertEquals("", withoutEngine(evaluated.err()));
    assertEquals(
        testImages, evaluated.json().getAsJsonObject("evaluation").get("images").getAsInt());
    Path page = temp.resolve("page.html");
    CommandRun reported =
        CommandRun.of(command("report", run.toString(), "--out", page.toString())).succeeded();
    assertFalse(reported.err().contains("Warning"), reported.err());
    String html = Files.readString(page);
    assertTrue(html.contains("\"height\":4,\"width\":6"), "the page has the images' size");
    assertTrue(html.contains(testImages + " test images"), "and dots of them");
    CommandRun.of(command("train", "--resume", "--out", run.toString(), "--epochs", "3", "--quiet"))
        .succeeded();
    assertEquals(dataset, record(run).getAsJsonObject("dataset"));
    assertEquals(3, record(run).getAsJsonArray("parameters_sha256").size());
    // Where the record is lost, the checkpoint knows.
    Object reading = record(run).get("reading");
    Files.delete(run.resolve("run.json"));
    CommandRun.of(command("train", "--resume", "--out", run.toString(), "--epochs", "4", "--quiet"))
        .succeeded();
    assertEquals(dataset, record(run).getAsJsonObject("dataset"));
    assertEquals(reading, record(run).get("reading"));
  }

  private static String withoutEngine(String err) {
    return String.join("\n", err.lines().filter(line -> !line.startsWith("Engine ")).toList());
  }

  /** What is put among pictures is read as one of them, or as a class, the next time. */
  @ParameterizedTest
  @CsvSource({
    "train --data PICTURES --test-part 0.2, --out",
    "train --data PICTURES --test-part 0.2 --out ELSEWHERE, --tensorboard",
    "train --data PICTURES --test-part 0.2 --out ELSEWHERE, --log-json",
    "train --resume --out RUN, --tensorboard",
    "train --from RUN, --out",
    "calibrate --data PICTURES --test-part 0.2, --out",
    "calibrate --data PICTURES --test-part 0.2 --out ELSEWHERE, --tensorboard",
    "reproduce --data PICTURES --test-part 0.2, --out",
    "reproduce --data PICTURES --test-part 0.2 --out ELSEWHERE, --log-json",
    "report RUN, --out",
    "export RUN, --onnx",
    "export RUN, --safetensors",
    "encode RUN, --output",
    "score RUN --output -, --picture",
  })
  void nothingIsWrittenAmongPictures(String command, String option) throws IOException {
    Path pictures = pictures();
    Path run = temp.resolve("run");
    train(run, "--data", pictures.toString(), "--test-part", "0.25", "--quiet").succeeded();
    String place = pictures.resolve("0").toString();
    String output =
        switch (option) {
          case "--output" -> place + "/z.csv";
          case "--picture" -> place + "/z.png";
          default -> place + "/z";
        };
    String words =
        command
            .replace("PICTURES", pictures.toString())
            .replace("ELSEWHERE", temp.resolve("elsewhere").toString())
            .replace("RUN", run.toString());
    List<String> before = listing(pictures);
    String refusal =
        CommandRun.of(
                Stream.concat(Stream.of(words.split(" ")), Stream.of(option, output)).toList())
            .refusal();
    assertTrue(
        refusal.matches(
            Pattern.quote("The output %s lies in the input %s: ".formatted(output, pictures))
                + "name another (file|folder|place) with "
                + option
                + "\\."),
        refusal);
    assertEquals(before, listing(pictures));
    assertFalse(Files.exists(temp.resolve("elsewhere")));
  }

  /** The working directory of a test is that of the project, whose documents have pictures. */
  @Test
  void aRunsOwnNameIsNotAmongPicturesEither() {
    String refusal = CommandRun.of("train", "--data", ".", "--test-part", "0.2").refusal();
    assertTrue(refusal.startsWith("The output runs/hold-"), refusal);
    assertTrue(refusal.endsWith(": name another folder with --out."), refusal);
  }

  /** Of IDX files those are read and no others, and a file of arrays is no folder. */
  @Test
  void aRunMayLieBesideOtherData() throws IOException {
    Path idx = TinyImages.writeFolder(temp.resolve("idx"), 1);
    train(idx.resolve("run"), "--data", idx.toString()).succeeded();
    train(idx.resolve("again"), "--data", idx.toString()).succeeded();
    train(temp.resolve("run"), "--data", npz().toString()).succeeded();
  }

  private static List<String> listing(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  @Test
  void aFolderOfPictures() throws IOException {
    Path run = temp.resolve("run");
    CommandRun trained = train(run, "--data", pictures().toString(), "--test-part", "0.25");
    trained.succeeded();
    assertFalse(trained.err().contains("Warning"), trained.err());
    JsonObject reading = record(run).getAsJsonObject("reading");
    assertEquals(0.25, reading.get("test_part").getAsDouble());
    assertTrue(reading.get("resize").isJsonNull());
    assertEquals(temp.resolve("pictures").toString(), record(run).get("data").getAsString());
    goesOnWithoutOptions(run, 15);
  }

  @Test
  void anNpzFile() throws IOException {
    Path run = temp.resolve("run");
    train(run, "--data", npz().toString()).succeeded();
    assertTrue(record(run).get("reading").isJsonNull());
    goesOnWithoutOptions(run, 20);
  }

  @Test
  void whatWasLeftOutAndScaledStaysSo() throws IOException {
    Path folder = pictures();
    Files.write(folder.resolve("1/01.png"), new byte[5]);
    Files.write(folder.resolve("2/02.png"), PictureBytes.grey(9, 5, 1));
    Path run = temp.resolve("run");
    String[] options = {"--data", folder.toString(), "--test-part", "0.25", "--skip-unreadable"};
    assertEquals(
        "%s has 9 x 5 pixels and %s has 4 x 6: --resize 4 makes all of them 4 x 4."
            .formatted(folder.resolve("2/02.png"), folder.resolve("0/00.png")),
        train(run, options).refusal());
    assertFalse(Files.exists(run), "nothing is half-written");
    String[] all =
        Stream.concat(Arrays.stream(options), Stream.of("--resize", "4x6")).toArray(String[]::new);
    CommandRun trained = train(run, all).succeeded();
    String left =
        "Warning: Left out as unreadable: 1 picture; the first: %s is not a PNG file but something"
                .formatted(folder.resolve("1/01.png"))
            + " else.";
    assertTrue(trained.err().lines().anyMatch(left::equals), trained.err());
    JsonObject reading = record(run).getAsJsonObject("reading");
    assertEquals(4, reading.getAsJsonObject("resize").get("height").getAsInt());
    assertEquals(6, reading.getAsJsonObject("resize").get("width").getAsInt());
    assertTrue(reading.get("skip_unreadable").getAsBoolean());
    CommandRun evaluated =
        CommandRun.of(command("evaluate", run.toString(), "--samples", "2")).succeeded();
    assertTrue(evaluated.err().lines().anyMatch(left::equals), evaluated.err());
    assertTrue(evaluated.out().contains("15 test images of pictures"), evaluated.out());
    // As in whatever folder they lie now.
    Path moved = Files.move(folder, temp.resolve("moved"));
    String[] again = {"train", "--resume", "--out", run.toString(), "--data", moved.toString()};
    assertEquals(
        "The run was started with --resize 4x6 and cannot go on with 4x4.",
        CommandRun.of(command(with(again, "--resize", "4"))).refusal());
    CommandRun on = CommandRun.of(command(with(again, "--epochs", "3"))).succeeded();
    assertTrue(on.err().contains("Left out as unreadable: 1 picture"), on.err());
    assertEquals(3, record(run).getAsJsonArray("parameters_sha256").size());
    assertEquals(reading, record(run).getAsJsonObject("reading"));
  }

  /** Other options make other images, of which a run is told. */
  @Test
  void aRunGoesOnWithItsOwnImagesAlone() throws IOException {
    Path run = temp.resolve("run");
    String folder = pictures().toString();
    train(run, "--data", folder, "--test-part", "0.25").succeeded();
    String[] again = {"train", "--resume", "--out", run.toString(), "--epochs", "3"};
    record Case(String option, String refusal) {}
    String started = "The run was started with %s and cannot go on with %s.";
    for (Case one :
        List.of(
            new Case("--test-part=0.5", started.formatted("--test-part 0.25", "0.5")),
            new Case("--resize=4x5", started.formatted("--resize none", "4x5")),
            new Case(
                "--skip-unreadable",
                "The run was started without --skip-unreadable and cannot go on with it."))) {
      assertEquals(
          one.refusal, CommandRun.of(command(with(again, "--data", folder, one.option))).refusal());
    }
    CommandRun.of(command(with(again, "--data", folder, "--test-part", "0.25", "--quiet")))
        .succeeded();
    Files.write(temp.resolve("pictures/0/00.png"), PictureBytes.grey(4, 6, 99));
    String[] further = {"train", "--resume", "--out", run.toString(), "--epochs", "4"};
    CommandRun other = CommandRun.of(command(with(further, "--data", folder)));
    assertEquals(ExitCode.BAD_INPUT, other.code());
    assertEquals(
        "The run was started on other images than those of pictures (%s): their checksums differ."
            .formatted(folder),
        other.err().lines().toList().getLast());
    assertTrue(
        CommandRun.of(command("evaluate", run.toString()))
            .refusal()
            .startsWith("The run was trained on other images than those of pictures"));
  }

  private static String[] with(String[] words, String... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--test-part 0.1; --test-part, --resize and --skip-unreadable say how --data PATH is read,"
            + " and there is no --data.",
        "--data synthetic --resize 8; Only a folder or a file of images takes --resize, and"
            + " synthetic is the name of a dataset.",
        "--data synthetic --test-part 0; --test-part must be above 0 and below 1, not 0.0.",
        "--data synthetic --test-part 1; --test-part must be above 0 and below 1, not 1.0.",
        "--data synthetic --resize 0; Invalid value for option '--resize': There are no images of 0"
            + " x 0 pixels.",
        "--data synthetic --resize 8x; Invalid value for option '--resize': \"8x\" is neither N"
            + " pixels nor HxW, height and width.",
        "--data synthetic --resize 300; --resize must make images of 65,536 pixels at most, not of"
            + " 300 x 300.",
        "--data ./nothing.npz; There is no folder or file NOWHERE/nothing.npz."
      })
  void optionsThatMeanNothing(String options, String sentence) {
    String refusal = train(temp.resolve("run"), options.split(" ")).refusal();
    assertEquals(sentence.replace("NOWHERE", Path.of("").toAbsolutePath().toString()), refusal);
    assertFalse(Files.exists(temp.resolve("run")));
  }

  @Test
  void theOtherCommandsThatTakeDataReadThemToo() throws IOException {
    CommandRun bench =
        CommandRun.of(
            command(
                "bench",
                "--data",
                pictures().toString(),
                "--test-part",
                "0.25",
                "--rounds",
                "1",
                "--batch",
                "16",
                "--hidden",
                "8",
                "--json"));
    bench.succeeded();
    assertEquals("pictures", bench.json().get("dataset").getAsString());
    assertEquals(0.25, bench.json().getAsJsonObject("reading").get("test_part").getAsDouble());
  }
}
