// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.train.SafeTensors;
import io.github.cvaegpu.train.TensorFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our random numbers and the reference against PyTorch: both in double, so nearly equal. */
final class GoldenTest {
  private static final double TOLERANCE = 1e-10;

  static Stream<Golden> goldens() {
    return Stream.of(Golden.small(), Golden.study());
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void theInitialWeightsAreTheSameBits(Golden golden) {
    var layout = new ParameterLayout(golden.shape());
    float[] parameters = golden.initialParameters();
    assertEquals(names(layout), new TreeSet<>(golden.initialSha256().keySet()));
    for (var tensor : layout.tensors()) {
      ByteBuffer bytes =
          ByteBuffer.allocate(tensor.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(parameters, tensor.offset(), tensor.size());
      assertEquals(
          golden.initialSha256().get(tensor.name()), Digests.sha256(bytes.array()), tensor.name());
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void thePixelsAreTheSameBytes(Golden golden) {
    assertEquals(golden.pixelsSha256(), Digests.sha256(golden.pixelsInStepOrder()));
  }

  /** To one unit in the last place: the two libraries' logarithms and cosines may differ by one. */
  @ParameterizedTest
  @MethodSource("goldens")
  void theNoiseIsTheSame(Golden golden) {
    int latent = golden.shape().latent();
    for (int step = 0; step < golden.steps().size(); step++) {
      float[] expected = golden.steps().get(step).noise();
      int rows = golden.order().size(step);
      assertEquals(rows * latent, expected.length);
      double[][] noise = ReferenceVae.noise(golden.seed(), step, rows, latent);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], noise[i / latent][i % latent], Math.ulp(expected[i]));
      }
    }
  }

  /** The order shuffles, the placement shuffles back. */
  @ParameterizedTest
  @MethodSource("goldens")
  void theBatchesAreThoseOfPyTorchInTurn(Golden golden) {
    BatchOrder order = golden.order();
    ImageSet images = golden.images();
    byte[] expected = golden.pixelsInStepOrder();
    assertEquals(golden.steps().size(), order.batches());
    int size = images.imageSize();
    int at = 0;
    for (int step = 0; step < order.batches(); step++) {
      for (int place = 0; place < order.size(step); place++) {
        int from = order.image(step, place) * size;
        assertArrayEquals(
            Arrays.copyOfRange(expected, at, at + size),
            Arrays.copyOfRange(images.pixels(), from, from + size));
        at += size;
      }
    }
    assertEquals(expected.length, at);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void theReferenceFollowsPyTorch(Golden golden) {
    var vae = new ReferenceVae(golden.shape());
    var layout = vae.layout();
    double[] parameters = ReferenceVae.toDouble(golden.initialParameters());
    var adam = new ReferenceVae.Adam(golden.learningRate(), parameters.length);
    for (int step = 0; step < golden.steps().size(); step++) {
      var expected = golden.steps().get(step);
      double[][] pixels = ReferenceVae.pixels(golden.images(), golden.order(), step);
      double[][] noise = rows(expected.noise(), golden.shape().latent());
      var actual = vae.step(parameters, pixels, noise, expected.beta());
      assertEquals(expected.rl(), actual.reconstructionLoss(), TOLERANCE * expected.rl());
      assertEquals(expected.kl(), actual.klDivergence(), TOLERANCE * expected.kl());
      if (step == 0) {
        assertSummaries("gradients", layout, golden.gradients(), actual.gradients());
      }
      adam.update(parameters, actual.gradients());
    }
    assertSummaries("weights", layout, golden.weights(), parameters);
  }

  /**
   * The file that {@code load_state_dict} of torch.nn.Sequential takes has our names and shapes.
   */
  @Test
  void theWeightsFileHasTheLayoutsTensors() throws IOException {
    Golden golden = Golden.small();
    var layout = new ParameterLayout(golden.shape());
    Path file = Path.of("test-data", "golden", "small.safetensors");
    SafeTensors tensors = TensorFile.read(file);
    assertEquals(names(layout), new TreeSet<>(tensors.tensors().keySet()));
    float[] parameters = new float[layout.size()];
    for (var tensor : layout.tensors()) {
      SafeTensors.Tensor read = tensors.tensors().get(tensor.name());
      assertEquals(tensor.shape(), read.shape());
      System.arraycopy(read.data(), 0, parameters, tensor.offset(), tensor.size());
    }
    assertArrayEquals(InitialWeights.draw(layout, golden.seed()), parameters, 0f);
  }

  private static void assertSummaries(
      String what, ParameterLayout layout, Map<String, Golden.Summary> expected, double[] actual) {
    assertEquals(names(layout), new TreeSet<>(expected.keySet()));
    for (var tensor : layout.tensors()) {
      String name = what + " " + tensor.name();
      var summary = expected.get(tensor.name());
      assertEquals(summary.shape(), tensor.shape(), name);
      double[] picked = summary.pick(actual, tensor.offset());
      RelativeNorm.assertNear(name, summary.values(), picked, TOLERANCE);
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < tensor.size(); i++) {
        sum += actual[tensor.offset() + i];
        squares += Math.pow(actual[tensor.offset() + i], 2);
      }
      assertEquals(summary.norm(), Math.sqrt(squares), TOLERANCE * summary.norm(), name);
      // A sum may cancel: it is compared in units of what is summed.
      double unit = summary.norm() * Math.sqrt(tensor.size());
      assertEquals(summary.sum(), sum, TOLERANCE * unit, name);
    }
  }

  private static Set<String> names(ParameterLayout layout) {
    return new TreeSet<>(layout.tensors().stream().map(ParameterLayout.Tensor::name).toList());
  }

  private static double[][] rows(float[] values, int columns) {
    double[][] rows = new double[values.length / columns][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = ReferenceVae.toDouble(Arrays.copyOfRange(values, i * columns, (i + 1) * columns));
    }
    return rows;
  }
}
