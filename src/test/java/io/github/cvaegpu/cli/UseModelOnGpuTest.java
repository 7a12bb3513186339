// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.engine.cuda.OnGpu;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that use a trained model, on a GPU: what they write is what the CPU's is. */
@ExtendWith(OnGpu.class)
class UseModelOnGpuTest {
  /**
   * Of a number of either engine, relative where it is above 1: float rounding, through three
   * layers of up to 81 products and as many sums.
   */
  private static final double TOLERANCE = 1e-5;

  /** What a number that is printed with four digits behind the point is off by. */
  private static final double PRINTED = 1e-4;

  @TempDir static Path temp;
  private static String model;

  @TempDir Path folder;

  @BeforeAll
  static void train() throws IOException {
    model = new RunsToEvaluate(temp).run(2);
  }

  /** Runs a command on either engine, each into a file of its own. */
  private List<Path> onBoth(String command, String ending) {
    List<Path> files = new ArrayList<>();
    for (String engine : List.of("cpu", "cuda")) {
      Path file = folder.resolve(engine + ending);
      List<String> args = new ArrayList<>(List.of(command.split(" ", -1)));
      args.add(1, model);
      args.addAll(List.of("--engine=" + engine, "--output=" + file));
      boolean isEmulated = engine.equals("cuda") && !OnGpu.isReal();
      if (isEmulated) {
        args.add("--cuda-emulator=" + OnGpu.EMULATOR.toAbsolutePath());
      }
      CommandRun run = CommandRun.of(args).succeeded();
      // Nothing else tells that the command did go where it was told to.
      assertEquals(isEmulated, run.err().contains("NO GPU"), run.err());
      files.add(file);
    }
    return files;
  }

  private static void assertClose(double expected, double actual, double tolerance, String where) {
    assertEquals(expected, actual, tolerance * Math.max(1, Math.abs(expected)), where);
  }

  /** Tables of numbers, of which some columns are compared. */
  private void assertSameTables(String command, int columns, double tolerance) throws IOException {
    List<Path> files = onBoth(command, ".csv");
    List<String> onCpu = Files.readAllLines(files.get(0));
    List<String> onGpu = Files.readAllLines(files.get(1));
    assertEquals(51, onCpu.size());
    assertEquals(onCpu.size(), onGpu.size());
    assertEquals(onCpu.getFirst(), onGpu.getFirst());
    for (int row = 1; row < onCpu.size(); row++) {
      String[] one = onCpu.get(row).split(",", -1);
      String[] other = onGpu.get(row).split(",", -1);
      for (int column = 0; column < columns; column++) {
        assertClose(
            Double.parseDouble(one[column]),
            Double.parseDouble(other[column]),
            tolerance,
            onCpu.get(row));
      }
    }
  }

  @Test
  void imagesAreEncoded() throws IOException {
    assertSameTables("encode", 6, TOLERANCE);
  }

  /** All but the rank, in which two images may take each other's place. */
  @Test
  void imagesAreScored() throws IOException {
    assertSameTables("score --samples=3", 6, PRINTED);
  }

  @Test
  void pointsAreDecoded() throws IOException {
    Path points = Files.writeString(folder.resolve("z.csv"), "0,0\n-2,0.5\n3,-3\n0.25,7\n");
    assertSameArrays("decode --input=" + points);
  }

  @Test
  void imagesAreDrawn() throws IOException {
    assertSameArrays("sample -n=7 --seed=3");
  }

  private void assertSameArrays(String command) throws IOException {
    List<Path> files = onBoth(command, ".npy");
    ByteBuffer onCpu = ByteBuffer.wrap(Files.readAllBytes(files.get(0)));
    ByteBuffer onGpu = ByteBuffer.wrap(Files.readAllBytes(files.get(1)));
    assertEquals(onCpu.remaining(), onGpu.remaining());
    int header = 10 + onCpu.order(ByteOrder.LITTLE_ENDIAN).getShort(8);
    assertEquals(onCpu.slice(0, header), onGpu.order(ByteOrder.LITTLE_ENDIAN).slice(0, header));
    for (int at = header; at < onCpu.capacity(); at += Float.BYTES) {
      assertClose(onCpu.getFloat(at), onGpu.getFloat(at), TOLERANCE, "byte " + at);
    }
  }

  /** A grey level may round the other way. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "reconstruct --images=4,0,4",
        "traverse --steps=3",
        "traverse --image=3 --dimensions=2 --steps=4",
        "interpolate --from=3 --to=7 --steps=4"
      })
  void picturesAreDrawn(String command) throws IOException {
    List<Path> files = onBoth(command, ".png");
    int[] onCpu = grey(files.get(0));
    int[] onGpu = grey(files.get(1));
    assertEquals(onCpu.length, onGpu.length);
    assertTrue(Arrays.stream(onCpu).distinct().count() > 10, "a picture of hardly anything");
    for (int i = 0; i < onCpu.length; i++) {
      assertEquals(onCpu[i], onGpu[i], 1, "pixel " + i);
    }
  }

  private static int[] grey(Path file) throws IOException {
    BufferedImage picture = ImageIO.read(file.toFile());
    return picture
        .getRaster()
        .getSamples(0, 0, picture.getWidth(), picture.getHeight(), 0, (int[]) null);
  }
}
