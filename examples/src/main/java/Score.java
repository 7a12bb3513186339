// SPDX-License-Identifier: Apache-2.0

import io.github.cvaegpu.api.DataSplit;
import io.github.cvaegpu.api.Device;
import io.github.cvaegpu.api.Images;
import io.github.cvaegpu.api.Model;
import io.github.cvaegpu.api.Scores;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;

/** Says how well a model explains images, and which five of them it finds the oddest. */
final class Score {
  private Score() {}

  public static void main(String[] args) {
    Images images = DataSplit.load("synthetic").test().first(1000);
    try (Device device = Device.best();
        Model model = Model.open(Path.of(args[0]), device)) {
      Scores scores = model.score(images, 20);
      System.out.println("ELBO  " + scores.elbo());
      System.out.println("bound " + scores.bound());
      IntStream.range(0, scores.size())
          .boxed()
          .sorted(Comparator.comparingDouble(scores::bound))
          .limit(5)
          .forEach(
              image ->
                  System.out.printf(
                      Locale.ROOT,
                      "image %d, a %d: %.1f nats%n",
                      image,
                      images.label(image).orElseThrow(),
                      scores.bound(image)));
    }
  }
}
