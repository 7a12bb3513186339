// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.SavedModel;
import io.github.cvaegpu.train.TinyRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepMeasurerTest {
  private static final Dataset IMAGES = TinyImages.dataset(1);

  @TempDir private Path temp;
  private SweepFolder folder;
  private SweepPlan plan;
  private final CpuAccelerator accelerator = new CpuAccelerator(1);
  private final List<String> told = new ArrayList<>();
  private final SweepMeasurer.Listener listener =
      new SweepMeasurer.Listener() {
        @Override
        public void measures(SweepRow run) {
          told.add(run.point().name());
        }

        @Override
        public void cannot(SweepRow run, String sentence) {
          told.add(sentence);
        }
      };

  /** Two runs of two latent dimensions, and one of three. */
  @BeforeEach
  void train() {
    plan = MadeUpSweep.grid(1, "latent=2,3", "kl=3,4");
    folder = new SweepFolder(temp);
    folder.begin(plan);
    for (int i = 0; i < 3; i++) {
      train(plan.point(i), 2);
    }
  }

  private void train(SweepPoint point, int epochs) {
    var run = new TinyRun(folder.folder(point));
    run.plan =
        Plans.of(
            new HoldRule(MadeUpSweep.number(point, "kl")),
            epochs,
            64,
            1e-2,
            (int) MadeUpSweep.number(point, "latent"),
            List.of(12),
            point.seed());
    run.toTheEnd();
  }

  private List<SweepRow> rows() {
    return SweepResults.read(plan, folder, Map.of(), point -> Optional.empty()).rows();
  }

  private SweepMeasurer measurer(Measure... wanted) {
    return new SweepMeasurer(folder, IMAGES, Set.of(wanted));
  }

  private static List<String> names(List<SweepRow> rows) {
    return rows.stream().map(row -> row.point().name()).toList();
  }

  @Test
  void whatIsMissingIsMeasuredOnce() {
    SweepMeasurer exact = measurer(Measure.LOG_LIKELIHOOD, Measure.ELBO);
    List<String> both = List.of("latent=2_kl=3_seed=0", "latent=2_kl=4_seed=0");
    assertEquals(both, names(exact.missing(rows())));
    assertTrue(exact.measure(rows(), accelerator, 1, listener, () -> false));
    assertEquals(both, told);
    assertEquals(List.of(), exact.missing(rows()));
    // The bound came with it, but where there is no integral it has to be asked for.
    assertEquals(List.of("latent=3_kl=3_seed=0"), names(measurer(Measure.BOUND).missing(rows())));
    assertTrue(measurer(Measure.BOUND).measure(rows(), accelerator, 1, listener, () -> false));
    SweepRow large = rows().get(2);
    assertTrue(Quantity.IMPORTANCE_WEIGHTED_BOUND.of(large).isPresent());
    assertTrue(Quantity.LOG_LIKELIHOOD.of(large).isEmpty());
    assertEquals(List.of(), measurer(Measure.values()).missing(rows()));
    assertEquals(RunState.NOT_BEGUN, rows().get(3).state());
  }

  /** The figures are those of evaluate --exact. */
  @Test
  void figuresAreThoseOfTheModel() {
    measurer(Measure.LOG_LIKELIHOOD).measure(rows(), accelerator, 1, listener, () -> false);
    SweepRow row = rows().getFirst();
    SavedModel saved = SavedModel.open(folder.folder(row.point()));
    try (var model = saved.model(accelerator)) {
      ImageScores scores = new Evaluator(model, saved.seed()).score(IMAGES.test(), 100);
      ExactLikelihood exact =
          ExactLikelihood.of(model, saved.objective(), Posterior.of(model, IMAGES.test()), scores);
      assertEquals(exact.logLikelihood().mean(), Quantity.LOG_LIKELIHOOD.of(row).orElseThrow());
      assertEquals(
          scores.evaluation().importanceWeightedBound().mean(),
          Quantity.IMPORTANCE_WEIGHTED_BOUND.of(row).orElseThrow());
    }
    double bound = Quantity.IMPORTANCE_WEIGHTED_BOUND.of(row).orElseThrow();
    assertTrue(Quantity.TEST_ELBO.of(row).orElseThrow() < bound);
  }

  @Test
  void aRunThatWentOnIsMeasuredAgain() {
    measurer(Measure.BOUND).measure(rows(), accelerator, 1, listener, () -> false);
    assertEquals(List.of(), measurer(Measure.BOUND).missing(rows()));
    SweepPoint first = plan.point(0);
    for (Path file : RunDirectory.files(folder.folder(first))) {
      delete(file);
    }
    train(first, 3);
    assertEquals(List.of(first.name()), names(measurer(Measure.BOUND).missing(rows())));
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void otherImagesAreNotMeasuredOn() {
    var other = new SweepMeasurer(folder, TinyImages.dataset(7), Set.of(Measure.BOUND));
    assertTrue(other.measure(rows(), accelerator, 1, listener, () -> false));
    assertEquals(
        "latent=2_kl=3_seed=0 was trained on other images than those of tiny: it is not measured.",
        told.get(1));
    assertEquals(3, measurer(Measure.BOUND).missing(rows()).size());
  }

  /** One run's trouble does not keep the others from being measured. */
  @Test
  void aLostCheckpointIsSaid() throws IOException {
    Files.delete(RunDirectory.checkpointFile(folder.folder(plan.point(0))));
    Path one = RunDirectory.checkpointFile(folder.folder(plan.point(1)));
    Files.copy(
        RunDirectory.checkpointFile(folder.folder(plan.point(2))),
        one,
        StandardCopyOption.REPLACE_EXISTING);
    assertTrue(measurer(Measure.BOUND).measure(rows(), accelerator, 1, listener, () -> false));
    assertEquals(5, told.size());
    assertTrue(told.get(1).contains("checkpoint"), told.get(1));
    assertTrue(
        told.get(3).endsWith("is not that of the run's last epoch: it is not measured."),
        told.get(3));
    assertEquals(plan.point(2).name(), told.get(4));
    assertEquals(2, measurer(Measure.BOUND).missing(rows()).size());
  }

  @Test
  void itStopsWhenAskedTo() {
    SweepMeasurer exact = measurer(Measure.LOG_LIKELIHOOD);
    assertFalse(exact.measure(rows(), accelerator, 1, listener, () -> true));
    assertEquals(List.of(), told);
    // In the middle of one: nothing of it is kept.
    var asked = new AtomicInteger();
    assertFalse(exact.measure(rows(), accelerator, 1, listener, () -> asked.incrementAndGet() > 3));
    assertEquals(List.of(plan.point(0).name()), told);
    assertEquals(2, exact.missing(rows()).size());
    assertFalse(Files.exists(RunMeasures.file(folder.folder(plan.point(0)))));
  }

  /** Workers measure a run each, at a time, on one accelerator. */
  @Test
  void threadsShareAnAccelerator() throws InterruptedException {
    SweepMeasurer exact = measurer(Measure.LOG_LIKELIHOOD);
    SweepMeasurer.Listener none =
        new SweepMeasurer.Listener() {
          @Override
          public void measures(SweepRow run) {}

          @Override
          public void cannot(SweepRow run, String sentence) {
            throw new AssertionError(sentence);
          }
        };
    List<Thread> threads =
        exact.missing(rows()).stream()
            .map(
                row ->
                    Thread.ofPlatform()
                        .start(() -> exact.measure(row, accelerator, none, () -> false)))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    double both = Quantity.LOG_LIKELIHOOD.of(rows().getFirst()).orElseThrow();
    delete(RunMeasures.file(folder.folder(plan.point(0))));
    exact.measure(rows(), accelerator, 2, none, () -> false);
    assertEquals(both, Quantity.LOG_LIKELIHOOD.of(rows().getFirst()).orElseThrow());
  }
}
