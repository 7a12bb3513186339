// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.train.Checkpoint;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A model as the page's explorer has it: the decoder, the plane that it is shown in, and where the
 * test images are in it. The names are those of the page's JSON.
 *
 * @param about one or more sentences that say what is seen
 * @param latent latent dimensions
 * @param height rows of an image
 * @param width columns of an image
 * @param first dimension across
 * @param second dimension upwards; -1 for none
 * @param left edge of the map; like the other three in units of the latent space
 * @param right edge of the map
 * @param bottom edge of the map
 * @param top edge of the map
 * @param points the test images; null where they were not at hand
 * @param decoder the weights
 */
record ExplorerData(
    String about,
    int latent,
    int height,
    int width,
    int first,
    int second,
    double left,
    double right,
    double bottom,
    double top,
    Points points,
    Embedded.Decoder decoder) {

  private static final double MARGIN = 0.04;
  private static final float REACH = 3.5f; // Of a map without points.

  /** Posterior means; labels are null where the images have none. */
  record Points(Embedded.Range x, Embedded.Range y, String labels) {}

  /**
   * A checkpoint's model.
   *
   * @param testPosterior of its run's test images; empty where they could not be had, and then the
   *     checkpoint has to know their size
   */
  static ExplorerData of(Checkpoint checkpoint, Optional<Posterior> testPosterior) {
    ParameterLayout layout = checkpoint.layout();
    int latent = layout.shape().latent();
    var decoder =
        Embedded.Decoder.of(
            checkpoint.objective().likelihood(), layout, checkpoint.state().parameters());
    if (testPosterior.isEmpty()) {
      ImageSize size = checkpoint.images().size();
      return new ExplorerData(
          "The test images of this run were not at hand: there are no dots.",
          latent,
          size.height(),
          size.width(),
          0,
          latent > 1 ? 1 : -1,
          -REACH,
          REACH,
          -REACH,
          REACH,
          null,
          decoder);
    }
    Posterior posterior = testPosterior.get();
    Projection projection = Projection.of(posterior);
    float[] x = new float[posterior.size()];
    float[] y = new float[posterior.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) projection.x(i);
      y[i] = (float) projection.y(i);
    }
    var horizontal = IntStream.range(0, x.length).mapToDouble(i -> x[i]).summaryStatistics();
    var vertical = IntStream.range(0, y.length).mapToDouble(i -> y[i]).summaryStatistics();
    double reach =
        (0.5 + MARGIN)
            * Math.max(
                horizontal.getMax() - horizontal.getMin(), vertical.getMax() - vertical.getMin());
    double middleX = (horizontal.getMin() + horizontal.getMax()) / 2;
    double middleY = (vertical.getMin() + vertical.getMax()) / 2;
    return new ExplorerData(
        about(posterior, projection),
        latent,
        posterior.images().height(),
        posterior.images().width(),
        projection.first(),
        projection.second(),
        middleX - reach,
        middleX + reach,
        middleY - reach,
        middleY + reach,
        new Points(Embedded.Range.of(x), Embedded.Range.of(y), labels(posterior)),
        decoder);
  }

  private static String labels(Posterior posterior) {
    if (!posterior.images().hasLabels()) {
      return null;
    }
    byte[] labels = new byte[posterior.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) posterior.images().label(i);
    }
    return Embedded.base64(labels);
  }

  private static String about(Posterior posterior, Projection projection) {
    String plane = "Across: %s. Upwards: %s.".formatted(projection.xLabel(), projection.yLabel());
    String labels =
        posterior.images().hasLabels() ? "" : " The images have no labels, so no colours.";
    return String.format(Locale.ROOT, "%,d test images. ", posterior.size()) + plane + labels;
  }
}
