// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PosteriorTest {
  /** More images than are encoded at a time, so that the parts have to meet. */
  @Test
  void hasEveryImagesMeanAndVarianceAtItsPlace() {
    int latent = 3;
    ImageSet images = TinyImages.draw(4096 + 37, 6);
    var shape = new VaeShape(images.imageSize(), List.of(20, 10), latent);
    float[] parameters = InitialWeights.draw(new ParameterLayout(shape), 3);
    try (var model = new CpuAccelerator(1).model(shape, Objective.study(), parameters)) {
      List<Integer> told = new ArrayList<>();
      Posterior posterior = Posterior.of(model, images, told::add);
      assertEquals(List.of(4096, images.size()), told);
      assertEquals(images.size(), posterior.size());
      assertEquals(latent, posterior.latent());
      assertSame(images, posterior.images());
      float[] mean = new float[latent];
      float[] logVariance = new float[latent];
      for (int image : new int[] {0, 1, 4095, 4096, 4097, images.size() - 1}) {
        model.encode(images, image, 1, mean, logVariance);
        for (int j = 0; j < latent; j++) {
          assertEquals(mean[j], posterior.mean(image, j), 1e-6);
          assertEquals(logVariance[j], posterior.logVariance(image, j), 1e-6);
        }
      }
    }
  }

  @Test
  void refusesNumbersThatAreNotAnImageEach() {
    ImageSet images = TinyImages.draw(2, 1);
    assertThrows(
        IllegalArgumentException.class, () -> Posterior.of(images, 2, new float[4], new float[3]));
  }
}
