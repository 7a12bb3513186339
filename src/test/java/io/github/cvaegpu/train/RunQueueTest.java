// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.TooLittleMemoryException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RunQueueTest {
  private static final Dataset IMAGES = TinyImages.dataset(1);

  @TempDir Path folder;

  /** What a listener was told, and on which thread. */
  private static class Told implements QueueListener {
    final List<String> events = new ArrayList<>();
    final List<Position> positions = new ArrayList<>();

    @Override
    public void begins(NamedPlan run, Position position) {
      events.add("begins " + run.name());
    }

    @Override
    public void isThere(NamedPlan run, Position position) {
      events.add("is there " + run.name());
      positions.add(position);
    }

    @Override
    public void epoch(NamedPlan run, EpochReport report, Position position) {
      events.add("epoch " + report.epoch() + " of " + run.name());
      positions.add(position);
    }

    @Override
    public void warns(NamedPlan run, String warning) {
      events.add("warns " + run.name() + ": " + warning);
    }

    @Override
    public void failed(NamedPlan run, String why) {
      events.add("failed " + run.name());
    }
  }

  private final Told told = new Told();
  private Function<NamedPlan, RunObserver> observers = run -> RunObserver.NONE;

  private static List<NamedPlan> runs(int count) {
    TrainingPlan plan = TinyRun.plan(2, 1e-2);
    return IntStream.range(0, count)
        .mapToObj(seed -> new NamedPlan("seed" + seed, plan.withSeed(seed)))
        .toList();
  }

  private RunQueue queue(List<NamedPlan> runs, Path where, int atOnce, Accelerator accelerator) {
    return queue(runs, where, atOnce, accelerator, told);
  }

  private RunQueue queue(
      List<NamedPlan> runs,
      Path where,
      int atOnce,
      Accelerator accelerator,
      QueueListener listener) {
    var settings =
        new RunQueue.Settings(
            where,
            Provenance.of(new DataChoice.Named("tiny"), Optional.empty()),
            TinyRun.NEVER,
            atOnce,
            observers,
            Integer.MAX_VALUE,
            false);
    return new RunQueue(runs, IMAGES, accelerator, settings, listener, () -> false);
  }

  private static RunQueue.Outcome outcome(boolean isStopped, String... diverged) {
    return new RunQueue.Outcome(
        isStopped, List.of(diverged), new LinkedHashMap<>(), List.of(), List.of(), List.of());
  }

  private static List<String> sha256(Path run) {
    return RunDirectory.readRecord(run).parametersSha256();
  }

  @Test
  void severalAtOnceGiveTheBitsOfOneAfterAnother() throws Exception {
    List<NamedPlan> runs = runs(5);
    // Two begin before either goes on: they are alive at the same time.
    var two = new CyclicBarrier(2);
    var together = new Told();
    try (var accelerator = new CpuAccelerator(1)) {
      assertEquals(outcome(false), queue(runs, folder.resolve("one"), 1, accelerator).train());
      var threads = new ArrayList<Thread>();
      Accelerator watched =
          new Watched(accelerator) {
            @Override
            void trains() {
              synchronized (threads) {
                threads.add(Thread.currentThread());
              }
              if (threads.size() <= 2) {
                meet(two);
              }
            }
          };
      assertEquals(
          outcome(false), queue(runs, folder.resolve("two"), 2, watched, together).train());
      assertNotEquals(threads.get(0), threads.get(1));
    }
    for (NamedPlan run : runs) {
      Path one = folder.resolve("one").resolve(run.name());
      Path other = folder.resolve("two").resolve(run.name());
      assertEquals(2, sha256(one).size());
      assertEquals(sha256(one), sha256(other));
      assertEquals(
          Files.readString(one.resolve("metrics.csv")),
          Files.readString(other.resolve("metrics.csv")));
    }
    assertEquals(
        5,
        runs.stream()
            .map(run -> sha256(folder.resolve("one").resolve(run.name())))
            .distinct()
            .count());
    // Each event once, in an order that makes sense for each run.
    assertEquals(15, together.events.size());
    for (NamedPlan run : runs) {
      assertEquals(
          List.of("begins " + run.name(), "epoch 1 of " + run.name(), "epoch 2 of " + run.name()),
          together.events.stream().filter(event -> event.endsWith(run.name())).toList());
    }
    assertEquals(
        List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L),
        together.positions.stream().map(QueueListener.Position::epochsDone).toList());
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("only one run at a time", e);
    }
  }

  /** An accelerator that is watched as it makes trainees. */
  private abstract static class Watched implements Accelerator {
    private final Accelerator watched;

    Watched(Accelerator watched) {
      this.watched = watched;
    }

    abstract void trains();

    @Override
    public EngineInfo info() {
      return watched.info();
    }

    @Override
    public VaeModel model(VaeShape shape, Objective objective, float[] parameters) {
      return watched.model(shape, objective, parameters);
    }

    @Override
    public Trainee trainee(VaeShape shape, TrainingSettings settings, ImageSet images) {
      trains();
      return watched.trainee(shape, settings, images);
    }

    @Override
    public void close() {
      watched.close();
    }
  }

  @Test
  void whatIsFinishedIsNotTrainedAgain() {
    try (var accelerator = new CpuAccelerator(1)) {
      queue(runs(2), folder, 1, accelerator).train();
      told.events.clear();
      told.positions.clear();
      queue(runs(3), folder, 1, accelerator).train();
    }
    assertEquals(
        List.of(
            "is there seed0",
            "is there seed1",
            "begins seed2",
            "epoch 1 of seed2",
            "epoch 2 of seed2"),
        told.events);
    assertEquals(
        List.of(2L, 4L, 5L, 6L),
        told.positions.stream().map(QueueListener.Position::epochsDone).toList());
    assertEquals(0, told.positions.getLast().secondsLeft());
    assertTrue(told.positions.get(2).secondsLeft() > 0);
  }

  @Test
  void aRunThatDivergesLeavesTheOthers() {
    List<NamedPlan> runs = new ArrayList<>(runs(2));
    runs.add(1, new NamedPlan("wild", TinyRun.plan(2, 1e30)));
    try (var accelerator = new CpuAccelerator(1)) {
      for (int atOnce : new int[] {1, 3}) {
        Path where = folder.resolve("" + atOnce);
        var outcome = queue(runs, where, atOnce, accelerator).train();
        assertEquals(outcome(false, "wild"), outcome);
        assertEquals(
            ExitReason.COMPLETED, RunDirectory.readRecord(where.resolve("seed1")).exitReason());
      }
    }
  }

  @Test
  void anyOtherFailureStopsThemAll() {
    var failure = new IllegalStateException("no more memory");
    int[] trainees = new int[1];
    try (var accelerator = new CpuAccelerator(1)) {
      Accelerator failing =
          new Watched(accelerator) {
            @Override
            synchronized void trains() {
              if (++trainees[0] == 3) {
                throw failure;
              }
            }
          };
      for (int atOnce : new int[] {1, 2}) {
        trainees[0] = 0;
        Path where = folder.resolve("" + atOnce);
        RunQueue queue = queue(runs(9), where, atOnce, failing);
        assertSame(failure, assertThrows(IllegalStateException.class, queue::train));
        assertTrue(trainees[0] <= 2 + atOnce, trainees[0] + " trainees");
        assertFalse(Files.exists(where.resolve("seed8")));
      }
    }
  }

  /** Two workers may fail of one cause. */
  @Test
  void oneFailureOfTwoWorkersIsThatFailure() {
    var failure = new IllegalStateException("no more memory");
    var two = new CyclicBarrier(2);
    try (var accelerator = new CpuAccelerator(1)) {
      Accelerator failing =
          new Watched(accelerator) {
            @Override
            void trains() {
              meet(two);
              throw failure;
            }
          };
      RunQueue queue = queue(runs(2), folder, 2, failing);
      assertSame(failure, assertThrows(IllegalStateException.class, queue::train));
    }
  }

  @Test
  void eachRunHasObserversOfItsOwn() {
    List<String> events = Collections.synchronizedList(new ArrayList<>());
    observers =
        run ->
            new RunObserver() {
              @Override
              public void begins(Path where, RunRecord record) {
                events.add(run.name() + " begins in " + where.getFileName());
              }

              @Override
              public void step(StepReport report) {
                events.add(run.name() + " step");
              }

              @Override
              public void ends(Path where, RunRecord record) {
                events.add(run.name() + " ends " + record.exitReason());
              }
            };
    try (var accelerator = new CpuAccelerator(1)) {
      queue(runs(2), folder, 2, accelerator).train();
    }
    for (NamedPlan run : runs(2)) {
      List<String> its = events.stream().filter(event -> event.startsWith(run.name())).toList();
      assertEquals(run.name() + " begins in " + run.name(), its.getFirst());
      assertEquals(run.name() + " ends COMPLETED", its.getLast());
      assertEquals(10, its.stream().filter(event -> event.endsWith(" step")).count());
    }
  }

  @Test
  void aStopLeavesTheRestForLater() {
    boolean[] stop = new boolean[1];
    var stopping =
        new Told() {
          @Override
          public void epoch(NamedPlan run, EpochReport report, Position position) {
            super.epoch(run, report, position);
            stop[0] = run.name().equals("seed1");
          }
        };
    try (var accelerator = new CpuAccelerator(1)) {
      var settings =
          RunQueue.Settings.oneByOne(
              folder, Provenance.of(new DataChoice.Named("tiny"), Optional.empty()), TinyRun.NEVER);
      var queue = new RunQueue(runs(3), IMAGES, accelerator, settings, stopping, () -> stop[0]);
      assertEquals(outcome(true), queue.train());
      assertEquals(
          ExitReason.INTERRUPTED, RunDirectory.readRecord(folder.resolve("seed1")).exitReason());
      assertFalse(Files.exists(folder.resolve("seed2")));
      assertEquals(outcome(false), queue(runs(3), folder, 1, accelerator).train());
    }
    assertEquals("epoch 2 of seed2", told.events.getLast());
  }

  @Test
  void aFolderOfAnotherPlanIsRefusedBeforeAnythingIsTrained() {
    try (var accelerator = new CpuAccelerator(1)) {
      queue(List.of(runs(2).getLast()), folder, 1, accelerator).train();
      List<NamedPlan> others =
          List.of(
              runs(1).getFirst(),
              new NamedPlan("seed1", TinyRun.plan(2, 1e-2).withRule(new ConstantRule(1))));
      RunQueue queue = queue(others, folder, 1, accelerator);
      String message = assertThrows(InputException.class, queue::train).getMessage();
      assertTrue(message.startsWith(folder.resolve("seed1") + " holds a run of other"), message);
      assertFalse(Files.exists(folder.resolve("seed0")));
    }
  }

  private RunQueue queue(
      List<NamedPlan> runs, RunQueue.Settings settings, Accelerator accelerator) {
    return new RunQueue(runs, IMAGES, accelerator, settings, told, () -> false);
  }

  private static RunQueue.Settings settings(Path where) {
    return RunQueue.Settings.oneByOne(
        where, Provenance.of(new DataChoice.Named("tiny"), Optional.empty()), TinyRun.NEVER);
  }

  @Test
  void whatIsOneRunsAloneLeavesTheOthersOfATolerantQueue() throws Exception {
    List<NamedPlan> runs = new ArrayList<>(runs(4));
    runs.add(1, new NamedPlan("wild", TinyRun.plan(2, 1e30)));
    Path damaged = Files.createDirectories(folder.resolve("seed0"));
    Files.writeString(damaged.resolve("run.json"), "{");
    try (var accelerator = new CpuAccelerator(1);
        RunDirectory other = RunDirectory.create(folder.resolve("seed2"))) {
      Accelerator small =
          new Watched(accelerator) {
            private int trainees;

            @Override
            void trains() {
              // The wild one, seed1, and seed2, which another trains in.
              if (++trainees == 2) {
                throw new EngineException("too large");
              }
            }
          };
      RunQueue.Outcome outcome = queue(runs, settings(folder).tolerant(), small).train();
      assertEquals(List.of("wild"), outcome.diverged());
      assertEquals(List.of("seed0"), List.copyOf(outcome.refused().keySet()));
      assertEquals(List.of("seed1"), outcome.failed());
      assertFalse(Files.exists(folder.resolve("seed1")));
      assertTrue(outcome.refused().get("seed0").contains("damaged"), outcome.toString());
      assertEquals(List.of("seed2"), outcome.inUse());
      assertEquals(other.folder(), folder.resolve("seed2"));
      assertTrue(queue(runs, folder, 1, accelerator).isFinished(runs.getLast()));
      assertFalse(outcome.isStopped());
      // What diverged would do so again.
      told.events.clear();
      int[] trainees = new int[1];
      Accelerator counted =
          new Watched(accelerator) {
            @Override
            void trains() {
              trainees[0]++;
            }
          };
      outcome = queue(runs, settings(folder).tolerant(), counted).train();
      assertEquals(List.of("wild"), outcome.diverged());
      assertEquals(2, trainees[0], told.events.toString());
    }
  }

  /** Of four at a time there is room for two. */
  @Test
  @Timeout(60)
  void whatHasNoRoomBesideOthersWaitsForThem() {
    try (var accelerator = new CpuAccelerator(1)) {
      var open = new AtomicInteger();
      var most = new AtomicInteger();
      var refused = new AtomicInteger();
      Accelerator small =
          new Watched(accelerator) {
            @Override
            void trains() {
              if (open.incrementAndGet() > 2) {
                open.decrementAndGet();
                refused.incrementAndGet();
                throw new TooLittleMemoryException("There is too little memory.");
              }
              most.accumulateAndGet(open.get(), Math::max);
            }
          };
      Function<NamedPlan, RunObserver> closing =
          run ->
              new RunObserver() {
                @Override
                public void ends(Path where, RunRecord record) {
                  open.decrementAndGet();
                }
              };
      List<NamedPlan> runs = runs(6);
      RunQueue queue =
          queue(runs, settings(folder).tolerant().atOnce(4).withObservers(closing), small);
      assertEquals(outcome(false), queue.train());
      assertTrue(runs.stream().allMatch(queue::isFinished));
      assertEquals(2, most.get());
      assertTrue(refused.get() > 0);
      assertTrue(
          told.events.stream().anyMatch(event -> event.contains("waits for one to end")),
          told.events.toString());
    }
  }

  @Test
  void whatHasNoRoomEvenAloneIsNamedAndLeavesTheOthers() {
    try (var accelerator = new CpuAccelerator(1)) {
      Accelerator small =
          new Watched(accelerator) {
            private int trainees;

            @Override
            void trains() {
              if (++trainees == 1) {
                throw new TooLittleMemoryException("There is too little memory.");
              }
            }
          };
      RunQueue queue = queue(runs(2), settings(folder).tolerant(), small);
      RunQueue.Outcome outcome = queue.train();
      assertEquals(List.of("seed0"), outcome.lacksMemory());
      assertEquals(Map.of(), outcome.refused());
      assertTrue(queue.isFinished(runs(2).getLast()));
      assertThrows(
          TooLittleMemoryException.class,
          () ->
              queue(
                      runs(1),
                      settings(folder.resolve("strict")),
                      new Watched(accelerator) {
                        @Override
                        void trains() {
                          throw new TooLittleMemoryException("There is too little memory.");
                        }
                      })
                  .train());
    }
  }

  @Test
  void aTolerantQueueDoesNotTolerateWhatIsEveryRuns() {
    try (var accelerator = new CpuAccelerator(1)) {
      for (RuntimeException failure :
          List.of(
              new DeviceLostException("gone", null),
              new UnwritableException("full", null),
              new IllegalStateException("a defect"))) {
        Accelerator failing =
            new Watched(accelerator) {
              @Override
              void trains() {
                throw failure;
              }
            };
        RunQueue queue = queue(runs(2), settings(folder).tolerant(), failing);
        assertSame(failure, assertThrows(RuntimeException.class, queue::train));
      }
    }
  }

  @Test
  void runsStopAfterAnEpochAndGoOnInAnotherQueueWithTheSameBits() throws Exception {
    try (var accelerator = new CpuAccelerator(1)) {
      queue(runs(2), folder.resolve("whole"), 1, accelerator).train();
      told.events.clear();
      Path parts = folder.resolve("parts");
      assertEquals(outcome(false), queue(runs(2), settings(parts).until(1), accelerator).train());
      RunRecord half = RunDirectory.readRecord(parts.resolve("seed1"));
      assertEquals(ExitReason.INTERRUPTED, half.exitReason());
      assertEquals(1, half.parametersSha256().size());
      assertEquals(half.stepsDone(), half.checkpointStep());
      // It is there: nothing is left to train to this epoch.
      queue(runs(2), settings(parts).until(1), accelerator).train();
      assertEquals(
          List.of(
              "begins seed0",
              "epoch 1 of seed0",
              "begins seed1",
              "epoch 1 of seed1",
              "is there seed0",
              "is there seed1"),
          told.events);
      queue(runs(2), settings(parts), accelerator).train();
      for (NamedPlan run : runs(2)) {
        assertEquals(
            sha256(folder.resolve("whole").resolve(run.name())), sha256(parts.resolve(run.name())));
        assertEquals(
            Files.readString(folder.resolve("whole").resolve(run.name()).resolve("metrics.csv")),
            Files.readString(parts.resolve(run.name()).resolve("metrics.csv")));
      }
    }
  }

  @Test
  void twoRunsOfOneNameAreRefused() {
    List<NamedPlan> twice = List.of(runs(1).getFirst(), runs(1).getFirst());
    try (var accelerator = new CpuAccelerator(1)) {
      assertThrows(IllegalArgumentException.class, () -> queue(twice, folder, 1, accelerator));
      assertThrows(IllegalArgumentException.class, () -> queue(runs(1), folder, 0, accelerator));
    }
  }
}
