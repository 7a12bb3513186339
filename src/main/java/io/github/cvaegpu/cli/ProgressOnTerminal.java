// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.foreign.Terminal;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress on a terminal: one bar for the run, with speed, losses, beta and the time left. */
final class ProgressOnTerminal implements Progress {
  private static final int DEFAULT_COLUMNS = 100;
  private static final int REDRAW_MILLIS = 250;

  /** Steps between two updates of the losses shown, so that showing them costs nothing. */
  private static final int STEPS_SHOWN = 50;

  private final int epochs;
  private final long images;
  private final int batchSize;
  private final long batches;
  private final ProgressBar bar;

  ProgressOnTerminal(int epochs, int images, int batchSize) {
    this.epochs = epochs;
    this.images = images;
    this.batchSize = batchSize;
    batches = Math.ceilDiv(images, batchSize);
    int columns = Terminal.columns().orElse(DEFAULT_COLUMNS);
    bar =
        new ProgressBarBuilder()
            .setTaskName("Training")
            .setInitialMax(epochs * this.images)
            .setUnit(" images", 1)
            .setStyle(ProgressBarStyle.UNICODE_BLOCK)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .setConsumer(new ConsoleProgressBarConsumer(System.out, columns - 1))
            .showSpeed(new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
            .build();
  }

  @Override
  public void step(long step, float rl, float kl, float beta) {
    if (step % STEPS_SHOWN != 0 && step % batches != 0) {
      return;
    }
    long epoch = (step - 1) / batches;
    bar.stepTo(epoch * images + Math.min(images, ((step - 1) % batches + 1) * batchSize));
    bar.setExtraMessage(
        String.format(
            Locale.ROOT,
            "  epoch %d/%d RL %.1f KL %.2f beta %.3f",
            epoch + 1,
            epochs,
            rl,
            kl,
            beta));
  }

  @Override
  public void close() {
    bar.close();
  }
}
