// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.eval.Spread;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Combinations of settings from the best to the worst by the mean of a measure over seeds; equal
 * ones in the sweep's order. How much of the order is chance is said place by place: the mean of a
 * few seeds that happens to be the best of many is likely to be so in part by luck.
 *
 * @param measure what they are ranked by
 * @param places from the best; combinations without the measure have none
 * @param unranked why combinations that were trained to their end have no place, or why there is
 *     none at all, in a sentence or two; empty otherwise
 */
public record Ranking(Measure measure, List<Place> places, Optional<String> unranked) {
  /** Whether a combination is better than the next. */
  public enum Lead {
    /** There is no next one. */
    LAST("the last"),
    /** Both have one seed in common at most, which says nothing of their spread. */
    ONE_SEED("one seed"),
    /** The interval of the difference, seed by seed, has 0 in it. */
    CANNOT_BE_TOLD("cannot be told"),
    /** The interval of the difference, seed by seed, is above 0. */
    BETTER("better");

    private final String text;

    Lead(String text) {
      this.text = text;
    }

    /** For people. */
    public String text() {
      return text;
    }
  }

  /**
   * A combination's place.
   *
   * @param summary the combination
   * @param spread the measure over its seeds
   * @param lead whether it is better than the next
   * @param by by how much, seed by seed, in the measure's unit and above 0 where it is better;
   *     empty where they have no seed in common
   */
  public record Place(Summary summary, Spread spread, Lead lead, Optional<Spread> by) {
    /** What there is to say of the next one, for people. */
    String text() {
      return switch (lead) {
        case LAST -> "";
        case ONE_SEED ->
            spread.n() > 1
                ? "fewer than two seeds in common: no telling from the next"
                : "one seed: no telling from the next";
        case CANNOT_BE_TOLD -> "cannot be told from the next";
        case BETTER -> "better than the next";
      };
    }

    /** How many of the combination's runs the figure is of, for people. */
    String seeds() {
      return String.format(Locale.ROOT, "%d of %d", spread.n(), summary.rows().size());
    }
  }

  /** Copies the list. */
  public Ranking {
    places = List.copyOf(places);
  }

  static Ranking of(Measure measure, List<Summary> summaries) {
    Quantity quantity = measure.quantity();
    Comparator<Summary> byMean =
        Comparator.comparingDouble(summary -> summary.of(quantity).orElseThrow().mean());
    List<Summary> ranked =
        summaries.stream()
            .filter(summary -> summary.of(quantity).isPresent())
            .sorted(measure.isHigherBetter() ? byMean.reversed() : byMean)
            .toList();
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < ranked.size(); i++) {
      Summary one = ranked.get(i);
      Spread spread = one.of(quantity).orElseThrow();
      if (i == ranked.size() - 1) {
        places.add(new Place(one, spread, Lead.LAST, Optional.empty()));
        break;
      }
      Optional<Spread> by = difference(measure, one, ranked.get(i + 1));
      places.add(new Place(one, spread, lead(by), by));
    }
    return new Ranking(
        measure,
        places,
        ranked.isEmpty() ? Optional.of(none(measure, summaries)) : left(measure, summaries));
  }

  /** Why some that were trained have no place among others. */
  private static Optional<String> left(Measure measure, List<Summary> summaries) {
    List<Summary> left =
        summaries.stream()
            .filter(one -> one.of(measure.quantity()).isEmpty() && one.completed() > 0)
            .toList();
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%,d of %,d combinations have no place. %s",
                left.size(),
                summaries.size(),
                none(measure, left)));
  }

  private static Lead lead(Optional<Spread> by) {
    if (by.isEmpty() || by.get().halfWidth().isEmpty()) {
      return Lead.ONE_SEED;
    }
    return by.get().low() > 0 ? Lead.BETTER : Lead.CANNOT_BE_TOLD;
  }

  /** Seed by seed, over the seeds that both have: what seeds have in common cancels out. */
  private static Optional<Spread> difference(Measure measure, Summary one, Summary next) {
    Map<Long, Double> its = next.bySeed(measure.quantity());
    double[] differences =
        one.bySeed(measure.quantity()).entrySet().stream()
            .filter(entry -> its.containsKey(entry.getKey()))
            .mapToDouble(entry -> entry.getValue() - its.get(entry.getKey()))
            .map(difference -> measure.isHigherBetter() ? difference : -difference)
            .toArray();
    return differences.length == 0 ? Optional.empty() : Optional.of(Spread.of(differences));
  }

  private static String none(Measure measure, List<Summary> summaries) {
    return summaries.stream()
        .flatMap(summary -> summary.rows().stream())
        .filter(SweepRow::isCompleted)
        .map(measure::missing)
        .flatMap(Optional::stream)
        .findFirst()
        .orElse("No run was trained to its end yet.");
  }

  /** The best combination; empty if there is none. */
  public Optional<Summary> best() {
    return places.isEmpty() ? Optional.empty() : Optional.of(places.getFirst().summary());
  }
}
