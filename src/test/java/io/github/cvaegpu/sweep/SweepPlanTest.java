// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.sweep.Setting.Choice;
import io.github.cvaegpu.sweep.Setting.Range;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SweepPlanTest {
  private static final Choice RATES = new Choice("lr", List.of("0.001", "0.0001"));
  private static final Choice KLS = new Choice("kl", List.of("8", "9.97", "12"));
  private static final Range WIDE = new Range("kl", 4, 16, false, false);
  private static final Range RATIOS = new Range("lr", 1e-4, 1e-2, true, false);
  private static final Range WHOLE = new Range("latent", 2, 4, false, true);

  private static SweepPlan grid(int seeds, Setting... settings) {
    return new SweepPlan(Search.GRID, List.of(settings), null, seeds, 0, Map.of());
  }

  private static SweepPlan points(Search search, int combinations, Setting... settings) {
    return new SweepPlan(search, List.of(settings), combinations, 1, 7, Map.of());
  }

  private static String refusal(Runnable made) {
    return assertThrows(InputException.class, made::run).getMessage();
  }

  @Test
  void aGridHasEveryCombinationTheLastSettingFastestAndSeedsWithin() {
    SweepPlan plan = new SweepPlan(Search.GRID, List.of(RATES, KLS), null, 2, 5, Map.of());
    assertEquals(12, plan.size());
    assertEquals(6, plan.combinationCount());
    assertEquals(
        List.of(
            "lr=0.001_kl=8_seed=5",
            "lr=0.001_kl=8_seed=6",
            "lr=0.001_kl=9.97_seed=5",
            "lr=0.001_kl=9.97_seed=6",
            "lr=0.001_kl=12_seed=5",
            "lr=0.001_kl=12_seed=6",
            "lr=0.0001_kl=8_seed=5",
            "lr=0.0001_kl=8_seed=6",
            "lr=0.0001_kl=9.97_seed=5",
            "lr=0.0001_kl=9.97_seed=6",
            "lr=0.0001_kl=12_seed=5",
            "lr=0.0001_kl=12_seed=6"),
        plan.points().stream().map(SweepPoint::name).toList());
    assertEquals(
        List.of(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5),
        plan.points().stream().map(SweepPoint::combination).toList());
  }

  @Test
  void seedsAloneAreASweep() {
    assertEquals(
        List.of("seed=0", "seed=1", "seed=2"),
        grid(3).points().stream().map(SweepPoint::name).toList());
  }

  @Test
  void anIndexAloneSaysWhatARunIs() {
    for (SweepPlan plan :
        List.of(
            grid(3, RATES, KLS),
            points(
                Search.RANDOM, 50, WIDE, RATIOS, WHOLE, new Choice("batch", List.of("32", "128"))),
            points(Search.SOBOL, 50, WIDE, RATIOS, WHOLE))) {
      List<SweepPoint> all = plan.points();
      for (int i : new int[] {plan.size() - 1, 0, 7}) {
        assertEquals(all.get(i), plan.point(i));
      }
      assertEquals(
          "The sweep has runs of index 0 to %s, and none of index %s."
              .formatted(plan.size() - 1, plan.size()),
          refusal(() -> plan.point(plan.size())));
      assertTrue(refusal(() -> plan.point(-1)).endsWith("none of index -1."));
    }
  }

  /** The first points of the sequence by Joe and Kuo's direction numbers, after the corner. */
  @Test
  void sobolPointsAreThoseOfTheSequence() {
    SweepPlan plan =
        points(
            Search.SOBOL,
            4,
            new Range("a", 0, 1, false, false),
            new Range("b", 0, 1, false, false));
    assertEquals(
        List.of("a=0.5_b=0.5", "a=0.75_b=0.25", "a=0.25_b=0.75", "a=0.375_b=0.375"),
        plan.points().stream().map(SweepPoint::settings).toList());
  }

  @Test
  void rangesAreFilledEvenly() {
    for (Search search : List.of(Search.RANDOM, Search.SOBOL)) {
      List<SweepPoint> points =
          IntStream.range(0, 600)
              .mapToObj(points(search, 600, WIDE, RATIOS, WHOLE)::point)
              .toList();
      long low = points.stream().filter(p -> number(p, "kl") < 10).count();
      long belowMiddle = points.stream().filter(p -> number(p, "lr") < 1e-3).count();
      assertEquals(300, Math.toIntExact(low), 40);
      assertEquals(300, Math.toIntExact(belowMiddle), 40);
      for (String whole : List.of("2", "3", "4")) {
        long share = points.stream().filter(p -> p.values().get("latent").equals(whole)).count();
        assertEquals(200, Math.toIntExact(share), 40);
      }
      points.forEach(
          p -> {
            assertTrue(number(p, "kl") >= 4 && number(p, "kl") <= 16);
            assertTrue(number(p, "lr") >= 1e-4 && number(p, "lr") <= 1e-2);
          });
    }
  }

  private static double number(SweepPoint point, String name) {
    return Double.parseDouble(point.values().get(name));
  }

  @Test
  void aRandomSweepIsDrawnByItsFirstSeedAlone() {
    List<SweepPoint> seven = points(Search.RANDOM, 20, WIDE).points();
    assertEquals(seven, points(Search.RANDOM, 20, WIDE).points());
    // More of them are the same and others.
    assertEquals(seven, points(Search.RANDOM, 30, WIDE).points().subList(0, seven.size()));
    var other = new SweepPlan(Search.RANDOM, List.of(WIDE), 20, 1, 8, Map.of());
    assertEquals(0, overlap(seven, other.points()));
  }

  private static long overlap(List<SweepPoint> one, List<SweepPoint> other) {
    var settings = new HashSet<>(one.stream().map(SweepPoint::settings).toList());
    return other.stream().filter(point -> settings.contains(point.settings())).count();
  }

  @Test
  void whatComesTwiceIsOneRun() {
    SweepPlan plan = points(Search.RANDOM, 50, RATES);
    assertEquals(50, plan.size());
    assertEquals(
        List.of("lr=0.0001_seed=7", "lr=0.001_seed=7"),
        plan.points().stream().map(SweepPoint::name).sorted().toList());
  }

  @Test
  void namesAreFitForFilesAndAsLongAsTheyMayBe() {
    var values = new LinkedHashMap<String, String>();
    values.put("hidden", "400,50");
    values.put("kl-schedule", "100:8");
    assertEquals(
        "hidden=400-50_kl-schedule=100-8_seed=-3", new SweepPoint(0, 0, values, -3).name());
    for (int i = 0; i < 20; i++) {
      values.put("setting" + i, "value");
    }
    String name = new SweepPoint(0, 0, values, 1).name();
    values.put("setting19", "other");
    String other = new SweepPoint(0, 0, values, 1).name();
    assertEquals(127, name.length());
    assertEquals(name.substring(0, 100), other.substring(0, 100));
    assertTrue(!name.equals(other), name);
  }

  @Test
  void whatIsNoSweepIsRefused() {
    assertEquals("--set lr has no value.", refusal(() -> new Choice("lr", List.of())));
    assertEquals("--set lr has no value.", refusal(() -> new Choice("lr", List.of("1", " "))));
    assertEquals("--set lr has 1 twice.", refusal(() -> new Choice("lr", List.of("1", "1"))));
    assertEquals(
        "--set kl goes from 5 to 5: the first has to be the smaller.",
        refusal(() -> new Range("kl", 5, 5, false, false)));
    assertTrue(
        refusal(() -> new Range("kl", 0, 5, true, false)).contains("only from a number above 0"));
    assertTrue(refusal(() -> new Range("latent", 0.5, 5, false, true)).contains("whole numbers"));
    assertTrue(refusal(() -> grid(1, WIDE)).contains("is a range, of which a grid has no end"));
    assertEquals("A sweep sets lr twice.", refusal(() -> grid(1, RATES, RATES)));
    assertEquals("--seeds must be 1 or more, not 0.", refusal(() -> grid(0, RATES)));
    assertTrue(refusal(() -> grid(10_000_001)).contains("up to 10,000,000 runs"));
    assertTrue(refusal(() -> grid(Integer.MAX_VALUE, RATES, KLS)).contains("10,000,000"));
    assertTrue(
        refusal(() -> new SweepPlan(Search.GRID, List.of(RATES), 4, 1, 0, Map.of()))
            .startsWith("--runs is for"));
    assertTrue(
        refusal(() -> new SweepPlan(Search.SOBOL, List.of(WIDE), null, 1, 0, Map.of()))
            .startsWith("--search sobol needs --runs N"));
    assertTrue(
        refusal(() -> new SweepPlan(Search.RANDOM, List.of(), 4, 1, 0, Map.of()))
            .startsWith("--search random needs something"));
    assertTrue(
        refusal(() -> new SweepPlan(Search.GRID, List.of(RATES), null, 1, 0, Map.of("lr", "1")))
            .startsWith("--lr is what --set lr varies"));
    assertTrue(
        refusal(() -> new SweepPlan(Search.GRID, List.of(), null, 2, Long.MAX_VALUE, Map.of()))
            .contains("too many"));
  }

  @Test
  void whatDiffersIsSaid() {
    SweepPlan plan = new SweepPlan(Search.GRID, List.of(RATES), null, 2, 0, Map.of("epochs", "5"));
    assertEquals(Optional.empty(), plan.difference(plan));
    assertEquals(
        Optional.of(
            "--set lr is not given there and 0.001,0.0001 here, --set kl is 8,9.97,12 there and not"
                + " given here, --seeds is 3 there and 2 here, --epochs is not given there and 5"
                + " here"),
        plan.difference(grid(3, KLS)).map(SweepPlanTest::sorted));
    assertEquals(
        Optional.of("settings are in another order there"),
        grid(1, RATES, KLS).difference(grid(1, KLS, RATES)));
  }

  /** The one's own settings first. */
  private static String sorted(String text) {
    String there = "--set kl is 8,9.97,12 there and not given here, ";
    return text.startsWith(there)
        ? text.replace(there, "").replace("--seeds", there + "--seeds")
        : text;
  }
}
