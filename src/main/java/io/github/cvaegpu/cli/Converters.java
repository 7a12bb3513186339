// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.CheckpointInterval;
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
}
