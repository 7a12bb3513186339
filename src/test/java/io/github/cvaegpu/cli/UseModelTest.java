// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.NpyWriter;
import io.github.cvaegpu.report.ImageFolder;
import io.github.cvaegpu.train.SavedModel;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that use a trained model. */
class UseModelTest {
  private static final int SIDE = TinyImages.SIDE;
  private static final List<String> WITH_IMAGES =
      List.of("encode", "sample", "traverse", "interpolate", "reconstruct", "score");

  @TempDir static Path temp;
  private static RunsToEvaluate runs;
  private static String model;

  @TempDir Path folder;

  @BeforeAll
  static void train() throws IOException {
    runs = new RunsToEvaluate(temp);
    model = runs.run(2);
  }

  private static CommandRun run(String command, String of, String... options) {
    List<String> args = new ArrayList<>(List.of(command, of));
    args.addAll(List.of(options));
    args.add("--engine=cpu");
    return CommandRun.of(args);
  }

  private CommandRun to(String file, String command, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("--output=" + folder.resolve(file));
    return run(command, model, all.toArray(String[]::new));
  }

  private List<String[]> table(String file) throws IOException {
    return Files.readAllLines(folder.resolve(file)).stream()
        .map(line -> line.split(",", -1))
        .toList();
  }

  /** The floats of an array of this program. */
  private float[] floats(String file) throws IOException {
    ByteBuffer array = array(file);
    float[] floats = new float[array.remaining() / Float.BYTES];
    array.asFloatBuffer().get(floats);
    return floats;
  }

  /** What is behind the header of an array of this program. */
  private ByteBuffer array(String file) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve(file))).order(ByteOrder.LITTLE_ENDIAN);
    int lengthAt = 8;
    return bytes.position(lengthAt + Short.BYTES + bytes.getShort(lengthAt));
  }

  private BufferedImage picture(String file) throws IOException {
    return ImageIO.read(folder.resolve(file).toFile());
  }

  // ---- encode and decode
  // --------------------------------------------------------------------------

  @Test
  void imagesAreEncodedToLines() throws IOException {
    CommandRun result = to("z.csv", "encode").succeeded();
    assertEquals(folder.resolve("z.csv") + ": posteriors of 50 images\n", result.out());
    List<String[]> lines = table("z.csv");
    assertArrayEquals(
        new String[] {"image", "label", "mean_1", "mean_2", "log_variance_1", "log_variance_2"},
        lines.getFirst());
    assertEquals(51, lines.size());
    ImageSet images = TinyImages.draw(TinyImages.TEST, 2);
    double kl = 0;
    for (int i = 0; i < 50; i++) {
      String[] line = lines.get(i + 1);
      assertEquals(Integer.toString(i), line[0]);
      assertEquals(Integer.toString(images.label(i)), line[1]);
      for (int j = 0; j < 2; j++) {
        double m = Double.parseDouble(line[2 + j]);
        double s = Double.parseDouble(line[4 + j]);
        kl += 0.5 * (m * m + Math.exp(s) - s - 1) / 50;
      }
    }
    JsonObject evaluation =
        runs.evaluate(2, List.of("--json")).succeeded().json().getAsJsonObject("evaluation");
    assertEquals(RunsToEvaluate.mean(evaluation, "kl"), kl, 1e-6);
  }

  @Test
  void anArrayHasWhatTheLinesHave() throws IOException {
    to("z.csv", "encode").succeeded();
    to("z.npy", "encode").succeeded();
    ByteBuffer elements = array("z.npy");
    for (String[] line : table("z.csv").subList(1, 51)) {
      assertEquals(Integer.parseInt(line[0]), elements.getInt());
      assertEquals(Integer.parseInt(line[1]), elements.getInt());
      for (int j = 2; j < 6; j++) {
        assertEquals(Float.parseFloat(line[j]), elements.getFloat());
      }
    }
    assertFalse(elements.hasRemaining());
  }

  @Test
  void linesCanBePrintedAndOfEitherSplit() throws IOException {
    to("z.csv", "encode").succeeded();
    CommandRun printed = run("encode", model, "--output=-").succeeded();
    assertEquals(Files.readString(folder.resolve("z.csv")), printed.out());
    CommandRun train = run("encode", model, "--output=-", "--split=train").succeeded();
    assertEquals(1 + TinyImages.TRAIN, train.out().lines().count());
  }

  @Test
  void whatEncodeWritesDecodeReads() throws IOException {
    to("z.csv", "encode").succeeded();
    to("z.npy", "encode").succeeded();
    CommandRun result = to("a.npy", "decode", "--input=" + folder.resolve("z.csv")).succeeded();
    assertEquals(folder.resolve("a.npy") + ": 50 images\n", result.out());
    to("b.npy", "decode", "--input=" + folder.resolve("z.npy")).succeeded();
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("a.npy")), Files.readAllBytes(folder.resolve("b.npy")));
    float[] means = floats("a.npy");
    assertEquals(50 * SIDE * SIDE, means.length);
    // As the decoder in double has them.
    var decoder = SavedModel.open(Path.of(model)).decoder();
    for (String[] line : table("z.csv").subList(1, 51)) {
      float[] z = {Float.parseFloat(line[2]), Float.parseFloat(line[3])};
      int first = Integer.parseInt(line[0]) * SIDE * SIDE;
      assertArrayEquals(
          decoder.decode(z), Arrays.copyOfRange(means, first, first + SIDE * SIDE), 1e-5f);
    }
  }

  @Test
  void pointsOfOthersAreDecodedToo() throws IOException {
    Files.writeString(folder.resolve("plain.csv"), "0.5,-1\n0,0\n1e-3, 2\n");
    Files.writeString(folder.resolve("named.csv"), "z1,z2\r\n0.5,-1\r\n0,0\r\n0.001,2\r\n");
    Files.writeString(
        folder.resolve("more.csv"),
        "name,mean_2,mean_1\n\"a, b\",-1,0.5\nc,0,0\n\"d\ne\",2,0.001\n",
        StandardCharsets.UTF_8);
    byte[] header =
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }\n"
            .getBytes(StandardCharsets.US_ASCII);
    ByteBuffer array =
        ByteBuffer.allocate(10 + header.length + 6 * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    array.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    array.putShort((short) header.length).put(header);
    for (double value : new double[] {0.5, -1, 0, 0, 0.001, 2}) {
      array.putDouble(value);
    }
    Files.write(folder.resolve("doubles.npy"), array.array());
    float[] expected = null;
    for (String name : List.of("plain.csv", "named.csv", "more.csv", "doubles.npy")) {
      to(name + ".out.npy", "decode", "--input=" + folder.resolve(name)).succeeded();
      float[] found = floats(name + ".out.npy");
      assertEquals(3 * SIDE * SIDE, found.length);
      if (expected != null) {
        assertArrayEquals(expected, found, name);
      }
      expected = found;
    }
  }

  @Test
  void pointsThatAreNoneAreRefused() throws IOException {
    record Case(String file, String content, String refusal) {}
    String three = "The points in %s have 3 dimensions, and the model has 2.";
    List<Case> cases =
        List.of(
            new Case("a.csv", "", "There are no latent points in %s."),
            new Case("b.csv", "mean_1,mean_2\n", "There are no latent points in %s."),
            new Case("c.csv", "1,2,3\n", three),
            new Case("d.csv", "mean_1,mean_2,mean_3\n1,2,3\n", three),
            new Case("e.csv", "1,2\n3,nan\n", "Line 2 of %s has no finite number in column 2."),
            new Case("f.csv", "1,2\n3\n", "Line 2 of %s has no finite number in column 2."),
            new Case(
                "first.csv", "nan,nan\n1,2\n", "Line 1 of %s has no finite number in column 1."),
            new Case("inf.csv", "1,-inf\n", "Line 1 of %s has no finite number in column 2."),
            new Case(
                "gap.csv",
                "mean_1,mean_3\n1,2\n",
                "%s has no column mean_2, and the model has one for it."),
            new Case("g.csv", "a,b\nc,d\n", "Line 2 of %s has no finite number in column 1."),
            new Case(
                "h.npy",
                "1,2\n",
                "%s is no array in NumPy's NPY format: it does not begin as one."),
            new Case("i.txt", "1,2\n", "Latent points are in a .npy or .csv file, not %s."));
    for (Case one : cases) {
      Path file = Files.writeString(folder.resolve(one.file), one.content);
      assertEquals(
          one.refusal.formatted(file), to("out.npy", "decode", "--input=" + file).refusal());
    }
    Path none = folder.resolve("none.csv");
    assertEquals(
        "There is no file %s.".formatted(none),
        to("out.npy", "decode", "--input=" + none).refusal());
    assertFalse(Files.exists(folder.resolve("out.npy")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'<f4';False;(2, 3);24;The points in %s have 3 dimensions, and the model has 2.",
        "'<f4';False;(2,);8;%s has the shape [2], where latent points have (points, 2).",
        "'<f4';True;(2, 2);16;%s is in Fortran order, which is not read: numpy.ascontiguousarray"
            + " makes it C order.",
        "'>f4';False;(2, 2);16;%s is big-endian (>f4), which is not read.",
        "'|O';False;(2, 2);16;%s holds Python objects, which are not read.",
        "'<i8';False;(2, 2);32;%s is of the type <i8, but latent points are read from float32 and"
            + " float64.",
        "'<f4';False;(0, 2);0;There are no latent points in %s.",
        "'<f4';False;(3, 2);16;%s is truncated: it ends before its 3 points.",
        "'<f4';False;(1000000000, 2);16;%s is truncated: it ends before its 1,000,000,000 points.",
        "'<f4';False;(1, 2);16;%s has more bytes than its header promises.",
        "'<f4';False;(2000000000, 2);16;%s has more points than can be decoded at once.",
        "[('mean', '<f4', (3,))];False;(1,);12;The points in %s have 3 dimensions, and the model"
            + " has 2.",
        "[('mean', '<f4', (2,))];False;(1, 1);8;%s has the shape [1, 1], where latent points have"
            + " (points).",
        "[('z', '<f4', (2,))];False;(1,);8;%s holds records without a field \"mean\".",
        "[('mean', '<f4', (2,)), ('rest', '|V999999')];False;(20000,);9;%s is truncated: it ends"
            + " before its 20,000 points."
      })
  void arraysThatAreNoPointsAreRefused(String line) throws IOException {
    refuseArray(line);
  }

  /** One that would take a stack as deep as the shape is long. */
  @Test
  void anArrayOfThousandsOfDimensionsIsRefused() throws IOException {
    refuseArray(
        "'<f4';False;("
            + "1,".repeat(15_000)
            + ");4;"
            + "%s has an absurd shape: more than 64 dimensions.");
  }

  private void refuseArray(String line) throws IOException {
    String[] parts = line.split(";", -1);
    int bytes = Integer.parseInt(parts[3]);
    String refusal = parts[4];
    String header =
        "{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n"
            .formatted(parts[0], parts[1], parts[2]);
    ByteBuffer array =
        ByteBuffer.allocate(10 + header.length() + bytes).order(ByteOrder.LITTLE_ENDIAN);
    array.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    array.putShort((short) header.length());
    array.put(header.getBytes(StandardCharsets.US_ASCII));
    Path file = Files.write(folder.resolve("z.npy"), array.array());
    assertEquals(refusal.formatted(file), to("out.png", "decode", "--input=" + file).refusal());
  }

  // ---- pictures
  // -----------------------------------------------------------------------------------

  @Test
  void samplesAreAPictureAnArrayOrAFolder() throws IOException {
    CommandRun result = to("s.png", "sample", "-n=12").succeeded();
    assertEquals(
        folder.resolve("s.png") + ": 12 images drawn from the prior, seed 0\n", result.out());
    BufferedImage grid = picture("s.png");
    // Four columns of three rows, at the largest scale.
    assertEquals(4 * 8 * SIDE + 3 * 3, grid.getWidth());
    assertEquals(3 * 8 * SIDE + 2 * 3, grid.getHeight());
    to("s.npy", "sample", "-n=12").succeeded();
    float[] means = floats("s.npy");
    to("s", "sample", "-n=12").succeeded();
    try (Stream<Path> files = Files.list(folder.resolve("s"))) {
      assertEquals(
          IntStream.range(0, 12).mapToObj(i -> (i < 10 ? "0" : "") + i + ".png").toList(),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    for (int i = 0; i < 12; i++) {
      BufferedImage image = picture(i < 10 ? "s/0" + i + ".png" : "s/" + i + ".png");
      for (int p = 0; p < SIDE * SIDE; p++) {
        int pixel = Math.round(255 * means[i * SIDE * SIDE + p]);
        assertEquals(pixel, image.getRaster().getSample(p % SIDE, p / SIDE, 0));
        int x = i % 4 * (8 * SIDE + 3) + p % SIDE * 8;
        int y = i / 4 * (8 * SIDE + 3) + p / SIDE * 8;
        assertEquals(pixel, grid.getRaster().getSample(x + 7, y + 7, 0));
      }
    }
    to("other.npy", "sample", "-n=12", "--seed=1").succeeded();
    assertFalse(Arrays.equals(means, floats("other.npy")));
    to("more.npy", "sample", "-n=20").succeeded();
    assertArrayEquals(means, Arrays.copyOf(floats("more.npy"), means.length));
  }

  @Test
  void samplesOfTheAggregateAreLikeTheImages() throws IOException {
    to("prior.npy", "sample", "-n=500").succeeded();
    to("aggregate.npy", "sample", "-n=500", "--from=aggregate", "--components=5").succeeded();
    float[] prior = floats("prior.npy");
    float[] aggregate = floats("aggregate.npy");
    assertFalse(Arrays.equals(prior, aggregate));
    // As bright as what the images are decoded to.
    to("z.npy", "encode", "--split=train").succeeded();
    to("d.npy", "decode", "--input=" + folder.resolve("z.npy")).succeeded();
    double expected = brightness(floats("d.npy"));
    assertEquals(expected, brightness(aggregate), 0.02 * expected);
  }

  private static double brightness(float[] means) {
    double sum = 0;
    for (float mean : means) {
      sum += mean;
    }
    return sum / means.length;
  }

  @Test
  void aTraversalHasARowADimension() throws IOException {
    CommandRun result = to("t.png", "traverse", "--steps=5", "--range=2").succeeded();
    assertEquals(
        folder.resolve("t.png") + ": 2 dimensions from -2 to 2, the others 0\n", result.out());
    assertEquals(5 * 8 * SIDE + 4 * 3, picture("t.png").getWidth());
    assertEquals(2 * 8 * SIDE + 3, picture("t.png").getHeight());
    // In the middle of both rows is the origin.
    Files.writeString(folder.resolve("z.csv"), "0,0\n-2,0\n0,2\n");
    to("d.npy", "decode", "--input=" + folder.resolve("z.csv")).succeeded();
    float[] means = floats("d.npy");
    requireCell(means, 0, "t.png", 2, 0);
    requireCell(means, 0, "t.png", 2, 1);
    requireCell(means, 1, "t.png", 0, 0);
    requireCell(means, 2, "t.png", 4, 1);
    to("t.gif", "traverse", "--image=3", "--dimensions=2").succeeded();
    assertEquals(48, frames("t.gif"));
  }

  /** An image of a picture, at the largest scale, is the one with these means, to a grey level. */
  private void requireCell(float[] means, int image, String file, int column, int row)
      throws IOException {
    BufferedImage picture = picture(file);
    for (int p = 0; p < SIDE * SIDE; p++) {
      int x = column * (8 * SIDE + 3) + p % SIDE * 8;
      int y = row * (8 * SIDE + 3) + p / SIDE * 8;
      assertEquals(
          255 * means[image * SIDE * SIDE + p], picture.getRaster().getSample(x, y, 0), 0.51);
    }
  }

  private int frames(String file) throws IOException {
    try (ImageInputStream in = ImageIO.createImageInputStream(folder.resolve(file).toFile())) {
      var reader = ImageIO.getImageReadersByFormatName("gif").next();
      reader.setInput(in);
      return reader.getNumImages(true);
    }
  }

  @Test
  void anInterpolationGoesFromOneImageToTheOther() throws IOException {
    CommandRun result = to("i.png", "interpolate", "--from=3", "--to=7", "--steps=4").succeeded();
    assertEquals(folder.resolve("i.png") + ": from image 3 to image 7 in 4 points\n", result.out());
    to("z.csv", "encode").succeeded();
    to("d.npy", "decode", "--input=" + folder.resolve("z.csv")).succeeded();
    float[] means = floats("d.npy");
    ImageSet images = TinyImages.draw(TinyImages.TEST, 2);
    float[] pixels = new float[images.pixels().length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (images.pixels()[i] & 0xFF) / 255f;
    }
    requireCell(pixels, 3, "i.png", 0, 0);
    requireCell(means, 3, "i.png", 1, 0);
    requireCell(means, 7, "i.png", 4, 0);
    requireCell(pixels, 7, "i.png", 5, 0);
    to("i.gif", "interpolate", "--from=3", "--to=7", "--steps=4").succeeded();
    assertEquals(6, frames("i.gif"));
  }

  @Test
  void reconstructionsAreBelowTheirImages() throws IOException {
    CommandRun result = to("r.png", "reconstruct", "--images=4,0,4").succeeded();
    assertEquals(folder.resolve("r.png") + ": 3 images and their reconstructions\n", result.out());
    to("z.csv", "encode").succeeded();
    to("d.npy", "decode", "--input=" + folder.resolve("z.csv")).succeeded();
    requireCell(floats("d.npy"), 0, "r.png", 1, 1);
    requireCell(floats("d.npy"), 4, "r.png", 2, 1);
    to("ten.png", "reconstruct").succeeded();
    assertEquals(10 * 8 * SIDE + 9 * 3, picture("ten.png").getWidth());
  }

  // ---- score
  // --------------------------------------------------------------------------------------

  @Test
  void eachImageIsScoredAndTheOddOnesAreDrawn() throws IOException {
    CommandRun result =
        to("s.csv", "score", "--exact", "--picture=" + folder.resolve("odd.png")).succeeded();
    assertEquals(
        folder.resolve("s.csv")
            + ": scores of 50 images, likelihood bernoulli\n"
            + folder.resolve("odd.png")
            + ": the 50 least likely\n",
        result.out());
    List<String[]> lines = table("s.csv");
    assertArrayEquals(
        "image,label,rl,kl,elbo,bound,log_likelihood,rank".split(",", -1), lines.getFirst());
    double[] sums = new double[8];
    int[] byRank = new int[50];
    for (String[] line : lines.subList(1, 51)) {
      for (int c = 2; c < 7; c++) {
        sums[c] += Double.parseDouble(line[c]) / 50;
      }
      assertEquals(
          Double.parseDouble(line[4]),
          -Double.parseDouble(line[2]) - Double.parseDouble(line[3]),
          2e-4);
      byRank[Integer.parseInt(line[7]) - 1] = Integer.parseInt(line[0]);
    }
    JsonObject whole = runs.evaluate(2, List.of("--exact", "--json")).succeeded().json();
    JsonObject evaluation = whole.getAsJsonObject("evaluation");
    assertEquals(RunsToEvaluate.mean(evaluation, "rl"), sums[2], 1e-3);
    assertEquals(RunsToEvaluate.mean(evaluation, "kl"), sums[3], 1e-3);
    assertEquals(
        RunsToEvaluate.mean(whole.getAsJsonObject("exact"), "log_likelihood"), sums[6], 1e-3);
    for (int r = 1; r < 50; r++) {
      assertTrue(
          Double.parseDouble(lines.get(byRank[r - 1] + 1)[6])
              <= Double.parseDouble(lines.get(byRank[r] + 1)[6]));
    }
    ImageSet images = TinyImages.draw(TinyImages.TEST, 2);
    float[] pixels = new float[images.pixels().length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (images.pixels()[i] & 0xFF) / 255f;
    }
    requireCell(pixels, byRank[0], "odd.png", 0, 0);
    requireCell(pixels, byRank[11], "odd.png", 1, 1);
  }

  @Test
  void withoutTheIntegralTheBoundRanks() {
    String out = run("score", model, "--output=-", "--samples=5").succeeded().out();
    List<String> lines = out.lines().toList();
    assertEquals("image,label,rl,kl,elbo,bound,rank", lines.getFirst());
    String first = lines.stream().filter(line -> line.endsWith(",1")).findFirst().orElseThrow();
    double least =
        lines.stream()
            .skip(1)
            .mapToDouble(line -> Double.parseDouble(line.split(",", -1)[5]))
            .min()
            .orElseThrow();
    assertEquals(least, Double.parseDouble(first.split(",", -1)[5]));
  }

  // ---- what all of them refuse
  // --------------------------------------------------------------------

  @Test
  void aFileThatIsThereStaysUnlessItMayBeReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("z.csv"), "mine");
    assertEquals(
        file + " is there already: --overwrite replaces it.", to("z.csv", "encode").refusal());
    assertEquals("mine", Files.readString(file));
    to("z.csv", "encode", "--overwrite").succeeded();
    assertTrue(Files.readString(file).startsWith("image,"));
    Files.createDirectory(folder.resolve("s"));
    to("s", "sample").succeeded();
    assertEquals(
        "The folder %s is not empty: a folder of images has to be new."
            .formatted(folder.resolve("s")),
        to("s", "sample").refusal());
    Files.createDirectory(folder.resolve("t.png"));
    assertEquals(
        folder.resolve("t.png") + " is a folder, where a file is to be written.",
        to("t.png", "traverse").refusal());
    assertEquals(
        "%s cannot be written: there is no folder %s."
            .formatted(folder.resolve("no/t.png"), folder.resolve("no")),
        to("no/t.png", "traverse").refusal());
  }

  @Test
  void nothingIsLeftOfAFolderThatCouldNotBeFinished() throws IOException {
    Path out = folder.resolve("s");
    try (var images = new ImageFolder(out, 2, 3, 5)) {
      images.add(new float[6]);
    }
    try (var images = new ImageFolder(out, 2, 3, 5)) {
      images.add(new float[6]);
      // Somebody else's by now.
      Files.createDirectory(out);
      Files.createFile(out.resolve("theirs"));
      assertThrows(IOException.class, images::finish);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(out), files.toList());
    }
    assertTrue(Files.exists(out.resolve("theirs")));
  }

  @Test
  void aFolderWithADotHasASlash() {
    run("sample", model, "-n=3", "--output=" + folder.resolve("v1.0") + "/").succeeded();
    assertTrue(Files.exists(folder.resolve("v1.0/0.png")));
  }

  @Test
  void linksDoNotLeadAroundARefusal() throws IOException {
    Path images = temp.resolve("images");
    Path link = Files.createSymbolicLink(folder.resolve("link"), images);
    assertEquals(
        "The output %s lies in the input %s: name another place with --output."
            .formatted(link.resolve("z.csv"), images),
        run("encode", model, "--input=" + images, "--output=" + link.resolve("z.csv")).refusal());
  }

  /** Of 2 x 3 pixels, so that rows and columns cannot be taken for each other; without labels. */
  @Test
  void imagesThatAreNotSquareKeepTheirSides() throws IOException {
    var pixels = new byte[40 * 6];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 6 < 3 ? 250 : i % 5);
    }
    Path file = folder.resolve("wide.npy");
    try (var out = Files.newOutputStream(file)) {
      new NpyWriter(out, "'|u1'", 40, 2, 3);
      out.write(pixels);
    }
    Path wide = folder.resolve("wide");
    CommandRun.of(
            List.of(
                "train",
                "--data=" + file,
                "--test-part=0.5",
                "--epochs=200",
                "--batch=20",
                "--hidden=8",
                "--lr=0.02",
                "--beta=1",
                "--quiet",
                "--engine=cpu",
                "--out=" + wide))
        .succeeded();
    String of = wide.toString();
    run("encode", of, "--output=" + folder.resolve("z.csv")).succeeded();
    assertEquals(21, table("z.csv").size());
    assertArrayEquals(
        new String[] {"image", "mean_1", "mean_2", "log_variance_1", "log_variance_2"},
        table("z.csv").getFirst());
    run("encode", of, "--input=" + file, "--output=" + folder.resolve("all.npy")).succeeded();
    assertEquals(40 * 5 * 4, array("all.npy").remaining());
    run("reconstruct", of, "--output=" + folder.resolve("r.png")).succeeded();
    BufferedImage picture = picture("r.png");
    assertEquals(10 * 8 * 3 + 9 * 3, picture.getWidth());
    assertEquals(2 * 8 * 2 + 3, picture.getHeight());
    // The first row of pixels is bright, the second dark, in an image and in what is made of it.
    for (int y : new int[] {4, 8 * 2 + 3 + 4}) {
      assertTrue(picture.getRaster().getSample(12, y, 0) > 200);
      assertTrue(picture.getRaster().getSample(12, y + 8, 0) < 60);
    }
    run("sample", of, "-n=2", "--output=" + folder.resolve("s.npy")).succeeded();
    assertEquals(2 * 6, floats("s.npy").length);
    run("traverse", of, "--output=" + folder.resolve("t.gif")).succeeded();
    String interpolation = "--output=" + folder.resolve("i.png");
    run("interpolate", of, "--from=0", "--to=1", interpolation).succeeded();
    assertEquals(12 * 8 * 3 + 11 * 3, picture("i.png").getWidth());
    String scores = run("score", of, "--output=-", "--samples=2").succeeded().out();
    assertTrue(scores.startsWith("image,rl,kl,elbo,bound,rank\n"), scores);
  }

  /** Without --input a model's own images are read. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "encode --output",
        "reconstruct --output",
        "score --output",
        "score --output=- --picture",
        "interpolate --from=1 --to=2 --output",
        "traverse --image=1 --output",
        "sample --from=aggregate --output"
      })
  void aResultAmongTheModelsOwnImagesIsRefused(String command) {
    Path images = temp.resolve("images");
    String[] words = command.split(" ", -1);
    boolean isTable = words[0].equals("encode") || command.equals("score --output");
    Path result = images.resolve(isTable ? "z.csv" : "z.png");
    words[words.length - 1] += "=" + result;
    assertEquals(
        "The output %s lies in the input %s: name another place with %s."
            .formatted(result, images, command.endsWith("--picture") ? "--picture" : "--output"),
        run(words[0], model, Arrays.copyOfRange(words, 1, words.length)).refusal());
  }

  @Test
  void aResultAmongTheModelsOwnFilesIsRefused() throws IOException {
    Path metrics = Path.of(model).resolve("metrics.csv");
    byte[] before = Files.readAllBytes(metrics);
    String lies = "The output %s lies in the model's folder %s: name another place.";
    assertEquals(
        lies.formatted(metrics, model),
        run("score", model, "--output=" + metrics, "--overwrite").refusal());
    Path points = Path.of(model).resolve("z.npy");
    assertEquals(
        lies.formatted(points, model), run("encode", model, "--output=" + points).refusal());
    assertEquals(
        lies.formatted(model + "/drawn", model),
        run("sample", model, "--output=" + model + "/drawn").refusal());
    assertArrayEquals(before, Files.readAllBytes(metrics));
  }

  /** What a link leads to is not what was asked to be replaced, nor is a pipe a file. */
  @Test
  void onlyFilesAreReplaced() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link.npy"), folder.resolve("nowhere"));
    assertEquals(
        link + " is there already: --overwrite replaces it.",
        run("encode", model, "--output=" + link).refusal());
    assertEquals(
        link + " is a link, not a regular file.",
        run("encode", model, "--output=" + link, "--overwrite").refusal());
    assertTrue(Files.isSymbolicLink(link));
  }

  @Test
  void aNameMayBeAsLongAsTheSystemTakes() throws IOException {
    String name = "é".repeat(125) + ".npy";
    to(name, "encode").succeeded();
    assertTrue(Files.exists(folder.resolve(name)));
  }

  @Test
  void aResultInsideOfTheInputIsRefused() {
    Path images = temp.resolve("images");
    assertEquals(
        "The output %s lies in the input %s: name another place with --output."
            .formatted(images.resolve("z.csv"), images),
        run("encode", model, "--input=" + images, "--output=" + images.resolve("z.csv")).refusal());
    assertEquals(
        "The output %s lies in the input %s: name another place with --output."
            .formatted(images.resolve("s"), images),
        run(
                "sample",
                model,
                "--from=aggregate",
                "--input=" + images,
                "--output=" + images.resolve("s"))
            .refusal());
  }

  @Test
  void imagesOfAnotherSizeAreRefused() {
    for (String command : WITH_IMAGES) {
      List<String> options = new ArrayList<>(List.of("--input=synthetic"));
      options.addAll(
          switch (command) {
            case "sample" -> List.of("--from=aggregate", "--output=" + folder.resolve("o.png"));
            case "interpolate" ->
                List.of("--from=0", "--to=1", "--output=" + folder.resolve("o.png"));
            case "traverse" -> List.of("--image=0", "--output=" + folder.resolve("o.png"));
            case "reconstruct" -> List.of("--output=" + folder.resolve("o.png"));
            default -> List.of("--output=" + folder.resolve("o.csv"));
          });
      assertEquals(
          "The images of synthetic are of 28 x 28 pixels, and the model is for 9 x 9.",
          run(command, model, options.toArray(String[]::new)).refusal());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encode --output=z.txt|The name of the output must end in .npy or .csv: z.txt does not.",
        "encode|--output is missing: it names the file for the result, .npy or .csv.",
        "decode --input=z.csv --output=a.gif|The name of the output must end in .npy or .png, or be"
            + " that of a folder, with a / where it has a dot: a.gif does not.",
        "sample -n=0|-n must be from 1 to 1000000, not 0.",
        "sample -n=3000|3,000 images are too many for one picture, which takes 2,500: name a folder"
            + " or a file that ends in .npy.",
        "sample --components=3|--components is for --from aggregate.",
        "sample --split=train|--input and --split say what --from aggregate is fitted to, which is"
            + " not there.",
        "sample --output=-|Images are not printed: --output - is for text.",
        "decode --input=z.csv --output=-|Images are not printed: --output - is for text.",
        "decode --input=z.npy --output=z.npy --overwrite|z.npy is the input: name another place"
            + " with --output.",
        "sample --from=aggregate --components=0|--components must be from 1 to 1000, not 0.",
        "sample --output=x.png.d --overwrite|The name of the output must end in .npy or .png, or be"
            + " that of a folder, with a / where it has a dot: x.png.d does not.",
        "sample --output=d --overwrite|--overwrite is for files: a folder of images has to be new.",
        "traverse --range=0|--range must be above 0 and at most 100, not 0.",
        "traverse --steps=1|--steps must be from 2 to 100, not 1.",
        "traverse --output=t.gif --steps=3|--steps is for a picture: an animation goes in steps of"
            + " its own.",
        "traverse --dimensions=3|--dimensions names 3, and the model has dimensions 1 to 2.",
        "traverse --split=test|--input and --split say where --image is from, which is not there.",
        "traverse --image=50|--image must be from 0 to 49, the number of the last image, not 50.",
        "interpolate --from=0 --to=-1|--to must be from 0 to 49, the number of the last image, not"
            + " -1.",
        "interpolate --from=0 --to=1 --steps=1|--steps must be from 2 to 100, not 1.",
        "reconstruct --images=7,50|--images must be from 0 to 49, the number of the last image, not"
            + " 50.",
        "reconstruct --output=r.jpg|The name of the output must end in .png: r.jpg does not.",
        "score --samples=0|--samples must be from 1 to 1000000, not 0.",
        "score --output=s.npy|The name of the output must end in .csv: s.npy does not.",
        "score --picture=s.csv|The name of the output must end in .png: s.csv does not."
      })
  void whatMakesNoSenseIsASentence(String line) {
    String[] parts = line.split("\\|", -1);
    List<String> words = new ArrayList<>(List.of(parts[0].split(" ", -1)));
    words.add(1, model);
    words.add("--engine=cpu");
    assertEquals(parts[1], CommandRun.of(words).refusal());
  }

  @Test
  void aMixtureOfMorePartsThanImagesIsRefused() {
    assertEquals(
        "A mixture of 60 components cannot be fitted to 50 images.",
        to("s.png", "sample", "--from=aggregate", "--components=60", "--split=test").refusal());
  }

  @Test
  void anIntegralOverManyDimensionsIsRefused() {
    String large = runs.run(3);
    assertEquals(
        "--exact is for 1 or 2 latent dimensions, and the model has 3: take the importance-weighted"
            + " bound, with --samples 5000.",
        run("score", large, "--exact", "--output=-").refusal());
  }

  /** One dimension has columns as two have, and an array of one index is of points. */
  @Test
  void aModelOfOneDimensionIsUsedAlike() throws IOException {
    String narrow = runs.run(1);
    run("encode", narrow, "--output=" + folder.resolve("z.csv")).succeeded();
    assertArrayEquals(
        new String[] {"image", "label", "mean_1", "log_variance_1"}, table("z.csv").getFirst());
    String input = "--input=" + folder.resolve("z.csv");
    run("decode", narrow, input, "--output=" + folder.resolve("d.npy")).succeeded();
    float[] expected = floats("d.npy");
    try (var out = Files.newOutputStream(folder.resolve("row.npy"))) {
      var row = new NpyWriter(out, NpyWriter.FLOAT, 50);
      for (String[] line : table("z.csv").subList(1, 51)) {
        row.write(Float.parseFloat(line[2]));
      }
    }
    input = "--input=" + folder.resolve("row.npy");
    run("decode", narrow, input, "--output=" + folder.resolve("e.npy")).succeeded();
    assertArrayEquals(expected, floats("e.npy"));
    run("traverse", narrow, "--output=" + folder.resolve("t.png")).succeeded();
    String sample = "--output=" + folder.resolve("s.png");
    run("sample", narrow, "--from=aggregate", sample).succeeded();
  }
}
