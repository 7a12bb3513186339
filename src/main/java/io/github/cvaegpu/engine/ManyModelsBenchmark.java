// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast several models train at a time, to one alone, by the clock on the wall: one, some and
 * all of them in turn, in another order each round, so that what else a machine does is shared.
 */
public final class ManyModelsBenchmark {
  /** What a turn of one model takes at least: threads begin and end within it. */
  private static final double SECONDS_A_TURN = 0.5;

  /**
   * A model to be trained.
   *
   * @param trainee made with the settings
   * @param controller asked for beta before each step, as in training
   */
  public record Model(Trainee trainee, TrainingSettings settings, BetaController controller) {}

  /**
   * So many models at a time.
   *
   * @param models how many
   * @param seconds from the first one's begin to the last one's end, an entry a round
   * @param imagesPerSecond of all of them together
   * @param timeToOne the seconds of a round to those of one model in the same round
   * @param cpuSeconds what the process took of the processors meanwhile, as the system counts it
   */
  public record Case(
      int models,
      List<Double> seconds,
      List<Double> imagesPerSecond,
      List<Double> timeToOne,
      List<Double> cpuSeconds) {}

  /**
   * What was measured.
   *
   * @param engine what computed
   * @param epochsATurn that each model trains in a round of a case
   * @param cases by number of models, from 1
   */
  public record Result(EngineInfo engine, int epochsATurn, List<Case> cases) {}

  private final List<Model> models;
  private final int images;
  private final int[] epochsDone;

  private ManyModelsBenchmark(List<Model> models, int images) {
    this.models = models;
    this.images = images;
    epochsDone = new int[models.size()];
  }

  /**
   * Measures.
   *
   * @param models to be trained, from initial weights; the first ones of them where fewer are
   * @param counts how many are trained at a time, each from 1 to all; one is always among them
   * @param images how many images an epoch has
   * @param rounds how often each case is measured
   * @param listener told of each round, outside the times measured, and of one before that does not
   *     count
   * @throws LossNotFiniteException if training diverges
   */
  public static Result run(
      List<Model> models,
      List<Integer> counts,
      int images,
      int rounds,
      BenchmarkListener listener) {
    var sorted = new TreeSet<>(counts);
    sorted.add(1);
    if (sorted.first() < 1 || sorted.last() > models.size()) {
      throw new IllegalArgumentException(sorted + " of " + models.size() + " models");
    }
    return new ManyModelsBenchmark(models, images).measure(List.copyOf(sorted), rounds, listener);
  }

  private Result measure(List<Integer> counts, int rounds, BenchmarkListener listener) {
    models.forEach(
        model -> model.trainee().restore(model.settings().initialState(model.trainee().shape())));
    List<Case> cases =
        counts.stream()
            .map(
                count ->
                    new Case(
                        count,
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>()))
            .toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(models.size())) {
      listener.begins(1, rounds + 1);
      // The JVM compiles, a GPU's clock rises; all models have their first epoch behind them.
      turn(threads, models.size(), 2);
      double alone = turn(threads, 1, 1);
      int epochs = (int) Math.ceil(SECONDS_A_TURN / alone);
      for (int round = 0; round < rounds; round++) {
        listener.begins(round + 2, rounds + 1);
        List<Case> order = new ArrayList<>(cases);
        Collections.rotate(order, round);
        for (Case one : order) {
          Duration before = cpuTime();
          double seconds = turn(threads, one.models(), epochs);
          one.cpuSeconds().add(cpuTime().minus(before).toNanos() / 1e9);
          one.seconds().add(seconds);
          one.imagesPerSecond().add((double) one.models() * epochs * images / seconds);
        }
        for (Case one : cases) {
          one.timeToOne().add(one.seconds().get(round) / cases.getFirst().seconds().get(round));
        }
      }
      return new Result(models.getFirst().trainee().info(), epochs, cases);
    }
  }

  /** What the process took of the processors so far; 0 where the system does not tell. */
  private static Duration cpuTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Trains the first models for some epochs, each on a thread of its own: seconds. */
  private double turn(ExecutorService threads, int count, int epochs) {
    var start = new CountDownLatch(1);
    List<Future<Void>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      Callable<Void> training =
          () -> {
            start.await();
            for (int epoch = 0; epoch < epochs; epoch++) {
              train(number);
            }
            return null;
          };
      running.add(threads.submit(training));
    }
    long began = System.nanoTime();
    start.countDown();
    running.forEach(ManyModelsBenchmark::join);
    return (System.nanoTime() - began) / 1e9;
  }

  private void train(int number) {
    Model model = models.get(number);
    TrainingSettings settings = model.settings();
    BatchOrder order =
        BatchOrder.shuffled(settings.seed(), epochsDone[number]++, images, settings.batchSize());
    int steps = model.trainee().trainEpoch(order, model.controller(), (step, rl, kl, beta) -> true);
    if (steps < order.batches()) {
      throw new LossNotFiniteException("The benchmark");
    }
  }

  private static void join(Future<Void> training) {
    try {
      training.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException exception
          ? exception
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while it measured", e);
    }
  }
}
