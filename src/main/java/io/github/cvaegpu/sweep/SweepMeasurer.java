// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.SavedModel;
import io.github.cvaegpu.train.SideBySide;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Measures of finished models what training does not record: log p(x) of the test images where the
 * latent space has one or two dimensions, and the importance-weighted bound. What was measured is
 * kept in the run's folder and not measured again.
 *
 * <p>Threads may measure runs at a time, each another one, on an accelerator that they share: what
 * comes out is the same.
 */
public final class SweepMeasurer {
  private final SweepFolder folder;
  private final Dataset dataset;
  private final Set<Measure> wanted;

  /** Hears of the work. With several threads at work it is told by all of them. */
  public interface Listener {
    /** A run's model is to be measured. */
    void measures(SweepRow run);

    /**
     * A run's model cannot be measured.
     *
     * @param sentence why
     */
    void cannot(SweepRow run, String sentence);
  }

  /**
   * @param folder of the sweep
   * @param dataset that its runs were trained on
   * @param wanted what is wanted of each run; what training records needs no measuring
   */
  public SweepMeasurer(SweepFolder folder, Dataset dataset, Set<Measure> wanted) {
    this.folder = folder;
    this.dataset = dataset;
    this.wanted = wanted.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(wanted));
  }

  /** Runs that are complete and lack something wanted that can be had of them, in their order. */
  public List<SweepRow> missing(List<SweepRow> rows) {
    return missing(rows, wanted);
  }

  /** The same before there are images to measure them with. */
  public static List<SweepRow> missing(List<SweepRow> rows, Set<Measure> wanted) {
    return rows.stream().filter(row -> lacks(row, wanted)).toList();
  }

  private static boolean lacks(SweepRow row, Set<Measure> wanted) {
    return row.isCompleted()
        && wanted.stream()
            .filter(Measure::isMeasured)
            .filter(measure -> measure.isFor(row.trained().latent()))
            .anyMatch(measure -> measure.quantity().of(row).isEmpty());
  }

  /**
   * Measures what is missing.
   *
   * @param accelerator to encode, decode and score on
   * @param atOnce runs that are measured at a time, from 1
   * @param listener told of it, by whatever thread
   * @param stopRequested asked before each run and now and then within one
   * @return false if it was asked to stop
   */
  public boolean measure(
      List<SweepRow> rows,
      Accelerator accelerator,
      int atOnce,
      Listener listener,
      BooleanSupplier stopRequested) {
    List<SweepRow> missing = missing(rows);
    var measured = new AtomicInteger();
    new SideBySide(atOnce)
        .work(
            missing.size(),
            i -> {
              boolean isMeasured =
                  !stopRequested.getAsBoolean()
                      && measure(missing.get(i), accelerator, listener, stopRequested);
              measured.addAndGet(isMeasured ? 1 : 0);
              return isMeasured;
            });
    return measured.get() == missing.size();
  }

  /**
   * Measures one run.
   *
   * @param run that is complete
   * @param accelerator to encode, decode and score on
   * @param stopRequested asked now and then
   * @return false if it was asked to stop; nothing was written then
   * @throws io.github.cvaegpu.UnwritableException if its figures cannot be written
   */
  public boolean measure(
      SweepRow run, Accelerator accelerator, Listener listener, BooleanSupplier stopRequested) {
    listener.measures(run);
    Path its = folder.folder(run.point());
    RunMeasures measures;
    try {
      measures = measured(run, its, accelerator, stopRequested);
    } catch (StoppedException e) {
      return false;
    } catch (InputException e) {
      listener.cannot(run, e.getMessage());
      return true;
    }
    measures.write(its);
    return true;
  }

  private RunMeasures measured(
      SweepRow run, Path its, Accelerator accelerator, BooleanSupplier stopRequested) {
    SavedModel saved = SavedModel.open(its);
    String sha256 = saved.parametersSha256();
    if (!sha256.equals(run.trained().parametersSha256())) {
      throw new InputException(
          "The checkpoint in %s is not that of the run's last epoch: it is not measured."
              .formatted(its));
    }
    if (!saved.datasetSha256().equals(dataset.sha256())) {
      throw new InputException(
          "%s was trained on other images than those of %s: it is not measured."
              .formatted(run.point().name(), dataset.name()));
    }
    ImageSet test = saved.plan().given(dataset.test());
    try (VaeModel model = saved.model(accelerator)) {
      ImageScores scores =
          new Evaluator(model, saved.seed())
              .score(test, RunMeasures.SAMPLES, done -> go(stopRequested));
      scores.requireFinite();
      boolean isExact =
          wanted.contains(Measure.LOG_LIKELIHOOD)
              && Measure.LOG_LIKELIHOOD.isFor(saved.shape().latent());
      ExactLikelihood exact =
          isExact
              ? ExactLikelihood.of(
                  model,
                  saved.objective(),
                  Posterior.of(model, test),
                  scores,
                  new double[test.size()],
                  progress -> go(stopRequested))
              : null;
      return new RunMeasures(RunMeasures.FORMAT, sha256, scores.evaluation(), exact);
    }
  }

  private static void go(BooleanSupplier stopRequested) {
    if (stopRequested.getAsBoolean()) {
      throw new StoppedException();
    }
  }

  /** Leaves a measurement in the middle. */
  private static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
      super("asked to stop", null, false, false);
    }
  }
}
