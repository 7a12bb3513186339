// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.sweep.Measure;
import io.github.cvaegpu.train.CheckpointInterval;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Readers of option values that picocli does not know. */
final class Converters {
  private Converters() {}

  /** Reads {@link CheckpointInterval}s. */
  static final class Interval implements ITypeConverter<CheckpointInterval> {
    @Override
    public CheckpointInterval convert(String value) {
      try {
        return CheckpointInterval.parse(value);
      } catch (InputException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Reads {@link Measure}s by the names that they have in words. */
  static final class MeasureName implements ITypeConverter<Measure> {
    @Override
    public Measure convert(String value) {
      // Files have its name with an underscore.
      String name = value.replace('_', '-');
      return named(
          List.of(Measure.values()), measure -> measure.toString().equalsIgnoreCase(name), value);
    }
  }

  /**
   * The one of a few that is meant.
   *
   * @param all of them, by their names
   * @param isMeant of which
   * @param value as it was given
   * @throws TypeConversionException if none is
   */
  static <T> T named(List<T> all, Predicate<T> isMeant, String value) {
    return all.stream()
        .filter(isMeant)
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'%s' is none of %s"
                        .formatted(
                            value, Sentences.and(all.stream().map(Object::toString).toList()))));
  }

  /** Reads sizes of images: N for a square, or HxW. */
  static final class Size implements ITypeConverter<ImageSize> {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,5})(?:x(\\d{1,5}))?");

    @Override
    public ImageSize convert(String value) {
      Matcher size = SIZE.matcher(value);
      if (!size.matches()) {
        throw new TypeConversionException(
            "\"%s\" is neither N pixels nor HxW, height and width".formatted(value));
      }
      try {
        String width = size.group(2) == null ? size.group(1) : size.group(2);
        return new ImageSize(Integer.parseInt(size.group(1)), Integer.parseInt(width));
      } catch (InputException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
