// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.foreign.Terminal;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * A bar on a terminal for one piece of work, which is gone when it is closed; elsewhere nothing.
 */
final class WorkBar implements IntConsumer, AutoCloseable {
  private final String unit;
  private final Optional<ProgressBar> bar;
  private volatile Stage stage;

  /**
   * What is done at present. One thread changes it, and another draws it.
   *
   * @param total of the unit; 0 before it is known
   */
  record Stage(String what, long total, Pace pace) {
    Stage(String what, long total) {
      this(what, total, new Pace(System::nanoTime));
      pace.reached(0);
    }
  }

  private WorkBar(String what, long total, String unit, boolean isShown) {
    this.unit = unit;
    stage = new Stage(what, total);
    bar = isShown && Terminal.isInteractive() ? Optional.of(bar()) : Optional.empty();
  }

  /**
   * For work on images.
   *
   * @param what is done, e.g. {@code Scoring}
   * @param images how many there are
   * @param isShown whether a bar is welcome
   */
  static WorkBar ofImages(String what, int images, boolean isShown) {
    return new WorkBar(what, images, "images", isShown);
  }

  /**
   * For work that ends when it is good enough.
   *
   * @param what is done, e.g. {@code Fitting}
   * @param most iterations after which it ends in any case
   */
  static WorkBar ofIterations(String what, int most) {
    return new WorkBar(what, most, "iterations", true);
  }

  /**
   * For work in stages, of which one knows how much is to be done when it begins.
   *
   * @param what is done, e.g. {@code Integrating}
   * @param unit of what each stage counts, in the plural
   * @param isShown whether a bar is welcome
   */
  static WorkBar ofStages(String what, String unit, boolean isShown) {
    return new WorkBar(what, 0, unit, isShown);
  }

  private ProgressBar bar() {
    return new ProgressBarBuilder()
        .setInitialMax(1)
        .setUpdateIntervalMillis(ProgressOnTerminal.REDRAW_MILLIS)
        .setRenderer((state, width) -> line(stage, state.getCurrent(), unit, width))
        .setConsumer(new ConsoleProgressBarConsumer(System.out, ProgressOnTerminal.columns() - 1))
        .clearDisplayOnFinish()
        .build();
  }

  /** The line of a moment. */
  static String line(Stage stage, long done, String unit, int columns) {
    if (stage.total == 0) {
      return TrainingBar.line(stage.what, 0, Double.NaN, unit, "", null, columns);
    }
    long reached = Math.min(done, stage.total);
    return TrainingBar.line(
        stage.what,
        (double) reached / stage.total,
        stage.pace.perSecond(),
        unit,
        String.format(Locale.ROOT, "%,d of %,d %s", reached, stage.total, unit),
        stage.pace.timeFor(stage.total - reached),
        columns);
  }

  /** So much is done. */
  @Override
  public void accept(int done) {
    reached(done);
  }

  private void reached(long done) {
    if (bar.isPresent()) {
      stage.pace.reached(done);
      bar.get().stepTo(done);
    }
  }

  /**
   * So much of a stage is done.
   *
   * @param what the stage, where it is another one than before of which the bar begins again
   * @param total of the stage; may grow
   */
  void accept(String what, long done, long total) {
    if (!stage.what.equals(what)) {
      stage = new Stage(what, total);
    } else if (stage.total != total) {
      stage = new Stage(what, total, stage.pace);
    }
    reached(done);
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
