// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.function.Function;

/** Models of given parameters on the CPU, on one thread unless said otherwise. */
final class TestModels {
  private TestModels() {}

  /** What a function makes of a model, which is closed behind it. */
  static <R> R apply(ParameterLayout layout, float[] parameters, Function<VaeModel, R> function) {
    return apply(1, layout, parameters, function);
  }

  /** The same of another objective than the study's. */
  static <R> R apply(
      Objective objective,
      ParameterLayout layout,
      float[] parameters,
      Function<VaeModel, R> function) {
    return apply(1, objective, layout, parameters, function);
  }

  /** The same of a model of some threads. */
  static <R> R apply(
      int threads, ParameterLayout layout, float[] parameters, Function<VaeModel, R> function) {
    return apply(threads, Objective.study(), layout, parameters, function);
  }

  private static <R> R apply(
      int threads,
      Objective objective,
      ParameterLayout layout,
      float[] parameters,
      Function<VaeModel, R> function) {
    try (var accelerator = new CpuAccelerator(threads);
        VaeModel model = accelerator.model(layout.shape(), objective, parameters)) {
      return function.apply(model);
    }
  }

  /** The likelihood of all images of a set. */
  static PixelTiles likelihood(VaeModel model, ImageSet images) {
    Objective study = Objective.study();
    return new PixelTiles(model, study, PixelTargets.of(study.targets(), images), 0, images.size());
  }
}
