// SPDX-License-Identifier: Apache-2.0

import io.github.cvaegpu.api.DataSplit;
import io.github.cvaegpu.api.Device;
import io.github.cvaegpu.api.Images;
import io.github.cvaegpu.api.Model;
import io.github.cvaegpu.api.Posteriors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** Encodes images, and prints where the model has the first ten of them. */
final class Encode {
  private Encode() {}

  public static void main(String[] args) {
    Images images = DataSplit.load("synthetic").test().first(10);
    try (Device device = Device.best();
        Model model = Model.open(Path.of(args[0]), device)) {
      System.out.println(model);
      Posteriors posteriors = model.encode(images);
      for (int i = 0; i < posteriors.size(); i++) {
        System.out.printf(
            Locale.ROOT,
            "a %d: mean %s, log variance %s%n",
            images.label(i).orElseThrow(),
            Arrays.toString(posteriors.mean(i)),
            Arrays.toString(posteriors.logVariance(i)));
      }
    }
  }
}
