// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.TooLittleMemoryException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Trains runs, each in a folder of its own, one after another or several at a time on one
 * accelerator. What is finished is not trained again, what was interrupted goes on from its
 * checkpoint, and a run that diverges does not keep the others from running. Any other failure
 * stops them all, but for what is one run's alone where the queue is {@link Settings#tolerant()}.
 * How many train at a time changes no bit of any.
 */
public final class RunQueue {
  /** How often what waits looks whether it is to stop. */
  private static final int LOOK_MILLIS = 200;

  private final List<NamedPlan> runs;
  private final Dataset dataset;
  private final Accelerator accelerator;
  private final Settings settings;
  private final QueueListener listener;
  private final BooleanSupplier stopRequested;

  private final Object lock = new Object(); // of all that follows, and of the listener
  private final QueueProgress progress;
  private final End[] ends;
  private final SideBySide workers;
  private int atWork;
  private long ended;
  private volatile boolean isStopped;

  /**
   * How runs are trained, beside their plans.
   *
   * @param folder in which each run has a folder
   * @param provenance what is kept with each run
   * @param interval how often a run writes a checkpoint
   * @param atOnce runs that are trained at a time, from 1
   * @param observers who else is told of a run, beside the queue's listener; asked once a run, on
   *     the thread that trains it, and told on that one or, of steps, on another run's
   * @param untilEpoch after how many epochs runs are stopped, to go on in another queue; those that
   *     have fewer are trained to their end
   * @param isTolerant whether runs that cannot be trained leave the others
   */
  public record Settings(
      Path folder,
      Provenance provenance,
      CheckpointInterval interval,
      int atOnce,
      Function<NamedPlan, RunObserver> observers,
      int untilEpoch,
      boolean isTolerant) {
    /** One run after another, told to nobody else. */
    public static Settings oneByOne(
        Path folder, Provenance provenance, CheckpointInterval interval) {
      return new Settings(
          folder, provenance, interval, 1, run -> RunObserver.NONE, Integer.MAX_VALUE, false);
    }

    /** The same, several at a time. */
    public Settings atOnce(int runs) {
      return new Settings(folder, provenance, interval, runs, observers, untilEpoch, isTolerant);
    }

    /** The same, told to others too. */
    public Settings withObservers(Function<NamedPlan, RunObserver> others) {
      return new Settings(folder, provenance, interval, atOnce, others, untilEpoch, isTolerant);
    }

    /** The same, stopped after some epochs. */
    public Settings until(int epoch) {
      return new Settings(folder, provenance, interval, atOnce, observers, epoch, isTolerant);
    }

    /**
     * The same, but that a run which is refused, which another process trains, or on which the
     * engine fails, leaves the others; one for which there is too little memory beside others waits
     * for them; and one that diverged before is not tried again: it would do the same.
     */
    public Settings tolerant() {
      return new Settings(folder, provenance, interval, atOnce, observers, untilEpoch, true);
    }

    /** Refuses a queue that never gets on. */
    public Settings {
      if (atOnce < 1 || untilEpoch < 1) {
        throw new IllegalArgumentException(atOnce + " runs at once to epoch " + untilEpoch);
      }
    }
  }

  /**
   * What training came to.
   *
   * @param isStopped whether it was asked to stop before the end
   * @param diverged names of the runs that diverged, in the queue's order
   * @param refused of a tolerant queue, why runs cannot be trained, by their names in its order
   * @param inUse of a tolerant queue, the names of those that other processes train
   * @param failed of a tolerant queue, the names of those on which the engine failed
   * @param lacksMemory of a tolerant queue, the names of those for which there is too little memory
   *     even alone
   */
  public record Outcome(
      boolean isStopped,
      List<String> diverged,
      SequencedMap<String, String> refused,
      List<String> inUse,
      List<String> failed,
      List<String> lacksMemory) {
    /** Before anything is trained. */
    public static final Outcome NOTHING =
        new Outcome(false, List.of(), new LinkedHashMap<>(), List.of(), List.of(), List.of());

    /** The same, stopped before the end. */
    public Outcome stopped() {
      return new Outcome(true, diverged, refused, inUse, failed, lacksMemory);
    }

    /** Whether a run was trained as far as it was to be. */
    public boolean hasTrained(NamedPlan run) {
      String name = run.name();
      return !diverged.contains(name)
          && !refused.containsKey(name)
          && !inUse.contains(name)
          && !failed.contains(name)
          && !lacksMemory.contains(name);
    }
  }

  /** How a run that is not whole came to its end; what is null is not over. */
  private record End(Kind kind, String why) {
    private enum Kind {
      DIVERGED,
      REFUSED,
      IN_USE,
      FAILED,
      LACKS_MEMORY
    }
  }

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
    ends = new End[runs.size()];
    workers = new SideBySide(settings.atOnce());
  }

  /** Where a run is. */
  public Path folder(NamedPlan run) {
    return settings.folder().resolve(run.name());
  }

  /** Whether a run is complete: with figures, and not only with its last step. */
  public boolean isFinished(NamedPlan run) {
    return RunDirectory.isFinished(folder(run));
  }

  /**
   * Trains what is not finished.
   *
   * @throws InputException if a folder holds a run of other settings or images; nothing is trained,
   *     unless the queue is tolerant
   */
  public Outcome train() {
    for (int i = 0; i < runs.size(); i++) {
      try {
        requireSame(runs.get(i));
        if (isFarEnough(runs.get(i))) {
          progress.wasFinished(i);
        }
      } catch (InputException e) {
        if (!settings.isTolerant()) {
          throw e;
        }
        ends[i] = new End(End.Kind.REFUSED, e.getMessage());
      }
    }
    workers.work(
        runs.size(),
        i -> {
          take(i);
          return !isStopped;
        });
    SequencedMap<String, String> refused = new LinkedHashMap<>();
    ended(End.Kind.REFUSED).forEach(i -> refused.put(runs.get(i).name(), ends[i].why()));
    return new Outcome(
        isStopped,
        names(End.Kind.DIVERGED),
        refused,
        names(End.Kind.IN_USE),
        names(End.Kind.FAILED),
        names(End.Kind.LACKS_MEMORY));
  }

  private IntStream ended(End.Kind kind) {
    return IntStream.range(0, runs.size()).filter(i -> ends[i] != null && ends[i].kind() == kind);
  }

  private List<String> names(End.Kind kind) {
    return ended(kind).mapToObj(i -> runs.get(i).name()).toList();
  }

  /** Whether nothing of a run is left to train in this queue. */
  private boolean isFarEnough(NamedPlan run) {
    if (isFinished(run)) {
      return true;
    }
    if (settings.untilEpoch() >= run.plan().epochs()
        || !Files.exists(RunDirectory.recordFile(folder(run)))) {
      return false;
    }
    RunRecord record = RunDirectory.readRecord(folder(run));
    long stepsThen =
        (long) settings.untilEpoch() * run.plan().batches(record.dataset().trainImages());
    return record.checkpointStep() != null && record.checkpointStep() >= stepsThen;
  }

  /** What a run that diverged said of it; a tolerant queue does not have it do so again. */
  private Optional<String> divergedBefore(NamedPlan run) {
    if (!settings.isTolerant() || !Files.exists(RunDirectory.recordFile(folder(run)))) {
      return Optional.empty();
    }
    RunRecord record = RunDirectory.readRecord(folder(run));
    return record.exitReason() == ExitReason.DIVERGED
        ? Optional.of(Objects.requireNonNullElse(record.message(), "It diverged."))
        : Optional.empty();
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
      if (ends[index] == null) {
        divergedBefore(run).ifPresent(why -> ends[index] = new End(End.Kind.DIVERGED, why));
      }
      if (ends[index] != null) {
        progress.over(index);
        listener.failed(run, ends[index].why());
        return;
      }
      listener.begins(run, progress.position(index));
    }
    boolean isWhole = true;
    End end = null;
    try {
      isWhole = trainWhereThereIsRoom(run, index);
    } catch (DivergedException e) {
      end = new End(End.Kind.DIVERGED, e.getMessage());
    } catch (InputException | EngineException e) {
      end = tolerated(e);
    }
    synchronized (lock) {
      if (end != null) {
        ends[index] = end;
        listener.failed(run, end.why());
      }
      if (isWhole) {
        progress.over(index);
      } else {
        isStopped = true;
      }
    }
  }

  /** What is one run's alone; what would be every run's stops them all. */
  private End tolerated(RuntimeException e) {
    boolean isEveryRuns = e instanceof UnwritableException || e instanceof DeviceLostException;
    if (!settings.isTolerant() || isEveryRuns) {
      throw e;
    }
    End.Kind kind = End.Kind.REFUSED;
    if (e instanceof RunInUseException) {
      kind = End.Kind.IN_USE;
    } else if (e instanceof TooLittleMemoryException) {
      kind = End.Kind.LACKS_MEMORY;
    } else if (e instanceof EngineException) {
      kind = End.Kind.FAILED;
    }
    return new End(kind, e.getMessage());
  }

  /**
   * Trains a run; where there is too little memory for it beside the others, it waits until one of
   * them has ended.
   */
  private boolean trainWhereThereIsRoom(NamedPlan run, int index) {
    while (true) {
      synchronized (lock) {
        atWork++;
      }
      try {
        return train(run, index);
      } catch (TooLittleMemoryException e) {
        if (!settings.isTolerant() || !isAnotherAtWork(run)) {
          throw e;
        }
      } finally {
        synchronized (lock) {
          atWork--;
          ended++;
          lock.notifyAll();
        }
      }
      if (!waitForAnother()) {
        return false;
      }
    }
  }

  private boolean isAnotherAtWork(NamedPlan run) {
    synchronized (lock) {
      boolean isSo = atWork > 1;
      if (isSo) {
        listener.warns(
            run, "There is too little memory for it beside the others; it waits for one to end.");
      }
      return isSo;
    }
  }

  /** Waits until a run has ended; false if all are to. */
  private boolean waitForAnother() {
    synchronized (lock) {
      long before = ended;
      while (ended == before && atWork > 0) {
        if (stopRequested.getAsBoolean() || workers.hasFailed() || isStopped) {
          return false;
        }
        try {
          lock.wait(LOOK_MILLIS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      return true;
    }
  }

  /** Trains a run to its end, or as far as it is to go; false if it was asked to stop before. */
  private boolean train(NamedPlan run, int index) {
    Path where = folder(run);
    boolean hasBegun = hasBegun(run);
    var told = new Observer(run, index);
    if (hasBegun) {
      RunDirectory.planToResume(where).warning().ifPresent(told::warns);
    }
    TrainingPlan plan = run.plan();
    plan.requireFits(dataset.train());
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
              () -> stopRequested.getAsBoolean() || workers.hasFailed() || told.isFarEnough());
      return trainer.run().exitReason() == ExitReason.COMPLETED || told.isFarEnough();
    }
  }

  /** Passes on what the queue's listener is told of a run. */
  private final class Observer implements RunObserver {
    private final NamedPlan run;
    private final int index;
    private long last = System.nanoTime();
    private volatile boolean isFarEnough;

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
      isFarEnough = report.epoch() >= settings.untilEpoch();
    }

    /** Whether the last epoch is done that this queue is to train. */
    boolean isFarEnough() {
      return isFarEnough;
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
