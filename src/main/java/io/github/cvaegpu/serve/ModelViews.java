// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.RunDirectory;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Models as pages show them, made one after the other on a thread of their own, so that no request
 * waits for one. The latest few are kept.
 */
final class ModelViews implements AutoCloseable {
  /** A megabyte each, or two: the weights of a decoder. */
  static final int KEPT = 8;

  private static final int WAITING = 16;

  private final TestImages images;
  private final Map<String, Made> made = new Latest<>(KEPT);
  private final ThreadPoolExecutor worker =
      new ThreadPoolExecutor(
          0,
          1,
          10,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING),
          Thread.ofPlatform().daemon().name("models").factory());

  /**
   * What came of a model, or is to come.
   *
   * @param checkpoint what the file was when it was asked for
   * @param view empty as long as it is being made, and where it failed
   * @param problem why it failed; empty where it did not
   */
  record Made(Stamp checkpoint, Optional<ModelView> view, Optional<String> problem) {
    boolean isOver() {
      return view.isPresent() || problem.isPresent();
    }
  }

  ModelViews(TestImages images) {
    this.images = images;
  }

  /**
   * What there is of a run's model; the first to ask has it made.
   *
   * @param renew whether to make it again where the run has another checkpoint by now
   */
  synchronized Made of(String id, Path folder, boolean renew) {
    Stamp now = Stamp.of(RunDirectory.checkpointFile(folder));
    Made there = made.get(id);
    boolean isUsable =
        there != null && (!there.isOver() || !renew || there.checkpoint().equals(now));
    if (isUsable) {
      return there;
    }
    var begun = new Made(now, Optional.empty(), Optional.empty());
    made.put(id, begun);
    try {
      worker.execute(() -> make(id, folder, now));
    } catch (RejectedExecutionException e) {
      made.remove(id);
      return new Made(
          now, Optional.empty(), Optional.of("Too many models are being made; try again later."));
    }
    return begun;
  }

  private void make(String id, Path folder, Stamp checkpoint) {
    Made result;
    try {
      result = new Made(checkpoint, Optional.of(ModelView.of(folder, images)), Optional.empty());
    } catch (InputException e) {
      result = failed(checkpoint, e.getMessage());
    } catch (OutOfMemoryError e) {
      result = failed(checkpoint, "There is not enough memory to show this model.");
    } catch (RuntimeException e) {
      result = failed(checkpoint, "The model cannot be shown: " + e + ".");
    }
    synchronized (this) {
      made.put(id, result);
    }
  }

  private static Made failed(Stamp checkpoint, String sentence) {
    return new Made(checkpoint, Optional.empty(), Optional.of(sentence));
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }
}
