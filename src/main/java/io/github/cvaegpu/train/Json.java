// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.CapacityRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.CyclicalRule;
import io.github.cvaegpu.control.DynamicRule;
import io.github.cvaegpu.control.FreeBitsRule;
import io.github.cvaegpu.control.GecoRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.OwnRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.WarmUpRule;
import io.github.cvaegpu.engine.RateSchedule;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;

/** JSON as this project writes it: lower_case_names, enum constants in lower case, two spaces. */
public final class Json {
  /** For files and machine-readable output that people read too. */
  public static final Gson PRETTY = builder().setPrettyPrinting().create();

  /** For one-line output. */
  public static final Gson COMPACT = builder().create();

  private Json() {}

  private static GsonBuilder builder() {
    return new GsonBuilder()
        .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
        .disableHtmlEscaping()
        .serializeNulls()
        .registerTypeAdapterFactory(new LowerCaseEnums())
        .registerTypeAdapterFactory(Named.RULES)
        .registerTypeAdapterFactory(Named.RATES)
        .registerTypeAdapterFactory(new AbsentComponents())
        .registerTypeAdapter(ControllerMemory.class, new Memories())
        .registerTypeAdapter(double.class, new Doubles())
        // Gson writes a field of a primitive type by the class of its boxed value.
        .registerTypeAdapter(Double.class, new Doubles())
        .registerTypeAdapter(OptionalLong.class, new OptionalLongs())
        .registerTypeAdapter(OptionalDouble.class, new OptionalDoubles());
  }

  private static final class LowerCaseEnums implements TypeAdapterFactory {
    @Override
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      // Of a class of its own where a constant has a body; then the enum is the class above it.
      if (!Enum.class.isAssignableFrom(type.getRawType())) {
        return null;
      }
      TypeAdapter<T> byName = gson.getDelegateAdapter(this, type);
      return new TypeAdapter<>() {
        @Override
        public void write(JsonWriter out, T value) throws IOException {
          out.value(value == null ? null : value.toString().toLowerCase(Locale.ROOT));
        }

        @Override
        public T read(JsonReader in) throws IOException {
          if (in.peek() == JsonToken.NULL) {
            in.nextNull();
            return null;
          }
          String name = in.nextString().toUpperCase(Locale.ROOT);
          T constant = byName.fromJsonTree(new JsonPrimitive(name));
          if (constant == null) {
            throw new IOException("unknown value " + name);
          }
          return constant;
        }
      };
    }
  }

  /** What is {@link AbsentIfNull} in a record is left out where it is null. */
  private static final class AbsentComponents implements TypeAdapterFactory {
    @Override
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      List<String> names =
          type.getRawType().isRecord()
              ? Arrays.stream(type.getRawType().getDeclaredFields())
                  .filter(field -> field.isAnnotationPresent(AbsentIfNull.class))
                  .map(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES::translateName)
                  .toList()
              : List.of();
      if (names.isEmpty()) {
        return null;
      }
      TypeAdapter<T> whole = gson.getDelegateAdapter(this, type);
      TypeAdapter<JsonElement> elements = gson.getAdapter(JsonElement.class);
      return new TypeAdapter<>() {
        @Override
        public void write(JsonWriter out, T value) throws IOException {
          JsonElement tree = whole.toJsonTree(value);
          if (tree instanceof JsonObject object) {
            names.stream().filter(name -> object.get(name).isJsonNull()).forEach(object::remove);
          }
          elements.write(out, tree);
        }

        @Override
        public T read(JsonReader in) throws IOException {
          return whole.read(in);
        }
      };
    }
  }

  /** What has a name by which it is told from others is an object with that before its settings. */
  private record Named<N>(
      Class<N> type,
      Function<N, String> nameOf,
      Map<String, Class<? extends N>> classes,
      Function<String, RuntimeException> unknown)
      implements TypeAdapterFactory {
    private static final String NAME = "name";

    static final Named<BetaRule> RULES =
        new Named<>(
            BetaRule.class,
            BetaRule::name,
            Map.of(
                CapacityRule.NAME, CapacityRule.class,
                ConstantRule.NAME, ConstantRule.class,
                CyclicalRule.NAME, CyclicalRule.class,
                DynamicRule.NAME, DynamicRule.class,
                FreeBitsRule.NAME, FreeBitsRule.class,
                GecoRule.NAME, GecoRule.class,
                HoldRule.NAME, HoldRule.class,
                OwnRule.NAME, OwnRule.class,
                PiRule.NAME, PiRule.class,
                WarmUpRule.NAME, WarmUpRule.class),
            UnknownRuleException::new);

    static final Named<RateSchedule> RATES =
        new Named<>(
            RateSchedule.class,
            RateSchedule::name,
            Map.of(
                RateSchedule.Constant.NAME, RateSchedule.Constant.class,
                RateSchedule.Cosine.NAME, RateSchedule.Cosine.class,
                RateSchedule.Step.NAME, RateSchedule.Step.class),
            name -> new JsonParseException("no schedule " + name));

    @Override
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> asked) {
      if (asked.getRawType() != type) {
        return null;
      }
      TypeAdapter<JsonElement> elements = gson.getAdapter(JsonElement.class);
      return new TypeAdapter<>() {
        @Override
        public void write(JsonWriter out, T value) throws IOException {
          if (value == null) {
            out.nullValue();
            return;
          }
          var object = new JsonObject();
          object.addProperty(NAME, nameOf.apply(type.cast(value)));
          gson.toJsonTree(value).getAsJsonObject().asMap().forEach(object::add);
          elements.write(out, object);
        }

        @Override
        @SuppressWarnings("unchecked") // T is the type.
        public T read(JsonReader in) throws IOException {
          JsonElement element = elements.read(in);
          if (element.isJsonNull()) {
            return null;
          }
          return (T) gson.fromJson(element, classOf(element.getAsJsonObject().get(NAME)));
        }
      };
    }

    private Class<? extends N> classOf(JsonElement name) {
      boolean isText = name instanceof JsonPrimitive primitive && primitive.isString();
      Class<? extends N> found = isText ? classes.get(name.getAsString()) : null;
      if (found == null) {
        throw isText
            ? unknown.apply(name.getAsString())
            : new JsonParseException("no " + type.getSimpleName() + " " + name);
      }
      return found;
    }
  }

  /** An object of numbers by their names. */
  private static final class Memories extends TypeAdapter<ControllerMemory> {
    @Override
    public void write(JsonWriter out, ControllerMemory value) throws IOException {
      if (value == null) {
        out.nullValue();
        return;
      }
      out.beginObject();
      for (var number : value.values().entrySet()) {
        out.name(number.getKey()).value(number.getValue());
      }
      out.endObject();
    }

    @Override
    public ControllerMemory read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        in.nextNull();
        return null;
      }
      Map<String, Double> values = new HashMap<>();
      in.beginObject();
      while (in.hasNext()) {
        values.put(in.nextName(), in.nextDouble());
      }
      in.endObject();
      return ControllerMemory.of(values);
    }
  }

  /**
   * JSON has neither infinities nor NaN, but a model that overflows on an image has such figures:
   * they are written as null, which reads back as NaN.
   */
  private static final class Doubles extends TypeAdapter<Double> {
    @Override
    public void write(JsonWriter out, Double value) throws IOException {
      out.value(value != null && Double.isFinite(value) ? value : null);
    }

    @Override
    public Double read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        in.nextNull();
        return Double.NaN;
      }
      return in.nextDouble();
    }
  }

  private static final class OptionalLongs extends TypeAdapter<OptionalLong> {
    @Override
    public void write(JsonWriter out, OptionalLong value) throws IOException {
      out.value(value != null && value.isPresent() ? value.getAsLong() : null);
    }

    @Override
    public OptionalLong read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        in.nextNull();
        return OptionalLong.empty();
      }
      return OptionalLong.of(in.nextLong());
    }
  }

  private static final class OptionalDoubles extends TypeAdapter<OptionalDouble> {
    @Override
    public void write(JsonWriter out, OptionalDouble value) throws IOException {
      out.value(value != null && value.isPresent() ? value.getAsDouble() : null);
    }

    @Override
    public OptionalDouble read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        in.nextNull();
        return OptionalDouble.empty();
      }
      return OptionalDouble.of(in.nextDouble());
    }
  }
}
