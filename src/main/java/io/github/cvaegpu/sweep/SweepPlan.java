// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.random.Philox;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.hipparchus.random.SobolSequenceGenerator;

/**
 * What a sweep is: {@code sweep.json}. It gives every run an index, and an index alone gives a run
 * its settings, so that any process on any machine can train any part of it.
 *
 * <p>Runs are in the order of their combinations, those of one after another by their seeds: a run
 * of index i is seed {@code i % seeds} of combination {@code i / seeds}.
 *
 * @param search how combinations are chosen
 * @param settings what they are of, the last of them changing fastest in a grid
 * @param combinations how many a random or Sobol search has; null of a grid, which has them all
 * @param seeds runs of each combination
 * @param firstSeed the seed of the first of them; random combinations are drawn by it too
 * @param base options of {@code train} that all runs share, by their names without dashes
 * @param halving how the worse combinations are left early; null if none is
 */
public record SweepPlan(
    Search search,
    List<Setting> settings,
    Integer combinations,
    int seeds,
    long firstSeed,
    Map<String, String> base,
    Halving halving) {

  /** Runs that a sweep may have. */
  public static final int MOST_RUNS = 10_000_000;

  /** Dimensions of a sequence that are known to be good: Joe and Kuo's table has more. */
  private static final int MOST_SETTINGS = 100;

  /** One whose runs are all trained to their end. */
  public SweepPlan(
      Search search,
      List<Setting> settings,
      Integer combinations,
      int seeds,
      long firstSeed,
      Map<String, String> base) {
    this(search, settings, combinations, seeds, firstSeed, base, null);
  }

  /** Refuses what would be no sweep. */
  public SweepPlan {
    settings = List.copyOf(settings);
    base = Collections.unmodifiableMap(new TreeMap<>(base));
    if (settings.size() > MOST_SETTINGS) {
      throw new InputException(
          String.format(Locale.ROOT, "A sweep has up to %d settings.", MOST_SETTINGS));
    }
    Set<String> names = new HashSet<>();
    for (Setting setting : settings) {
      if (!names.add(setting.name())) {
        throw new InputException("A sweep sets %s twice.".formatted(setting.name()));
      }
      if (base.containsKey(setting.name())) {
        throw new InputException(
            "--%s is what --set %s varies: leave one of them out."
                .formatted(setting.name(), setting.name()));
      }
      if (search == Search.GRID && setting instanceof Setting.Range) {
        throw new InputException(
            "--set %s=%s is a range, of which a grid has no end: name values, or add --search"
                    .formatted(setting.name(), setting.spelled())
                + " random or sobol.");
      }
    }
    if (halving != null && names.contains("epochs")) {
      throw new InputException(
          "--halving compares runs after as many epochs: leave --set epochs out.");
    }
    if (seeds < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "--seeds must be 1 or more, not %d.", seeds));
    }
    if (search == Search.GRID && combinations != null) {
      throw new InputException(
          "--runs is for --search random and sobol: a grid has every combination.");
    }
    if (search != Search.GRID && settings.isEmpty()) {
      throw new InputException("--search %s needs something to --set.".formatted(search));
    }
    if (combinations != null && combinations < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "--runs must be 1 or more, not %d.", combinations));
    }
    if (search != Search.GRID && combinations == null) {
      throw new InputException(
          "--search %s needs --runs N, the number of combinations to try.".formatted(search));
    }
    if (firstSeed > Long.MAX_VALUE - (seeds - 1)) {
      throw new InputException(
          String.format(
              Locale.ROOT, "--seeds %d from --seed %d on are too many.", seeds, firstSeed));
    }
    long all = seeds;
    for (int size : sizes(search, settings, combinations)) {
      // Neither factor is large enough for the product to overflow.
      all = Math.min(all, MOST_RUNS + 1L) * size;
    }
    if (all > MOST_RUNS) {
      throw new InputException(
          String.format(Locale.ROOT, "A sweep has up to %,d runs, and these are more.", MOST_RUNS));
    }
  }

  private static List<Integer> sizes(Search search, List<Setting> settings, Integer combinations) {
    return search == Search.GRID
        ? settings.stream().map(one -> ((Setting.Choice) one).values().size()).toList()
        : List.of(combinations);
  }

  /** Runs that it has. */
  public int size() {
    return combinationCount() * seeds;
  }

  /** Combinations of settings that it has. */
  public int combinationCount() {
    return sizes(search, settings, combinations).stream().reduce(1, Math::multiplyExact);
  }

  /**
   * A run's settings.
   *
   * @param index of the run, from 0
   * @throws InputException if there is no such run
   */
  public SweepPoint point(int index) {
    if (index < 0 || index >= size()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The sweep has runs of index 0 to %d, and none of index %d.",
              size() - 1,
              index));
    }
    int combination = index / seeds;
    return new SweepPoint(index, combination, values(combination), firstSeed + index % seeds);
  }

  /**
   * All of them, in order. Those that a search at random comes to again are one run, and here once.
   *
   * @throws InputException if two of a grid would have one folder
   */
  public List<SweepPoint> points() {
    Set<String> names = new HashSet<>();
    List<SweepPoint> points =
        IntStream.range(0, size())
            .mapToObj(this::point)
            .filter(point -> names.add(point.name()))
            .toList();
    if (search == Search.GRID && points.size() < size()) {
      throw new InputException(
          "Two runs of the sweep would have one folder, as their values differ in what a folder's"
              + " name cannot have: set the one in a sweep of its own.");
    }
    return points;
  }

  /**
   * The run that a search at random came to before, where it comes to it again.
   *
   * @param point one of its runs
   * @return empty where the run is the first of its settings
   */
  public Optional<SweepPoint> earlier(SweepPoint point) {
    return search == Search.GRID
        ? Optional.empty()
        : IntStream.range(0, point.index())
            .mapToObj(this::point)
            .filter(before -> before.name().equals(point.name()))
            .findFirst();
  }

  private SequencedMap<String, String> values(int combination) {
    SequencedMap<String, String> values = new LinkedHashMap<>();
    if (search == Search.GRID) {
      int left = combination;
      for (Setting setting : settings.reversed()) {
        List<String> choices = ((Setting.Choice) setting).values();
        values.putFirst(setting.name(), choices.get(left % choices.size()));
        left /= choices.size();
      }
      return values;
    }
    double[] place = search == Search.SOBOL ? sobol(combination) : random(combination);
    for (int i = 0; i < place.length; i++) {
      values.put(settings.get(i).name(), settings.get(i).at(place[i]));
    }
    return values;
  }

  /** The sequence's first point is the corner of all least values, and is left out. */
  private double[] sobol(int combination) {
    return new SobolSequenceGenerator(settings.size()).skipTo(combination + 1);
  }

  private double[] random(int combination) {
    double[] place = new double[settings.size()];
    int[] words = new int[Philox.BLOCK];
    for (int i = 0; i < place.length; i++) {
      if (i % Philox.BLOCK == 0) {
        Philox.block(firstSeed, RandomPurpose.SWEEP, i / Philox.BLOCK, combination, 0, words);
      }
      place[i] = Philox.uniform(words[i % Philox.BLOCK]);
    }
    return place;
  }

  /**
   * What another sweep has in place of what this one has.
   *
   * @return one phrase for the user, e.g. {@code lr is 0.001,0.0001 there and 0.001 here}; empty if
   *     they are the same
   */
  public Optional<String> difference(SweepPlan there) {
    List<String> differences = new ArrayList<>();
    compare(differences, "--search", there.search, search);
    Map<String, String> its = spelled(there.settings);
    Map<String, String> own = spelled(settings);
    Set<String> names = new LinkedHashSet<>(its.keySet());
    names.addAll(own.keySet());
    for (String name : names) {
      compare(differences, "--set " + name, its.get(name), own.get(name));
    }
    if (differences.isEmpty() && !there.settings.equals(settings)) {
      differences.add("settings are in another order there");
    }
    compare(differences, "--runs", there.combinations, combinations);
    compare(differences, "--seeds", there.seeds, seeds);
    compare(differences, "--seed", there.firstSeed, firstSeed);
    names = new LinkedHashSet<>(there.base.keySet());
    names.addAll(base.keySet());
    for (String name : names) {
      compare(differences, "--" + name, there.base.get(name), base.get(name));
    }
    compare(differences, "--halving", there.halving, halving);
    return differences.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", differences));
  }

  private static Map<String, String> spelled(List<Setting> settings) {
    Map<String, String> spelled = new LinkedHashMap<>();
    settings.forEach(setting -> spelled.put(setting.name(), setting.spelled()));
    return spelled;
  }

  private static void compare(List<String> to, String name, Object there, Object here) {
    if (there == null ? here == null : there.equals(here)) {
      return;
    }
    to.add(
        "%s is %s there and %s here"
            .formatted(
                name, there == null ? "not given" : there, here == null ? "not given" : here));
  }
}
