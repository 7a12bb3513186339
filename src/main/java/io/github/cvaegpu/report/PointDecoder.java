// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Decoder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Makes images of latent points, all that are drawn together in one call. */
@FunctionalInterface
public interface PointDecoder {
  /**
   * Decodes points.
   *
   * @param points of (latent) each
   * @return of each point the (inputs) means of its pixels, from 0, black, to 1, white
   */
  List<float[]> decode(List<float[]> points);

  /** In plain Java, for a few pictures where no engine is. */
  static PointDecoder of(Decoder decoder) {
    return points -> points.stream().map(decoder::decode).toList();
  }

  /** By a model on its engine, which has to be open for as long as it decodes. */
  static PointDecoder of(VaeModel model) {
    int latent = model.shape().latent();
    int inputs = model.shape().inputs();
    return points -> {
      int count = points.size();
      float[] z = new float[count * latent];
      for (int i = 0; i < count; i++) {
        System.arraycopy(points.get(i), 0, z, i * latent, latent);
      }
      float[] means = new float[Math.multiplyExact(count, inputs)];
      model.decode(z, count, means);
      return IntStream.range(0, count)
          .mapToObj(i -> Arrays.copyOfRange(means, i * inputs, (i + 1) * inputs))
          .toList();
    };
  }
}
