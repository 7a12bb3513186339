// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.eval.Spread;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A combination of settings over its seeds.
 *
 * @param rows its runs, by seed, one or more
 * @param figures over the runs that were trained to their end; a figure that none of them has is
 *     not there
 */
public record Summary(List<SweepRow> rows, Map<Quantity, Spread> figures) {
  /** Copies the lists. */
  public Summary {
    rows = List.copyOf(rows);
    figures = Collections.unmodifiableMap(new EnumMap<>(figures));
  }

  /** Of all combinations, in their order. */
  static List<Summary> of(List<SweepRow> rows) {
    Map<Integer, List<SweepRow>> byCombination = new TreeMap<>();
    rows.forEach(
        row ->
            byCombination
                .computeIfAbsent(row.point().combination(), combination -> new ArrayList<>())
                .add(row));
    return byCombination.values().stream().map(Summary::ofOne).toList();
  }

  private static Summary ofOne(List<SweepRow> rows) {
    Map<Quantity, Spread> figures = new EnumMap<>(Quantity.class);
    for (Quantity quantity : Quantity.values()) {
      double[] values = values(rows, quantity).values().stream().mapToDouble(it -> it).toArray();
      if (values.length > 0) {
        figures.put(quantity, Spread.of(values));
      }
    }
    return new Summary(rows, figures);
  }

  /** A figure of its completed runs, by seed. */
  SequencedMap<Long, Double> bySeed(Quantity quantity) {
    return values(rows, quantity);
  }

  private static SequencedMap<Long, Double> values(List<SweepRow> rows, Quantity quantity) {
    SequencedMap<Long, Double> values = new LinkedHashMap<>();
    for (SweepRow row : rows) {
      OptionalDouble value = row.isCompleted() ? quantity.of(row) : OptionalDouble.empty();
      value.ifPresent(number -> values.put(row.point().seed(), number));
    }
    return values;
  }

  /** A figure over seeds; empty if no run has it. */
  public Optional<Spread> of(Quantity quantity) {
    return Optional.ofNullable(figures.get(quantity));
  }

  /** Its number, from 0. */
  public int combination() {
    return rows.getFirst().point().combination();
  }

  /** What it gives each setting. */
  public SequencedMap<String, String> values() {
    return rows.getFirst().point().values();
  }

  /** Runs that were trained to their end. */
  public int completed() {
    return (int) rows.stream().filter(SweepRow::isCompleted).count();
  }

  /** Its settings for people, e.g. {@code lr 0.001, kl 8}. */
  String title() {
    return title(values());
  }

  static String title(SequencedMap<String, String> values) {
    return values.isEmpty()
        ? "no setting"
        : values.entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
  }
}
