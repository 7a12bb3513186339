// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.engine.LossNotFiniteException;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.VaeShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The profile of a step whose first and last layers go to cuBLAS: 81 -> 700 -> 10 -> 2 -> 10 -> 700
 * -> 81, 150 images.
 */
@ExtendWith(OnGpu.class)
class CudaProfileTest {
  private static final int BATCH = 150;
  private static final VaeShape SHAPE =
      new VaeShape(TinyImages.SIDE * TinyImages.SIDE, List.of(700, 10), 2);

  private static CudaProfile.Result result;

  private static CudaProfile profile(double beta, double learningRate, int warmUp, int steps) {
    return profile(StepKind.CUBLAS, beta, learningRate, warmUp, steps);
  }

  private static CudaProfile profile(
      StepKind kind, double beta, double learningRate, int warmUp, int steps) {
    var settings = new TrainingSettings(Objective.study(), 1, BATCH, learningRate);
    return profile(kind, settings, beta, warmUp, steps);
  }

  private static CudaProfile profile(
      StepKind kind, TrainingSettings settings, double beta, int warmUp, int steps) {
    return new CudaProfile(
        SHAPE,
        settings,
        // Two whole batches, and some images more.
        TinyImages.draw(2 * BATCH + 11, 1),
        Precision.FLOAT32,
        kind,
        Tune.OFF,
        () -> new ConstantRule(beta).start(),
        warmUp,
        steps);
  }

  @BeforeAll
  static void measure() {
    // Three steps: more than an epoch of two.
    result = profile(1, 1e-4, 1, 2).measure();
  }

  private static CudaProfile.Row row(String phase, String kernel) {
    List<CudaProfile.Row> rows =
        result.rows().stream()
            .filter(row -> row.phase().equals(phase) && row.kernel().equals(kernel))
            .toList();
    assertEquals(1, rows.size(), () -> phase + " " + kernel + " of " + result.rows());
    return rows.getFirst();
  }

  private static void assertWork(long flop, long bytes, CudaProfile.Row row) {
    assertEquals(flop, row.flop(), row::toString);
    assertEquals(bytes, row.bytes(), row::toString);
  }

  /** The first one holds the GPU until the host has made the rest; in training it is not there. */
  @Test
  void everyLaunchOfAFusedStepIsThereOnce() {
    CudaProfile.Result fused = profile(StepKind.FUSED, 1, 1e-4, 1, 2).measure();
    assertEquals(
        List.of(
            "stepBegin",
            "firstForward",
            "middleForward",
            "outputLoss",
            "outputBackward",
            "middleBackward",
            "update"),
        fused.rows().stream().map(CudaProfile.Row::phase).toList());
    assertEquals(6, fused.graphNodes());
    assertTrue(Double.isNaN(fused.rows().getFirst().micros()));
    for (CudaProfile.Row row : fused.rows().subList(1, 7)) {
      assertEquals(1, row.count());
      assertTrue(row.micros() > 0 && row.bytes() > 0 && row.flop() > 0, row::toString);
    }
    // Weights once for each product, moments and parameters there and back; no floats of images.
    CudaProfile.Row update = fused.rows().getLast();
    long parameters = 2L * (81 * 700 + 700 * 10) + 10 * 4 + 2 * 10 + 700 + 10 + 4 + 10 + 700 + 81;
    long operands = 2 * (81 + 700 + 700 + 10) + 10 + 4 + 2 + 10;
    assertEquals(4 * (6 * parameters + BATCH * operands), update.bytes());
    assertEquals(parameters * (2L * BATCH + 14), update.flop());
  }

  @Test
  void everyLaunchOfTheStepIsThereOnce() {
    assertEquals(
        List.of(
            "stepBegin step_begin 1",
            "gather gather_batch 1",
            "encode cublasSgemm 1",
            "encode linear_bias 1",
            "encode linear_forward 1",
            "latent latent_forward 1",
            "decode linear_forward 1",
            "output cublasSgemm 1",
            "output bernoulli_forward_backward 1",
            "weightGradient cublasSgemm 1",
            "decodeBackward cublasSgemm 1",
            "decodeBackward linear_relu_mask 1",
            "decodeBackward linear_backward_input 1",
            "latentBackward latent_backward 1",
            "stepEnd step_end 1",
            "encodeBackward linear_backward_input 1",
            "parameterGradients linear_backward_parameters 1",
            "weightGradient cublasSgemm 1",
            "update adam_update 1"),
        result.rows().stream()
            .map(
                row ->
                    String.format(Locale.ROOT, "%s %s %d", row.phase(), row.kernel(), row.count()))
            .toList());
    int launches = result.rows().stream().mapToInt(CudaProfile.Row::count).sum();
    // NVIDIA's cuBLAS may make one product of two kernels.
    assertTrue(
        OnGpu.isReal() ? result.graphNodes() >= launches : result.graphNodes() == launches,
        () -> result.graphNodes() + " nodes");
  }

  @Test
  void workIsWhatComesOutByHand() {
    // Pixels: a division each; bytes in, floats out; the order; the noise.
    assertWork(12_150, 12_150 + 4 * (12_150 + 150 + 300), row("gather", "gather_batch"));
    // x (150, 81), W (700, 81), y (150, 700).
    CudaProfile.Row product = row("encode", "cublasSgemm");
    assertEquals("m 700, n 150, k 81", product.shape());
    assertWork(17_010_000, 4 * (12_150 + 56_700 + 105_000), product);
    assertWork(210_000, 4 * (2 * 105_000 + 700), row("encode", "linear_bias"));
    // 700 -> 10 with bias and ReLU.
    assertWork(
        2_100_000 + 2 * 1500, 4 * (105_000 + 7_000 + 10 + 1_500), row("encode", "linear_forward"));
    // A row: 40 multiplications for heads, 4 biases, 2 samples of 10, 20 multiplications, 10 biases
    // and maxima. Floats: h, Wh, bh, noise, Wd, bd; heads, z, KL, d.
    assertWork(
        150 * (80 + 4 + 20 + 40 + 20),
        4 * (1_500 + 40 + 4 + 300 + 20 + 10 + 600 + 300 + 150 + 1_500),
        row("latent", "latent_forward"));
    // A row: 20 multiplications for dz, 2 gradients of 11, 40 for dh, 10 comparisons. Floats: dd,
    // Wd,
    // heads, noise, Wh, h; dheads, dh.
    assertWork(
        150 * (40 + 22 + 80 + 10),
        4 * (1_500 + 20 + 600 + 300 + 40 + 1_500 + 600 + 1_500),
        row("latentBackward", "latent_backward"));
    assertWork(
        11 * 12_150, 4 * (3 * 12_150 + 81 + 150), row("output", "bernoulli_forward_backward"));
    assertWork(105_000, 4 * 210_000, row("decodeBackward", "linear_relu_mask"));
    // 10 <- 700, masked.
    assertWork(
        2_100_000 + 1_500,
        4 * (105_000 + 7_000 + 1_500 + 1_500),
        row("decodeBackward", "linear_backward_input"));
    // Weights of the four small layers and all biases; the six dy and four x; 96 tiles of 40 bytes.
    assertWork(
        150 * (2 * (7_000 + 40 + 20 + 7_000) + 1_505),
        4 * (150 * (1_505 + 700 + 10 + 2 + 10) + 14_060 + 1_505) + 96 * 40,
        row("parameterGradients", "linear_backward_parameters"));
    long parameters = new ParameterLayout(SHAPE).size();
    assertWork(14 * parameters, 28 * parameters, row("update", "adam_update"));
  }

  @Test
  void everythingTakesTimeButWhatWaitsForTheHost() {
    for (CudaProfile.Row row : result.rows()) {
      if (row.kernel().equals("step_begin")) {
        assertEquals(Double.NaN, row.micros());
        assertEquals(Double.NaN, row.roofline());
      } else {
        assertTrue(row.micros() > 0, row::toString);
        double least =
            Math.max(
                row.bytes() / result.peaks().memoryBytesPerSecond(),
                row.flop() / result.peaks().flopPerSecond());
        assertEquals(1e6 * least / row.micros(), row.roofline(), 1e-9 * row.roofline());
      }
    }
    assertTrue(result.serialMicros() > 0);
    assertTrue(result.eventMicros() >= 0);
    assertTrue(result.graphMicros() > 0);
    assertEquals(!OnGpu.isReal(), result.isEmulated());
  }

  /** Weights that the batch decides are a launch of their own, before the decoder's. */
  @Test
  void theWeightsOfKlHaveARow() {
    for (KlTerm term : List.of(new KlTerm.Distance(1), new KlTerm.FreeBits(0.1))) {
      var settings = new TrainingSettings(Objective.study(), term, 1, BATCH, 1e-4);
      List<String> phases =
          profile(StepKind.AUTO, settings, 1, 1, 2).measure().rows().stream()
              .map(CudaProfile.Row::phase)
              .toList();
      assertEquals(phases.indexOf("latent") + 1, phases.indexOf("klWeights"));
    }
  }

  /** What is learned of sigma is a launch of its own, and its kernels are the Gaussian's. */
  @Test
  void aLearnedSigmaHasARow() throws IOException {
    var settings = new TrainingSettings(Objective.gaussian(Sigma.LEARNED), 1, BATCH, 1e-4);
    CudaProfile.Result learned = profile(StepKind.AUTO, settings, 1, 1, 2).measure();
    List<String> phases = learned.rows().stream().map(CudaProfile.Row::phase).toList();
    assertEquals(1, phases.stream().filter("sigmaGradient"::equals).count(), phases.toString());
    // Of the losses, so after them.
    assertTrue(phases.indexOf("sigmaGradient") > phases.indexOf("output"), phases.toString());
    CudaProfile.Row row = learned.rows().get(phases.indexOf("sigmaGradient"));
    assertEquals("gaussian_log_sigma", row.kernel());
    assertEquals(4 * (BATCH + 2), row.bytes());
    assertTrue(row.micros() > 0 && row.flop() > 0, row::toString);
    assertTrue(
        learned.rows().stream()
            .anyMatch(each -> each.kernel().equals("gaussian_forward_backward")));
    assertEquals(result.graphNodes() + 1, learned.graphNodes());
    assertInDiagram(learned);

    var given = new TrainingSettings(Objective.gaussian(Sigma.of(1)), 1, BATCH, 1e-4);
    assertTrue(
        profile(StepKind.AUTO, given, 1, 1, 2).measure().rows().stream()
            .noneMatch(each -> each.phase().equals("sigmaGradient")));
  }

  /** What a profiler shows is found in the diagram. */
  @Test
  void everyPhaseIsInTheDiagram() throws IOException {
    assertInDiagram(result);
  }

  private static void assertInDiagram(CudaProfile.Result profiled) throws IOException {
    Path file = Path.of("src/main/java/io/github/cvaegpu/engine/cuda/CublasStep.java");
    assumeTrue(Files.exists(file), "the sources are not where the tests run");
    String source = Files.readString(file);
    String diagram = source.substring(source.indexOf("<pre>"), source.indexOf("</pre>"));
    for (CudaProfile.Row row : profiled.rows()) {
      assertTrue(diagram.contains(row.phase()), row.phase());
    }
    assertFalse(diagram.contains("noSuchPhase"));
  }

  @Test
  void aProfilerIsShownStepsInEitherWay() {
    for (CudaProfile.Window window : CudaProfile.Window.values()) {
      assertEquals("cuda", profile(1, 1e-4, 1, 2).show(window).engine());
    }
  }

  @Test
  void aStepThatDivergesIsNoStepToProfile() {
    assertTrue(
        assertThrows(LossNotFiniteException.class, () -> profile(1, 1e30, 1, 40).measure())
            .getMessage()
            .contains("not a finite number"));
  }
}
