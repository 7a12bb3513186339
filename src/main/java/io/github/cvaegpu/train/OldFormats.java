// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.model.Objective;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Turns the JSON of formats 1 and 2 into that of format 3, in which {@code run.json} and the
 * checkpoint's metadata are read. What is missing or no JSON of a run stays so, for the reader to
 * refuse.
 *
 * <p>Before format 3 a plan was flat: it had the settings of a PI controller and a constant beta
 * side by side, of which {@code model} said which was meant, and what {@code --data} was. A
 * checkpoint had the number of an image's pixels, not its height and width, a constant beta
 * remembered itself, and the reconstruction loss of the last step was not kept: no controller of
 * then asks for it. The half of a plan that its model does not use is not looked at. Height and
 * width are known of published and of synthetic images, which were all of {@value #SIDE} x {@value
 * #SIDE} pixels then; of a user's own they are not.
 */
final class OldFormats {
  /** The first format that is read as it is. */
  static final int PLAN_OF_PARTS = 3;

  private static final int SIDE = 28;

  private OldFormats() {}

  /**
   * JSON of today's format from that of any. It is text, and not a tree, so that who reads it is as
   * strict with it: of a tree's numbers Gson takes 2.5 for the integer 2.
   *
   * @param json of a record or of metadata
   * @param file that it is from
   * @param newest the newest format there is
   * @param upgrade brings an older one to it, in place
   * @throws InputException if the format is none that there is
   * @throws com.google.gson.JsonParseException if it is no JSON of an object
   */
  static String upgraded(String json, Path file, int newest, Consumer<JsonObject> upgrade) {
    JsonObject tree = Json.COMPACT.fromJson(json, JsonObject.class);
    OptionalInt format = known(tree, file, newest);
    if (format.isEmpty()) {
      return json;
    }
    if (format.getAsInt() >= PLAN_OF_PARTS) {
      return json;
    }
    upgrade.accept(tree);
    return tree.toString();
  }

  /**
   * The format of a record or of metadata, before all else: the rest of a later one may make no
   * sense here.
   *
   * @return empty if it says none
   * @throws InputException if it is none that there is
   */
  static OptionalInt known(JsonObject tree, Path file, int newest) {
    OptionalInt format = tree == null ? OptionalInt.empty() : whole(tree.get("format"));
    if (format.isPresent() && (format.getAsInt() < 1 || format.getAsInt() > newest)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has format %d; this program reads %s %d.",
              file,
              format.getAsInt(),
              newest == 1 ? "format" : "formats 1 to",
              newest));
    }
    return format;
  }

  /** A whole number, as it is written. */
  private static OptionalInt whole(JsonElement element) {
    return element instanceof JsonPrimitive number
            && number.isNumber()
            && number.getAsString().matches("-?\\d{1,9}")
        ? OptionalInt.of(Integer.parseInt(number.getAsString()))
        : OptionalInt.empty();
  }

  /** Brings what holds a plan to format 3, in place: a run's record, or a checkpoint's metadata. */
  static void upgradePlan(JsonObject holder) {
    if (!(holder.get("plan") instanceof JsonObject old)) {
      return;
    }
    var plan = new JsonObject();
    plan.add("rule", rule(old));
    plan.add("objective", Json.PRETTY.toJsonTree(Objective.study()));
    plan.add("network", parts(old, "hidden", "latent"));
    plan.add("schedule", parts(old, "epochs", "batch_size", "learning_rate"));
    plan.add("seed", old.get("seed"));
    holder.add("plan", plan);
    holder.add("data", old.get("data"));
  }

  private static JsonElement rule(JsonObject plan) {
    var rule = new JsonObject();
    if (isModel(plan, "beta")) {
      rule.addProperty("name", ConstantRule.NAME);
      rule.add("beta", plan.get("beta"));
      return rule;
    }
    if (isModel(plan, "control") && plan.get("controller") instanceof JsonObject settings) {
      rule.addProperty("name", PiRule.NAME);
      settings.asMap().forEach(rule::add);
      return rule;
    }
    return JsonNull.INSTANCE;
  }

  private static boolean isModel(JsonObject plan, String name) {
    return plan.get("model") instanceof JsonPrimitive model
        && model.isString()
        && model.getAsString().equalsIgnoreCase(name);
  }

  private static JsonObject parts(JsonObject plan, String... names) {
    var parts = new JsonObject();
    for (String name : names) {
      parts.add(name, plan.get(name));
    }
    return parts;
  }

  /** The pixels of an image that a checkpoint's metadata have; 0 if they say none. */
  static int pixels(JsonObject metadata) {
    return whole(metadata.get("inputs")).orElse(0);
  }

  /** A float as it was written, in as many digits as tell it from other floats, as a double. */
  private static JsonElement asDouble(JsonElement number) {
    return number instanceof JsonPrimitive primitive && primitive.isNumber()
        ? new JsonPrimitive((double) primitive.getAsFloat())
        : number;
  }

  /** Brings a checkpoint's metadata to format 3, in place. */
  static void upgradeMetadata(JsonObject metadata) {
    boolean isConstant = metadata.get("plan") instanceof JsonObject plan && isModel(plan, "beta");
    upgradePlan(metadata);
    if (metadata.get("dataset") instanceof JsonObject dataset
        && pixels(metadata) == SIDE * SIDE
        && dataset.get("status") instanceof JsonPrimitive status
        && !status.getAsString().equals("unverified")) {
      dataset.add("size", Json.PRETTY.toJsonTree(new ImageSize(SIDE, SIDE)));
    }
    if (metadata.get("position") instanceof JsonObject position) {
      var last = new JsonObject();
      last.add("step", position.get("step"));
      last.addProperty("rl", 0);
      last.add("kl", asDouble(position.get("kl_per_image")));
      metadata.add("last", last);
      if (isConstant && position.get("controller") instanceof JsonObject) {
        position.add("controller", new JsonObject());
      }
    }
  }
}
