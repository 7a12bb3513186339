// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Trains runs, each in a folder of its own, one after another or several at a time on one
 * accelerator. What is finished is not trained again, what was interrupted goes on from its
 * checkpoint, and a run that diverges does not keep the others from running. Any other failure
 * stops them all. How many train at a time changes no bit of any.
 */
public final class RunQueue {
  private final List<NamedPlan> runs;
  private final Dataset dataset;
  private final Accelerator accelerator;
  private final Settings settings;
  private final QueueListener listener;
  private final BooleanSupplier stopRequested;

  private final Object lock = new Object(); // of all that follows, and of the listener
  private final QueueProgress progress;
  private final boolean[] hasDiverged;
  private boolean isStopped;
  private volatile Throwable failure;

  /**
   * How runs are trained, beside their plans.
   *
   * @param folder in which each run has a folder
   * @param provenance what is kept with each run
   * @param interval how often a run writes a checkpoint
   * @param atOnce runs that are trained at a time, from 1
   * @param observers who else is told of a run, beside the queue's listener; asked once a run, on
   *     the thread that trains it
   */
  public record Settings(
      Path folder,
      Provenance provenance,
      CheckpointInterval interval,
      int atOnce,
      Function<NamedPlan, RunObserver> observers) {
    /** One run after another, told to nobody else. */
    public static Settings oneByOne(
        Path folder, Provenance provenance, CheckpointInterval interval) {
      return new Settings(folder, provenance, interval, 1, run -> RunObserver.NONE);
    }

    /** The same, told to others too. */
    public Settings withObservers(Function<NamedPlan, RunObserver> others) {
      return new Settings(folder, provenance, interval, atOnce, others);
    }

    /** Refuses a queue that never gets on. */
    public Settings {
      if (atOnce < 1) {
        throw new IllegalArgumentException(atOnce + " runs at once");
      }
    }
  }

  /**
   * What training came to.
   *
   * @param isStopped whether it was asked to stop before the end
   * @param diverged names of the runs that diverged, in the queue's order
   */
  public record Outcome(boolean isStopped, List<String> diverged) {}

  /**
   * @param runs what to train, in this order; no two of a name
   * @param dataset on which images
   * @param accelerator on what
   * @param settings how
   * @param listener told of progress
   * @param stopRequested asked after every step
   */
  public RunQueue(
      List<NamedPlan> runs,
      Dataset dataset,
      Accelerator accelerator,
      Settings settings,
      QueueListener listener,
      BooleanSupplier stopRequested) {
    if (runs.stream().map(NamedPlan::name).distinct().count() < runs.size()) {
      throw new IllegalArgumentException("two runs of one name");
    }
    this.runs = List.copyOf(runs);
    this.dataset = dataset;
    this.accelerator = accelerator;
    this.settings = settings;
    this.listener = listener;
    this.stopRequested = stopRequested;
    progress = new QueueProgress(runs, settings.atOnce());
    hasDiverged = new boolean[runs.size()];
  }

  /** Where a run is. */
  public Path folder(NamedPlan run) {
    return settings.folder().resolve(run.name());
  }

  /** Whether a run is complete: with figures, and not only with its last step. */
  public boolean isFinished(NamedPlan run) {
    if (!Files.exists(RunDirectory.recordFile(folder(run)))) {
      return false;
    }
    RunRecord record = RunDirectory.readRecord(folder(run));
    return record.exitReason() == ExitReason.COMPLETED && record.metrics() != null;
  }

  /**
   * Trains what is not finished.
   *
   * @throws InputException if a folder holds a run of other settings or images; nothing is trained
   */
  public Outcome train() {
    runs.forEach(this::requireSame);
    for (int i = 0; i < runs.size(); i++) {
      if (isFinished(runs.get(i))) {
        progress.wasFinished(i);
      }
    }
    var next = new AtomicInteger();
    int workers = Math.min(settings.atOnce(), runs.size());
    // The caller is one of them: signals and interrupts reach it as ever.
    List<Thread> others =
        IntStream.range(1, workers)
            .mapToObj(i -> Thread.ofPlatform().name("run queue " + i).start(() -> work(next)))
            .toList();
    work(next);
    others.forEach(RunQueue::join);
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    List<String> diverged =
        IntStream.range(0, runs.size())
            .filter(i -> hasDiverged[i])
            .mapToObj(i -> runs.get(i).name())
            .toList();
    return new Outcome(isStopped, diverged);
  }

  private static void join(Thread thread) {
    boolean wasInterrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes one run after another until none is left. */
  private void work(AtomicInteger next) {
    try {
      for (int i = next.getAndIncrement();
          i < runs.size() && !isOver();
          i = next.getAndIncrement()) {
        take(i);
      }
    } catch (RuntimeException | Error e) {
      synchronized (lock) {
        if (failure == null) {
          failure = e;
        } else if (!failure.equals(e)) {
          failure.addSuppressed(e);
        }
      }
    }
  }

  private boolean isOver() {
    synchronized (lock) {
      return isStopped || failure != null;
    }
  }

  private void take(int index) {
    NamedPlan run = runs.get(index);
    synchronized (lock) {
      progress.reached(index);
      if (progress.isFinishedBefore(index)) {
        progress.over(index);
        listener.isThere(run, progress.position(index));
        return;
      }
      listener.begins(run, progress.position(index));
    }
    boolean isWhole = true;
    try {
      isWhole = train(run, index);
    } catch (DivergedException e) {
      synchronized (lock) {
        hasDiverged[index] = true;
        listener.failed(run, e.getMessage());
      }
    }
    synchronized (lock) {
      if (isWhole) {
        progress.over(index);
      } else {
        isStopped = true;
      }
    }
  }

  /** Trains a run to its end; false if it was asked to stop before. */
  private boolean train(NamedPlan run, int index) {
    Path where = folder(run);
    boolean hasBegun = hasBegun(run);
    var told = new Observer(run, index);
    if (hasBegun) {
      RunDirectory.planToResume(where).warning().ifPresent(told::warns);
    }
    TrainingPlan plan = run.plan();
    try (Trainee trainee = plan.trainee(accelerator, dataset.train());
        RunDirectory directory =
            hasBegun ? RunDirectory.resume(where) : RunDirectory.create(where)) {
      var trainer =
          new Trainer(
              plan,
              dataset,
              trainee,
              directory,
              settings.provenance(),
              settings.interval(),
              RunObservers.of(told, settings.observers().apply(run)),
              () -> stopRequested.getAsBoolean() || failure != null);
      return trainer.run().exitReason() == ExitReason.COMPLETED;
    }
  }

  /** Passes on what the queue's listener is told of a run. */
  private final class Observer implements RunObserver {
    private final NamedPlan run;
    private final int index;
    private long last = System.nanoTime();

    Observer(NamedPlan run, int index) {
      this.run = run;
      this.index = index;
    }

    @Override
    public void warns(String sentence) {
      synchronized (lock) {
        listener.warns(run, sentence);
      }
    }

    @Override
    public void step(StepReport report) {
      synchronized (lock) {
        listener.step(run, report);
      }
    }

    @Override
    public void epoch(EpochReport report) {
      long now = System.nanoTime();
      synchronized (lock) {
        progress.epoch(index, report.epoch(), now - last);
        listener.epoch(run, report, progress.position(index));
      }
      last = now;
    }
  }

  private boolean hasBegun(NamedPlan run) {
    return RunDirectory.hasBegun(folder(run));
  }

  private void requireSame(NamedPlan run) {
    if (!hasBegun(run)) {
      return;
    }
    TrainingPlan there = RunDirectory.planToResume(folder(run)).plan();
    if (!there.equals(run.plan())) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              ("%s holds a run of other settings (%d epochs at learning rate %s, seed %d): choose"
                  + " another --out, or the settings that it was made with."),
              folder(run),
              there.epochs(),
              Numbers.plain(there.learningRate()),
              there.seed()));
    }
    if (Files.exists(RunDirectory.recordFile(folder(run)))
        && !RunDirectory.readRecord(folder(run)).dataset().sha256().equals(dataset.sha256())) {
      throw new InputException(
          "%s was trained on other images than those of %s (%s): name them with --data."
              .formatted(folder(run), dataset.name(), dataset.origin()));
    }
  }
}
