// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * One line for a run: epoch, bar, images/s, losses and beta, time left. The library's own line puts
 * the losses last, where 80 columns cut them off.
 */
final class TrainingBar implements ProgressBarRenderer {
  private static final int SHORTEST_BAR = 4;

  private final int epochs;
  private final long images;

  /**
   * @param epochs epochs of the run
   * @param images images of an epoch
   */
  TrainingBar(int epochs, long images) {
    this.epochs = epochs;
    this.images = images;
  }

  @Override
  public String render(ProgressState state, int columns) {
    double seconds = state.getElapsedAfterStart().toMillis() / 1e3;
    double done = state.getCurrent() - state.getStart();
    double speed = seconds > 0 ? done / seconds : 0;
    Duration left =
        speed > 0
            ? Duration.ofSeconds((long) ((state.getMax() - state.getCurrent()) / speed))
            : null;
    // The last image of an epoch is still of that epoch.
    long epoch = Math.max(0, state.getCurrent() - 1) / images + 1;
    return line(
        "epoch " + epoch + "/" + epochs,
        state.getNormalizedProgress(),
        speed,
        state.getExtraMessage(),
        left,
        columns);
  }

  /**
   * The line.
   *
   * @param name what stands before the bar
   * @param fraction how far the run is, from 0 to 1
   * @param speed images per second
   * @param losses what stands behind the speed
   * @param left time to the end, null where unknown
   * @param columns columns of the terminal
   */
  static String line(
      String name, double fraction, double speed, String losses, Duration left, int columns) {
    String time =
        left == null
            ? "?"
            : String.format(
                Locale.ROOT,
                "%d:%02d:%02d",
                left.toHours(),
                left.toMinutesPart(),
                left.toSecondsPart());
    String text = String.format(Locale.ROOT, " %,.0f images/s %s ETA %s", speed, losses, time);
    int width = Math.max(SHORTEST_BAR, columns - name.length() - text.length() - 3);
    int full = (int) (fraction * width);
    String line = name + " [" + "=".repeat(full) + " ".repeat(width - full) + "]" + text;
    return line.length() <= columns ? line : line.substring(0, columns);
  }
}
