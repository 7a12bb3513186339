// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.StepSink;
import io.github.cvaegpu.foreign.Nvtx;
import java.util.Locale;
import java.util.Optional;

/**
 * Keeps a GPU a few steps ahead of what the host has heard of, and answers each step's KL
 * divergence with the beta of the next. It knows neither what a step computes nor on what: that is
 * the {@link StepLauncher}'s, and words go through the {@link StepExchange}.
 *
 * <p>{@link Epoch#poll} never waits for the GPU, so one thread can take the epochs of several
 * models in turn: the {@link EpochPoller} has it do so.
 */
final class StepPipeline {
  private final Nvtx nvtx = Nvtx.get();
  private final StepExchange exchange;
  private final StepLauncher launcher;
  private final EpochPoller poller;
  private final int stepsAhead;
  private StepFeedback last = StepFeedback.NONE;
  private EngineException failure;

  /**
   * @param poller of this model and of others
   * @param stepsAhead steps that may be under way at once, from 1, less than the exchange's ring;
   *     where the launcher takes several at once, twice as many keep it busy
   */
  StepPipeline(StepExchange exchange, StepLauncher launcher, EpochPoller poller, int stepsAhead) {
    this.exchange = exchange;
    this.launcher = launcher;
    this.poller = poller;
    this.stepsAhead = stepsAhead;
    if (launcher.stepsALaunch() > stepsAhead) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%d steps a launch, %d ahead", launcher.stepsALaunch(), stepsAhead));
    }
  }

  /** How the last step went. */
  StepFeedback last() {
    return last;
  }

  /** The step that is awaited, where one is under way. */
  private long step() {
    return last.step();
  }

  /** Why nothing that the GPU holds is to be trusted any more, if that is so. */
  Optional<EngineException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Goes on from another state. No epoch may be under way. */
  void restore(StepFeedback feedback) {
    last = feedback;
  }

  /**
   * An epoch, or what is left of it, to be driven to its end before another begins. The GPU and the
   * exchange have to know of it already.
   *
   * @param controller asked for beta once before each step
   * @param sink told of each step
   */
  Epoch epoch(BatchOrder order, BetaController controller, StepSink sink) {
    return new Epoch(order, controller, sink);
  }

  /** Batches on their way. */
  final class Epoch {
    private final BatchOrder order;
    private final BetaController controller;
    private final StepSink sink;

    /** Betas of the steps under way and of the next. */
    private final float[] betas = new float[stepsAhead + 1];

    private final int first;

    /** Batches launched, answered with a beta, and reported; as a rule in this order. */
    private int launched;

    private int answered;
    private int reported;
    private boolean goOn;
    private boolean hasFailed;

    /** Batch b is step stepOfBatchZero + b. */
    private final long stepOfBatchZero;

    private Epoch(BatchOrder order, BetaController controller, StepSink sink) {
      this.order = order;
      this.controller = controller;
      this.sink = sink;
      first = order.firstBatch();
      launched = first;
      answered = first;
      reported = first;
      stepOfBatchZero = step() - first;
      // From a diverged state nothing is trained: no controller has an answer to it.
      goOn = last.isFinite();
    }

    /** Whether nothing is left to be done. */
    boolean isOver() {
      return hasFailed || reported >= (goOn ? order.batches() : launched);
    }

    /** Batches reported. */
    int steps() {
      return reported - first;
    }

    /** Batches that are yet to be reported. */
    int left() {
      return order.batches() - reported;
    }

    /**
     * Goes to the epoch's end.
     *
     * @return batches reported
     * @throws EngineException if the GPU fails
     */
    int run() {
      return poller.run(this);
    }

    /**
     * Launches what may be launched, and answers and reports at most one step that the GPU has told
     * of. Does not wait for the GPU. What it throws ends the epoch; see {@link #drain}.
     *
     * @return whether a step was reported
     * @throws EngineException if the GPU has given up waiting for a beta
     */
    boolean poll() {
      if (isOver()) {
        return false;
      }
      try {
        if (answered == reported) {
          answer();
        }
        launchAhead();
        if (!exchange.hasLosses(step())) {
          return false;
        }
        requireAnswered();
        report();
        return true;
      } catch (RuntimeException | Error e) {
        end(e);
        throw e;
      }
    }

    private void launchAhead() {
      while (goOn && launched < order.batches() && launcher.mayLaunch()) {
        int count = nextLaunch();
        if (launched - reported + count > stepsAhead) {
          return;
        }
        launcher.launch(stepOfBatchZero + launched, order.size(launched), count);
        launched += count;
      }
    }

    /** As many as the launcher takes, where so many batches of one size are left; or one. */
    private int nextLaunch() {
      int several = launcher.stepsALaunch();
      int last = launched + several - 1;
      return last < order.batches() && order.size(last) == order.size(launched) ? several : 1;
    }

    private void report() {
      long step = step();
      float rl = exchange.reconstructionLoss(step);
      float kl = exchange.klDivergence(step);
      last = new StepFeedback(step + 1, rl, kl);
      if (launched > reported + 1) {
        // The GPU may be waiting for it already.
        answer();
      }
      float beta = betas[reported % betas.length];
      reported++;
      goOn &= sink.accept(step, rl, kl, beta);
      goOn &= last.isFinite();
    }

    /** Gives the next batch its beta. */
    private void answer() {
      float beta = 0;
      if (!last.isFinite()) {
        // Diverged: no controller could answer, and what is under way only has to end.
        goOn = false;
      } else {
        beta = (float) controller.next(last);
      }
      put(beta);
    }

    private void put(float beta) {
      betas[answered % betas.length] = beta;
      exchange.putBeta(stepOfBatchZero + answered, beta);
      nvtx.mark("beta", stepOfBatchZero + answered);
      answered++;
    }

    private void requireAnswered() {
      if (exchange.hasFailed()) {
        throw new EngineException(
            String.format(
                Locale.ROOT,
                ("The GPU got no beta from the program for %d s and gave up at step %d: was the"
                    + " program stopped for longer?"),
                exchange.patience().toSeconds(),
                step() + 1));
      }
    }

    /**
     * Asks the driver whether the GPU still works on what is awaited, if anything is: for who polls
     * in vain for long, as a GPU that fails tells no losses.
     *
     * @throws EngineException if the GPU has failed
     */
    void requireAlive() {
      try {
        if (launcher.isDone() && launched > reported && !exchange.hasLosses(step())) {
          throw new EngineException(
              String.format(
                  Locale.ROOT,
                  "The GPU ended step %d without telling its losses; please report this.",
                  step() + 1));
        }
      } catch (RuntimeException | Error e) {
        end(e);
        throw e;
      }
    }

    /** Ends the epoch; no step that is under way is left waiting for a beta. */
    private void end(Throwable cause) {
      hasFailed = true;
      if (cause instanceof EngineException of) {
        failure = of;
      }
      while (answered < launched) {
        put(0);
      }
    }

    /**
     * Lets the GPU finish what is under way, after the sink or the controller has thrown: waits for
     * it. Afterwards the state is that of the last step launched. Nothing is left to wait for after
     * a failure of the GPU.
     *
     * @param cause what was thrown; a failure of the GPU meanwhile is added to it
     */
    void drain(Throwable cause) {
      if (failure != null) {
        return;
      }
      try {
        launcher.synchronize();
      } catch (EngineException e) {
        cause.addSuppressed(e);
        failure = e;
        return;
      }
      if (launched > reported) {
        reported = launched;
        long step = stepOfBatchZero + launched - 1;
        last =
            new StepFeedback(
                step + 1, exchange.reconstructionLoss(step), exchange.klDivergence(step));
      }
    }
  }
}
