// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.SetPointChange;
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

  /** Reads a change of the set point at a step. */
  static final class ChangeConverter implements ITypeConverter<SetPointChange> {
    @Override
    public SetPointChange convert(String value) {
      String[] parts = value.split(":", -1);
      try {
        if (parts.length == 2) {
          return new SetPointChange(Long.parseLong(parts[0]), Double.parseDouble(parts[1]));
        }
      } catch (InputException e) {
        throw new TypeConversionException(e.getMessage());
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new TypeConversionException(
          "'%s' is no STEP:NATS such as 5000:20 or 5000:20,9000:15".formatted(value));
    }
  }
}
