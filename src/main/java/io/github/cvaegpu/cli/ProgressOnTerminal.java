// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.foreign.Terminal;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.StepReport;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** Progress on a terminal: a line an epoch, and below them one bar for the run. */
final class ProgressOnTerminal implements Progress {
  private static final int DEFAULT_COLUMNS = 80;

  /** How often a bar is drawn. */
  static final int REDRAW_MILLIS = 250;

  private final int epochs;
  private final long images;
  private final int batchSize;
  private final long batches;
  private final Pace pace = new Pace(System::nanoTime);

  /** Made at the first step, when it is known how far the run already was. */
  private volatile ProgressBar bar;

  ProgressOnTerminal(int epochs, int images, int batchSize) {
    this.epochs = epochs;
    this.images = images;
    this.batchSize = batchSize;
    batches = Math.ceilDiv(images, batchSize);
  }

  @Override
  public void step(StepReport report) {
    long step = report.step();
    if (bar == null) {
      bar = bar(imagesAfter(step - 1));
    } else if (!pace.isDue() && step % batches != 0) {
      // So that showing it costs nothing.
      return;
    }
    pace.reached(imagesAfter(step));
    bar.stepTo(imagesAfter(step));
    bar.setExtraMessage(TrainingBar.losses(report.rl(), report.kl(), report.beta()));
  }

  /** A line that stays, in place of the bar, which is drawn again below. */
  @Override
  public void epoch(EpochReport report) {
    System.out.print(lineOver(ProgressLines.line(report), columns() - 1));
    System.out.flush();
  }

  @Override
  public void says(String sentence) {
    // Whole, if it takes two lines.
    System.out.print(lineOver(sentence, Math.max(columns() - 1, sentence.length())));
    System.out.flush();
  }

  /** A line that covers all of what the terminal's line had, and goes on to the next. */
  static String lineOver(String text, int columns) {
    String line = text.length() <= columns ? text : text.substring(0, columns);
    return "\r" + line + " ".repeat(columns - line.length()) + System.lineSeparator();
  }

  /** Columns of the terminal, or what is usual where it does not tell. */
  static int columns() {
    return Terminal.columns().orElse(DEFAULT_COLUMNS);
  }

  private long imagesAfter(long steps) {
    return steps / batches * images + steps % batches * batchSize;
  }

  private ProgressBar bar(long done) {
    return new ProgressBarBuilder()
        .setInitialMax(epochs * images)
        .startsFrom(done, Duration.ZERO)
        .setUpdateIntervalMillis(REDRAW_MILLIS)
        .setRenderer(new TrainingBar(epochs, images, pace))
        .setConsumer(new ConsoleProgressBarConsumer(System.out, columns() - 1))
        .build();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
