// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.foreign.Terminal;
import io.github.cvaegpu.study.StudyListener;
import io.github.cvaegpu.study.StudyRun;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.StepReport;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * A study's progress: a bar over the epochs of all runs on a terminal, else a line an epoch, both
 * with the time left.
 */
abstract class StudyProgress implements StudyListener, AutoCloseable {
  private static final int COLUMNS = 80;

  private final PrintWriter err;

  private StudyProgress(PrintWriter err) {
    this.err = err;
  }

  /** Says nothing but what went wrong. */
  static StudyProgress quiet(PrintWriter err) {
    return new StudyProgress(err) {};
  }

  /**
   * Progress for whoever is there to see it.
   *
   * @param images in an epoch
   */
  static StudyProgress to(PrintWriter err, int images) {
    return Terminal.isInteractive() ? new Bar(err, images) : new Lines(err);
  }

  @Override
  public void begins(NamedPlan run, Position position) {}

  @Override
  public void isThere(NamedPlan run, Position position) {}

  @Override
  public void epoch(NamedPlan run, EpochReport report, Position position) {}

  @Override
  public void warns(NamedPlan run, String warning) {
    warns(run.name(), warning);
  }

  @Override
  public void failed(NamedPlan run, String why) {
    err.println("%s: %s".formatted(run.name(), why));
    err.flush();
  }

  @Override
  public final void measures(StudyRun run) {
    measures(run.name());
  }

  /** A run's model is measured. */
  void measures(String run) {}

  /** Something is to be known of a run, in a complete sentence. */
  void warns(String run, String warning) {
    err.println("Warning: %s: %s".formatted(run, warning));
    err.flush();
  }

  @Override
  public void close() {}

  private static String timeLeft(double seconds) {
    if (Double.isNaN(seconds)) {
      return "?";
    }
    Duration left = Duration.ofSeconds((long) seconds);
    return String.format(
        Locale.ROOT, "%d:%02d:%02d", left.toHours(), left.toMinutesPart(), left.toSecondsPart());
  }

  /** A line an epoch. */
  private static final class Lines extends StudyProgress {
    private final PrintWriter out;

    Lines(PrintWriter out) {
      super(out);
      this.out = out;
    }

    private void say(String line) {
      out.println(line);
      out.flush();
    }

    @Override
    public void begins(NamedPlan run, Position position) {
      say(String.format(Locale.ROOT, "run %d/%d  %s", position.run(), position.runs(), run.name()));
    }

    @Override
    public void isThere(NamedPlan run, Position position) {
      say(
          String.format(
              Locale.ROOT,
              "run %d/%d  %s is finished already",
              position.run(),
              position.runs(),
              run.name()));
    }

    @Override
    public void epoch(NamedPlan run, EpochReport report, Position position) {
      say(
          String.format(
              Locale.ROOT,
              "run %d/%d  %s  %s left",
              position.run(),
              position.runs(),
              ProgressLines.line(report),
              timeLeft(position.secondsLeft())));
    }

    @Override
    void measures(String run) {
      say("measuring %s".formatted(run));
    }
  }

  /** One bar. */
  private static final class Bar extends StudyProgress {
    private final ProgressBar bar;
    private final int images;
    private final StudyPace pace;
    private String name = "";

    Bar(PrintWriter err, int images) {
      super(err);
      this.images = images;
      pace = new StudyPace(images, System::nanoTime);
      int columns = Terminal.columns().orElse(COLUMNS);
      bar =
          new ProgressBarBuilder()
              .setInitialMax(1)
              .setRenderer(
                  (state, width) -> {
                    double left = pace.secondsLeft();
                    return TrainingBar.line(
                        name,
                        state.getNormalizedProgress(),
                        pace.perSecond(),
                        state.getExtraMessage(),
                        Double.isNaN(left) ? null : Duration.ofSeconds((long) left),
                        width);
                  })
              .setConsumer(new ConsoleProgressBarConsumer(System.err, columns - 1))
              .build();
    }

    private void show(NamedPlan run, Position position, String losses) {
      name = String.format(Locale.ROOT, "%d/%d %s", position.run(), position.runs(), run.name());
      pace.left(run.name(), position.epochsLeft());
      bar.maxHint(position.epochs() * images);
      bar.stepTo(position.epochsDone() * images);
      bar.setExtraMessage(losses);
    }

    @Override
    public void begins(NamedPlan run, Position position) {
      show(run, position, "");
    }

    @Override
    public void isThere(NamedPlan run, Position position) {
      show(run, position, "");
    }

    @Override
    public void step(NamedPlan run, StepReport report) {
      pace.step(run.name(), report.step(), run.plan().batchSize());
    }

    @Override
    public void epoch(NamedPlan run, EpochReport report, Position position) {
      show(run, position, TrainingBar.losses(report.rl(), report.kl(), report.beta()));
    }

    @Override
    void measures(String run) {
      bar.setExtraMessage("measuring " + run);
    }

    @Override
    public void close() {
      bar.close();
    }
  }
}
