// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import java.nio.file.Path;

/** A file is whole, but what decides beta in it is a rule of another version of this program. */
final class UnknownRuleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String rule;

  UnknownRuleException(String rule) {
    super("unknown rule " + rule);
    this.rule = rule;
  }

  /** The same for the user. */
  InputException in(Path file) {
    return new InputException(
        "%s has the rule \"%s\", which this version does not know.".formatted(file, rule), this);
  }
}
