// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.SyntheticDigits;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.launcher.RunningProcess;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Every command that the README and the walk through a model's use tell people to type, in their
 * order, in a folder of its own, with a few hundred digits for MNIST.
 */
@Execution(ExecutionMode.CONCURRENT)
class DocumentedCommandsTest {
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^ {4}java -jar target/cvae-gpu\\.jar (.*?)(?: +#.*)?$");
  private static final Path README = Path.of("README.md");
  private static final int PHOTOS = 150;

  /** All that needs a network. */
  private static final String FETCH = "data fetch mnist";

  @TempDir private static Path temp;
  private static Dataset digits;

  @BeforeAll
  static void draw() throws IOException {
    assumeTrue(Files.exists(README), "the documents are not here");
    digits = SyntheticDigits.draw(3, 320, 64);
    TinyImages.writeFolder(temp.resolve("mnist"), digits.train(), digits.test());
  }

  private static List<String> commands(Path document) throws IOException {
    return COMMAND
        .matcher(Files.readString(document))
        .results()
        .map(found -> shortened(found.group(1).strip()))
        .toList();
  }

  /**
   * Of 200 epochs, where nothing else is said, of two learning rates, and of a sweep for hours:
   * they would take minutes and show no more.
   */
  private static String shortened(String command) {
    if (command.startsWith("sweep ")) {
      return command
              .replaceAll("--epochs \\d+", "--epochs 1")
              .replaceAll("--seeds \\d+", "--seeds 1")
          + " --measure elbo";
    }
    boolean isLong =
        command.matches("(train|reproduce)\\b.*") && !command.matches(".*--(epochs|resume)\\b.*");
    return (isLong ? command + " --epochs 3" : command)
        .replace("--lr-warm-up 500", "--lr-warm-up 5")
        .replace("reproduce ", "reproduce --lr 0.001 ");
  }

  /** Folders of pictures as people have them. */
  private static void writePhotos(Path folder) throws IOException {
    Files.createDirectories(folder);
    ImageSet images = digits.train();
    int side = images.width();
    for (int i = 0; i < PHOTOS; i++) {
      var picture = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
      for (int p = 0; p < images.imageSize(); p++) {
        picture
            .getRaster()
            .setSample(p % side, p / side, 0, images.pixels()[i * images.imageSize() + p] & 0xFF);
      }
      ImageIO.write(picture, "png", folder.resolve("photo" + i + ".png").toFile());
    }
  }

  private static void assertAllSucceed(Path folder, List<String> commands) throws Exception {
    Files.createDirectories(folder);
    ProcessBuilder builder =
        NvidiaWheels.java(CommandSession.class, commands.toArray(String[]::new))
            .directory(folder.toFile())
            .redirectErrorStream(false);
    builder
        .environment()
        .putAll(
            Map.of(
                "CVAE_GPU_DATA",
                temp.resolve("mnist").toString(),
                "CVAE_GPU_OFFLINE",
                "1",
                "XDG_CACHE_HOME",
                Files.createDirectories(temp.resolve("cache")).toString()));
    RunningProcess.Result result = new RunningProcess(builder).await();
    List<String> ended =
        result.text().lines().filter(line -> line.matches("exit \\d+: .*")).toList();
    assertEquals(
        commands.stream().map(command -> "exit 0: " + command).toList(),
        ended,
        result.text() + result.errors());
  }

  @Test
  void thoseOfTheReadmeDoWhatTheySay() throws Exception {
    List<String> commands = new ArrayList<>(commands(README));
    assertTrue(commands.remove(FETCH));
    assertTrue(commands.size() > 20, commands.toString());
    Path folder = temp.resolve("readme");
    writePhotos(folder.resolve("photos"));
    assertAllSucceed(folder, commands);
    for (String made :
        List.of(
            "report.html",
            "images.npy",
            "samples.png",
            "reconstruct.png",
            "scores.csv",
            "models/mine/encoder.onnx",
            "models/mine/load.py",
            "runs/photos/run.json",
            "study/claims.md")) {
      assertTrue(Files.size(folder.resolve(made)) > 0, made);
    }
    try (Stream<Path> runs = Files.list(folder.resolve("runs"))) {
      assertEquals(
          commands.stream()
              .filter(command -> command.startsWith("train") && !command.contains("--resume"))
              .count(),
          runs.count());
    }
  }

  @Test
  void thoseOfTheWalkThroughAModelsUseDoWhatTheySay() throws Exception {
    List<String> commands = new ArrayList<>();
    commands.add(commands(README).getFirst());
    for (String command : commands(Path.of("docs", "using-a-model.md"))) {
      // An exported model says that it is of MNIST, but not where somebody's own digits are.
      commands.add(command.startsWith("evaluate models/") ? command + " --data auto" : command);
    }
    assertTrue(commands.size() > 10, commands.toString());
    Path folder = temp.resolve("walk");
    assertAllSucceed(folder, commands);
    for (String made : List.of("z.csv", "aggregate.png", "traverse.gif", "odd.png")) {
      assertTrue(Files.size(folder.resolve(made)) > 0, made);
    }
  }
}
