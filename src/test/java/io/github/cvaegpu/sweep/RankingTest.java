// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.eval.Spread;
import io.github.cvaegpu.sweep.MadeUpSweep.Figures;
import io.github.cvaegpu.sweep.Ranking.Lead;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RankingTest {
  @TempDir private Path temp;

  /** A sweep of as many combinations as rows of RLs by seed; NaN for a run that diverged. */
  private SweepResults results(double[]... byCombination) {
    String values =
        String.join(",", IntStream.range(0, byCombination.length).mapToObj(i -> "v" + i).toList());
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(byCombination[0].length, "name=" + values));
    sweep.putAll(
        point -> {
          double rl = byCombination[point.combination()][(int) point.seed()];
          return Double.isNaN(rl)
              ? Figures.ended(ExitReason.DIVERGED, "It diverged.")
              : Figures.of(rl, 5);
        });
    return sweep.read();
  }

  private static List<Integer> order(Ranking ranking) {
    return ranking.places().stream().map(place -> place.summary().combination()).toList();
  }

  private static List<Lead> leads(Ranking ranking) {
    return ranking.places().stream().map(Ranking.Place::lead).toList();
  }

  /**
   * Seeds differ by tens of nats and combinations by one, always the same way: pairing shows it.
   */
  @Test
  void placesAreComparedSeedBySeed() {
    Ranking ranking =
        results(
                new double[] {111, 131.1, 91},
                new double[] {110, 130, 90},
                new double[] {111, 131.2, 91})
            .best(Measure.ELBO);
    assertEquals(List.of(1, 0, 2), order(ranking));
    assertEquals(List.of(Lead.BETTER, Lead.CANNOT_BE_TOLD, Lead.LAST), leads(ranking));
    Spread by = ranking.places().getFirst().by().orElseThrow();
    assertEquals(3.1 / 3, by.mean(), 1e-12);
    assertEquals(
        0.1 / Math.sqrt(3) * 4.302652730 / Math.sqrt(3), by.halfWidth().orElseThrow(), 1e-8);
    assertEquals("better than the next", ranking.places().getFirst().text());
    assertEquals("cannot be told from the next", ranking.places().get(1).text());
  }

  @Test
  void whatHasNoPlaceIsSaidBesideThoseThatHave() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(1, "latent=2,10"));
    sweep.putAll(
        point -> {
          var figures = new Figures();
          figures.latent = point.combination() == 0 ? 2 : 10;
          figures.logLikelihood = point.combination() == 0 ? -90.0 : null;
          return figures;
        });
    Ranking ranking = sweep.read().best(Measure.LOG_LIKELIHOOD);
    assertEquals(List.of(0), order(ranking));
    assertEquals(
        "1 of 2 combinations have no place. log p(x) is integrated over 1 or 2 latent dimensions,"
            + " and latent=10_seed=0 has 10: take the measure bound.",
        ranking.unranked().orElseThrow());
    assertTrue(
        sweep.read().lines(Measure.LOG_LIKELIHOOD).contains(ranking.unranked().orElseThrow()));
  }

  @Test
  void equalOnesStayInTheSweepsOrderAndCannotBeTold() {
    Ranking ranking =
        results(new double[] {100, 101}, new double[] {100, 101}, new double[] {100, 101})
            .best(Measure.ELBO);
    assertEquals(List.of(0, 1, 2), order(ranking));
    assertEquals(List.of(Lead.CANNOT_BE_TOLD, Lead.CANNOT_BE_TOLD, Lead.LAST), leads(ranking));
  }

  @Test
  void oneSeedRanksAndTellsNothing() {
    Ranking ranking = results(new double[] {100}, new double[] {90}).best(Measure.ELBO);
    assertEquals(List.of(1, 0), order(ranking));
    assertEquals(List.of(Lead.ONE_SEED, Lead.LAST), leads(ranking));
    assertTrue(ranking.places().getFirst().spread().halfWidth().isEmpty());
  }

  /** Of runs that diverged there is no figure: those that are left are said to be fewer. */
  @Test
  void divergedRunsAreNotInTheMean() {
    Ranking ranking =
        results(
                new double[] {100, Double.NaN, Double.NaN},
                new double[] {90, 92, 94},
                new double[] {Double.NaN, Double.NaN, Double.NaN})
            .best(Measure.ELBO);
    assertEquals(List.of(1, 0), order(ranking));
    assertEquals("3 of 3", ranking.places().get(0).seeds());
    assertEquals("1 of 3", ranking.places().get(1).seeds());
    assertEquals(List.of(Lead.ONE_SEED, Lead.LAST), leads(ranking));
  }

  /** Better by the mean of other seeds, and worse in those that both have. */
  @Test
  void aLeadOfOtherSeedsIsNone() {
    Ranking ranking =
        results(new double[] {100, 101, 99.5, Double.NaN}, new double[] {95, 96.1, 94.6, 130})
            .best(Measure.ELBO);
    assertEquals(List.of(0, 1), order(ranking));
    assertEquals(Lead.CANNOT_BE_TOLD, ranking.places().getFirst().lead());
    assertTrue(ranking.places().getFirst().by().orElseThrow().high() < 0);
  }

  @Test
  void ofAnErrorTheSmallestIsTheBest() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(2, "name=a,b"));
    sweep.putAll(
        point -> {
          Figures figures = Figures.of(100, 5);
          figures.trainKl = point.combination() == 0 ? 5.5 : 4.9;
          return figures;
        });
    Ranking ranking = sweep.read().best(Measure.KL_ERROR);
    assertEquals(List.of(1, 0), order(ranking));
    assertEquals(0.4, ranking.places().getFirst().by().orElseThrow().mean(), 1e-12);
    assertEquals(Lead.BETTER, ranking.places().getFirst().lead());
  }

  @Test
  void nothingToRankIsSaid() {
    var sweep = new MadeUpSweep(temp, MadeUpSweep.grid(1, "name=a,b"));
    assertEquals(
        Optional.of("No run was trained to its end yet."),
        sweep.read().best(Measure.ELBO).unranked());
    sweep.put(0, new Figures());
    assertEquals(
        Optional.of("The log p(x) of name=a_seed=0 was not measured yet."),
        sweep.read().best(Measure.LOG_LIKELIHOOD).unranked());
    assertTrue(sweep.read().best(Measure.LOG_LIKELIHOOD).best().isEmpty());
    assertTrue(sweep.read().best(Measure.ELBO).unranked().isEmpty());
  }
}
