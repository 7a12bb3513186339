// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What was decided of the combinations that came to a rung.
 *
 * @param epochs that they had been trained for
 * @param places of the combinations, from the best
 */
public record Rung(int epochs, List<Place> places) {
  /**
   * One combination's.
   *
   * @param combination its number
   * @param value mean over its seeds of what it was compared by; NaN, which JSON has as null, where
   *     a seed has none, as one that diverged
   * @param goesOn whether it is trained further
   */
  public record Place(int combination, double value, boolean goesOn) {}

  /** Keeps the places from being changed. */
  public Rung {
    places = List.copyOf(places);
  }

  /**
   * Decides. Of n combinations with a value the best ceil(n / {@value Halving#FACTOR}) go on; of
   * two alike the one of the smaller number.
   *
   * @param values by combination
   * @param isHigherBetter whether more is better
   */
  public static Rung decided(int epochs, Map<Integer, Double> values, boolean isHigherBetter) {
    List<Map.Entry<Integer, Double>> order = new ArrayList<>(values.entrySet());
    Comparator<Map.Entry<Integer, Double>> byValue =
        Comparator.comparingDouble(entry -> isHigherBetter ? -entry.getValue() : entry.getValue());
    // What is not a number is larger than all numbers to Double.compare.
    Collections.sort(order, byValue.thenComparing(Map.Entry.comparingByKey()));
    long whole = values.values().stream().filter(value -> !Double.isNaN(value)).count();
    long kept = Math.ceilDiv(whole, Halving.FACTOR);
    List<Place> places = new ArrayList<>();
    for (Map.Entry<Integer, Double> entry : order) {
      places.add(new Place(entry.getKey(), entry.getValue(), places.size() < kept));
    }
    return new Rung(epochs, places);
  }

  /** Whether a combination goes on from here. */
  public boolean goesOn(int combination) {
    return places.stream().anyMatch(place -> place.combination() == combination && place.goesOn());
  }

  /**
   * What is to be said of a combination that was left here.
   *
   * @return a phrase; empty if it went on, or never came here
   */
  public Optional<String> note(int combination, Measure measure) {
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      if (place.combination() == combination && !place.goesOn()) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "left after epoch %,d: number %,d of %,d by %s",
                epochs,
                i + 1,
                places.size(),
                measure.title()));
      }
    }
    return Optional.empty();
  }
}
