// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Numbers;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * One line for a run: epoch, bar, images/s, losses and beta, time left. The library's own line puts
 * the losses last, where 80 columns cut them off. On a narrow terminal the KL divergence, which
 * comes first of the losses, stays longest.
 */
final class TrainingBar implements ProgressBarRenderer {
  private static final int SHORTEST_BAR = 4;

  private final int epochs;
  private final long images;
  private final Pace pace;

  /**
   * @param epochs epochs of the run
   * @param images images of an epoch
   * @param pace is told how many images are done
   */
  TrainingBar(int epochs, long images, Pace pace) {
    this.epochs = epochs;
    this.images = images;
    this.pace = pace;
  }

  @Override
  public String render(ProgressState state, int columns) {
    return line(state.getCurrent(), state.getExtraMessage(), columns);
  }

  /**
   * The line of a moment.
   *
   * @param done images of the run
   */
  String line(long done, String losses, int columns) {
    // The last image of an epoch is still of that epoch.
    long epoch = Math.max(0, done - 1) / images + 1;
    return line(
        "epoch " + epoch + "/" + epochs,
        (double) done / (epochs * images),
        pace.perSecond(),
        losses,
        pace.timeFor(epochs * images - done),
        columns);
  }

  /** The losses, as far as there is room. */
  static String losses(double rl, double kl, double beta) {
    return String.format(
        Locale.ROOT, "KL %s RL %.2f beta %s", Numbers.rounded("%.2f", kl), rl, Numbers.beta(beta));
  }

  /** The line of work whose speed is in images per second; see below. */
  static String line(
      String name, double fraction, double speed, String losses, Duration left, int columns) {
    return line(name, fraction, speed, "images", losses, left, columns);
  }

  /**
   * The line.
   *
   * @param name what stands before the bar
   * @param fraction how far the run is, from 0 to 1
   * @param speed units per second, NaN where unknown
   * @param unit that is counted, in the plural
   * @param losses what stands behind the speed
   * @param left time to the end, null where unknown
   * @param columns columns of the terminal
   */
  static String line(
      String name,
      double fraction,
      double speed,
      String unit,
      String losses,
      Duration left,
      int columns) {
    String time =
        left == null
            ? "?"
            : String.format(
                Locale.ROOT,
                "%d:%02d:%02d",
                left.toHours(),
                left.toMinutesPart(),
                left.toSecondsPart());
    String rate =
        Double.isNaN(speed)
            ? " ? %s/s".formatted(unit)
            : String.format(Locale.ROOT, " %,.0f %s/s", speed, unit);
    String behind = " " + losses;
    String eta = " ETA " + time;
    // What is cut off first is what tells least of the run.
    for (String text : List.of(rate + behind + eta, behind + eta, behind)) {
      int width = columns - name.length() - text.length() - 3;
      if (width >= SHORTEST_BAR) {
        int full = (int) (fraction * width);
        return name + " [" + "=".repeat(full) + " ".repeat(width - full) + "]" + text;
      }
    }
    String line = name + behind;
    return line.length() <= columns ? line : line.substring(0, columns);
  }
}
