// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.LinkedHashMap;
import java.util.Map;

/** A plan's settings by their names, as {@code rule.set_point} in docs/definitions.md. */
final class PlanSettings {
  private PlanSettings() {}

  /** In the order of {@code run.json}. */
  static Map<String, String> of(TrainingPlan plan) {
    Map<String, String> settings = new LinkedHashMap<>();
    add("", Json.COMPACT.toJsonTree(plan).getAsJsonObject(), settings);
    return settings;
  }

  private static void add(String prefix, JsonObject object, Map<String, String> settings) {
    object
        .asMap()
        .forEach(
            (name, value) -> {
              if (value instanceof JsonObject inner) {
                add(prefix + name + ".", inner, settings);
              } else {
                settings.put(prefix + name, text(value));
              }
            });
  }

  private static String text(JsonElement value) {
    return value instanceof JsonPrimitive primitive ? primitive.getAsString() : value.toString();
  }
}
