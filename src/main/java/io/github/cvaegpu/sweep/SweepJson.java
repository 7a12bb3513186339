// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.Spelling;
import io.github.cvaegpu.train.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code sweep.json}, which people write too. Numbers may be numbers or text; a value with commas,
 * as {@code hidden} has, may be an array.
 *
 * <pre>{@code
 * {
 *   "format": 1,
 *   "search": "grid",
 *   "set": {"lr": [0.001, 0.0001], "hidden": [[400, 50], [512, 256]]},
 *   "seeds": 5,
 *   "base": {"epochs": 10}
 * }
 * }</pre>
 *
 * <p>A range is {@code {"from": 0.0001, "to": 0.01, "log": true}}.
 */
final class SweepJson {
  /** The version of the layout. */
  static final int FORMAT = 1;

  private static final String SET = "set";
  private static final String RUNS = "runs";
  private static final String HALVING = "halving";
  private static final Set<String> OF_HALVING = Set.of("measure", "first_epochs");
  private static final Set<String> KEYS =
      Set.of("format", "search", SET, RUNS, "seeds", "first_seed", "base", HALVING);
  private static final Set<String> OF_RANGE = Set.of("from", "to", "log", "whole");

  private static final Pattern PLACE = Pattern.compile("at line (\\d+) column (\\d+)");

  private final String source;

  private SweepJson(String source) {
    this.source = source;
  }

  static String of(SweepPlan plan) {
    var json = new JsonObject();
    json.addProperty("format", FORMAT);
    json.addProperty("search", plan.search().toString());
    var set = new JsonObject();
    plan.settings().forEach(setting -> set.add(setting.name(), of(setting)));
    json.add(SET, set);
    if (plan.combinations() != null) {
      json.addProperty(RUNS, plan.combinations());
    }
    json.addProperty("seeds", plan.seeds());
    json.addProperty("first_seed", plan.firstSeed());
    var base = new JsonObject();
    plan.base().forEach(base::addProperty);
    json.add("base", base);
    if (plan.halving() != null) {
      var halving = new JsonObject();
      halving.addProperty("measure", plan.halving().measure().toString());
      halving.addProperty("first_epochs", plan.halving().firstEpochs());
      json.add(HALVING, halving);
    }
    return Json.PRETTY.toJson(json) + "\n";
  }

  private static JsonElement of(Setting setting) {
    return switch (setting) {
      case Setting.Choice choice -> {
        var values = new JsonArray();
        choice.values().forEach(values::add);
        yield values;
      }
      case Setting.Range range -> {
        var object = new JsonObject();
        object.addProperty("from", new BigDecimal(Numbers.plain(range.from())));
        object.addProperty("to", new BigDecimal(Numbers.plain(range.to())));
        object.addProperty("log", range.isLog());
        object.addProperty("whole", range.isWhole());
        yield object;
      }
    };
  }

  /**
   * Reads a plan.
   *
   * @param text the file's
   * @param source its name, for refusals
   * @throws InputException if it is none
   */
  static SweepPlan parse(String text, String source) {
    return new SweepJson(source).parse(text);
  }

  private SweepPlan parse(String text) {
    JsonElement root;
    try {
      root = JsonParser.parseString(text);
    } catch (JsonParseException e) {
      throw new InputException("%s is no JSON%s.".formatted(source, place(e)), e);
    }
    JsonObject json = object(root, "a sweep");
    requireKnown(json, KEYS, "a sweep");
    long format = whole(json, "format", FORMAT);
    if (format != FORMAT) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has format %d, and this version of the program knows format %d.",
              source,
              format,
              FORMAT));
    }
    List<Setting> settings = new ArrayList<>();
    if (json.has(SET)) {
      object(json.get(SET), SET).asMap().forEach((name, its) -> settings.add(setting(name, its)));
    }
    Map<String, String> base = new LinkedHashMap<>();
    if (json.has("base")) {
      object(json.get("base"), "base")
          .asMap()
          .forEach((name, value) -> base.put(name, value(value, name)));
    }
    Integer runs = json.has(RUNS) ? Integer.valueOf(number(json, RUNS, 0)) : null;
    Search search = search(json);
    int seeds = number(json, "seeds", 1);
    long firstSeed = whole(json, "first_seed", 0);
    try {
      return new SweepPlan(search, settings, runs, seeds, firstSeed, base, halving(json));
    } catch (InputException e) {
      throw new InputException("%s: %s".formatted(source, e.getMessage()), e);
    }
  }

  /** Where a text is none, as far as the parser says it. */
  private static String place(JsonParseException e) {
    Matcher place = PLACE.matcher(String.valueOf(e.getMessage()));
    return place.find()
        ? " from line %s, column %s on".formatted(place.group(1), place.group(2))
        : "";
  }

  private Halving halving(JsonObject json) {
    if (!json.has(HALVING)) {
      return null;
    }
    JsonObject halving = object(json.get(HALVING), HALVING);
    requireKnown(halving, OF_HALVING, HALVING);
    String word = halving.has("measure") ? value(halving.get("measure"), "measure") : "elbo";
    Measure measure =
        Stream.of(Measure.values())
            .filter(one -> one.toString().equals(word))
            .findFirst()
            .orElseThrow(
                () ->
                    new InputException(
                        "\"%s\" is no measure; there are elbo, bound and kl-error."
                            .formatted(word)));
    return new Halving(measure, number(halving, "first_epochs", 1));
  }

  private Search search(JsonObject json) {
    String word = json.has("search") ? value(json.get("search"), "search") : Search.GRID.toString();
    return Stream.of(Search.values())
        .filter(search -> search.toString().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "%s has the search \"%s\"; there are grid, random and sobol."
                        .formatted(source, word)));
  }

  private Setting setting(String name, JsonElement its) {
    if (its instanceof JsonObject range) {
      requireKnown(range, OF_RANGE, "the range of " + name);
      return new Setting.Range(
          name,
          real(range, "from", name),
          real(range, "to", name),
          isTrue(range, "log"),
          isTrue(range, "whole"));
    }
    if (its instanceof JsonArray array) {
      return new Setting.Choice(
          name, array.asList().stream().map(value -> value(value, name)).toList());
    }
    return new Setting.Choice(name, List.of(value(its, name)));
  }

  private void requireKnown(JsonObject object, Set<String> known, String what) {
    for (String key : object.keySet()) {
      if (!known.contains(key)) {
        throw new InputException(
            "%s has \"%s\", which %s does not%s"
                .formatted(
                    source,
                    key,
                    what,
                    Spelling.nearest(key, known)
                        .map(near -> "; did you mean \"%s\"?".formatted(near))
                        .orElse(".")));
      }
    }
  }

  private JsonObject object(JsonElement element, String what) {
    if (element instanceof JsonObject object) {
      return object;
    }
    throw new InputException("%s: %s has to be an object of JSON.".formatted(source, what));
  }

  /** As the command line would have it. */
  private String value(JsonElement element, String name) {
    if (element instanceof JsonArray array && !array.isEmpty()) {
      return array.asList().stream()
          .map(part -> value(part, name))
          .collect(Collectors.joining(","));
    }
    if (element instanceof JsonPrimitive primitive) {
      return primitive.isNumber() ? plain(primitive, name) : primitive.getAsString();
    }
    throw new InputException(
        "%s: a value of %s has to be a number or text.".formatted(source, name));
  }

  private String plain(JsonPrimitive number, String name) {
    try {
      return number.getAsBigDecimal().stripTrailingZeros().toPlainString();
    } catch (NumberFormatException e) {
      throw new InputException("%s: %s of %s is no number.".formatted(source, number, name), e);
    }
  }

  private long whole(JsonObject json, String key, long otherwise) {
    if (!json.has(key)) {
      return otherwise;
    }
    String text = value(json.get(key), key);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new InputException(
          "%s: \"%s\" has to be a whole number, not %s.".formatted(source, key, text), e);
    }
  }

  private int number(JsonObject json, String key, int otherwise) {
    long number = whole(json, key, otherwise);
    if (number != (int) number) {
      throw new InputException(
          String.format(Locale.ROOT, "%s: %,d is too large for \"%s\".", source, number, key));
    }
    return (int) number;
  }

  private double real(JsonObject range, String key, String name) {
    String text = range.has(key) ? value(range.get(key), name) : "";
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new InputException(
          "%s: the range of %s needs a number \"%s\".".formatted(source, name, key), e);
    }
  }

  private boolean isTrue(JsonObject range, String key) {
    if (!range.has(key)) {
      return false;
    }
    if (range.get(key) instanceof JsonPrimitive primitive && primitive.isBoolean()) {
      return primitive.getAsBoolean();
    }
    throw new InputException("%s: \"%s\" is true or false.".formatted(source, key));
  }
}
