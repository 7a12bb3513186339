// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.foreign.Terminal;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** A bar on a terminal for work on images, which is gone when it is closed; elsewhere nothing. */
final class WorkBar implements IntConsumer, AutoCloseable {
  private final Pace pace = new Pace(System::nanoTime);
  private final Optional<ProgressBar> bar;

  /**
   * @param what is done, e.g. {@code Scoring}
   * @param images how many there are
   * @param isShown whether a bar is welcome
   */
  WorkBar(String what, int images, boolean isShown) {
    bar =
        isShown && Terminal.isInteractive()
            ? Optional.of(bar(what, images, pace))
            : Optional.empty();
    pace.reached(0);
  }

  private static ProgressBar bar(String what, int images, Pace pace) {
    return new ProgressBarBuilder()
        .setInitialMax(images)
        .setUpdateIntervalMillis(ProgressOnTerminal.REDRAW_MILLIS)
        .setRenderer((state, width) -> line(what, state.getCurrent(), images, pace, width))
        .setConsumer(new ConsoleProgressBarConsumer(System.out, ProgressOnTerminal.columns() - 1))
        .clearDisplayOnFinish()
        .build();
  }

  private static String line(String what, long done, int images, Pace pace, int columns) {
    String count = String.format(Locale.ROOT, "%,d of %,d images", done, images);
    return TrainingBar.line(
        what,
        (double) done / images,
        pace.perSecond(),
        count,
        pace.timeFor(images - done),
        columns);
  }

  /** So many images are done. */
  @Override
  public void accept(int done) {
    if (bar.isPresent()) {
      pace.reached(done);
      bar.get().stepTo(done);
    }
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
