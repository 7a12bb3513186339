// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.OptionalDouble;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code --kl} was given.
 *
 * @param nats the set point; empty for {@code auto}
 */
record SetPoint(OptionalDouble nats) {
  /** Reads a number or {@code auto}. */
  static final class Converter implements ITypeConverter<SetPoint> {
    @Override
    public SetPoint convert(String value) {
      if (value.equals("auto")) {
        return new SetPoint(OptionalDouble.empty());
      }
      try {
        return new SetPoint(OptionalDouble.of(Double.parseDouble(value)));
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "'%s' is neither a number of nats nor auto".formatted(value));
      }
    }
  }
}
