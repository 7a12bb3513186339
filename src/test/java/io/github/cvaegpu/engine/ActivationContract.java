// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every engine is held to that has all activations: with tanh what it is with ReLU. */
public abstract class ActivationContract extends KlTermContract {
  private static VaeShape withTanh(VaeShape shape) {
    return new VaeShape(shape.inputs(), shape.hidden(), shape.latent(), Activation.TANH);
  }

  /** Over lit pixels and over all; layers that are split on the way back, and that are not. */
  @ParameterizedTest(name = "{0}x{1} -> {2} -> z {3}, batch {4}, beta {5}, density {6}")
  @CsvSource({
    "28, 28, 400;50, 2, 64, 0.5, 0.2",
    "5, 7, 19, 1, 1, 1, 0.3",
    "9, 11, 33;17, 2, 7, 0.5, 0.1",
    "9, 11, 40;140, 3, 37, 0.5, 0.8",
    "6, 6, 24;20;13, 17, 37, 0.17, 0.3",
    "13, 11, 83;41;29, 2, 96, 1, 0",
  })
  void tanhAgreesWithTheReference(
      int height, int width, String widths, int latent, int batch, double beta, double density) {
    VaeShape shape = withTanh(shape(height, width, widths, latent));
    ImageSet images = RandomImages.of(3 * batch, height, width, density, SEED);
    try (Accelerator accelerator = create(1)) {
      assertAgreesWithTheReference(accelerator, shape, images, batch, beta);
    }
  }

  @Test
  void tanhAgreesWithTheReferenceUnderATermOfTheBatch() {
    VaeShape shape = withTanh(shape(6, 6, "24;20;13", 4));
    ImageSet images = RandomImages.of(3 * 9, 6, 6, 0.4, SEED);
    try (Accelerator accelerator = create(1)) {
      assertAgreesWithTheReference(accelerator, shape, images, 9, new KlTerm.Distance(0.75), 100);
    }
  }

  @ParameterizedTest
  @CsvSource({"5, 7, 19, 2, 7", "6, 6, 24;20;13, 17, 300", "28, 28, 400;50, 2, 131"})
  void tanhDecodesLikeTheDecoder(int height, int width, String widths, int latent, int count) {
    assertDecodesLikeTheDecoder(withTanh(shape(height, width, widths, latent)), count);
  }

  @Test
  void tanhEncodesAndScoresLikeTheReference() {
    assertEncodesAndScoresLikeTheReference(withTanh(new VaeShape(99, List.of(40, 17), 3)), 3);
  }

  @Test
  void anEpochInPartsIsTheEpochWithTanh() {
    assertAnEpochInPartsIsTheEpoch(withTanh(new VaeShape(63, List.of(140, 9), 3)));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 20})
  void aParameterThatIsNoNumberShowsInTheLossWithTanh(int latent) {
    try (Accelerator accelerator = create(1)) {
      assertTellsOfNaN(accelerator, withTanh(new VaeShape(35, List.of(11, 6), latent)));
    }
  }

  /** Units at 1 or -1 have no slope: nothing before them is changed, and all stays finite. */
  @Test
  void saturatedUnitsLetNoGradientThrough() {
    VaeShape shape = withTanh(new VaeShape(35, List.of(11, 6), 2));
    var layout = new ParameterLayout(shape);
    float[] parameters = InitialWeights.draw(layout, SEED);
    for (int unit = 0; unit < 11; unit++) {
      parameters[layout.encoder().getFirst().bias() + unit] = unit % 2 == 0 ? 1e4f : -1e30f;
    }
    ImageSet images = RandomImages.of(16, 5, 7, 0.4, SEED);
    try (Accelerator accelerator = create(1);
        Trainee trainee = accelerator.trainee(shape, settings(4), images)) {
      trainee.restore(TrainingState.initial(parameters));
      List<Reported> reported = new ArrayList<>();
      trainee.trainEpoch(
          BatchOrder.shuffled(SEED, 0, 16, 4), new ConstantRule(1).start(), collect(reported));
      assertEquals(4, reported.size());
      TrainingState after = trainee.state();
      assertTrue(after.last().isFinite());
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        boolean isBefore = tensor.name().startsWith("encoder.0.");
        for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
          assertEquals(isBefore, after.parameters()[i] == parameters[i], tensor.name());
        }
      }
    }
  }
}
