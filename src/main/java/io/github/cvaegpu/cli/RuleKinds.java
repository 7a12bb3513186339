// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.Iterator;
import picocli.CommandLine.ITypeConverter;

/** The names of all rules, for completion and refusals. */
final class RuleKinds implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return RuleKind.ALL.stream().map(RuleKind::toString).iterator();
  }

  /** Reads a rule's name. */
  static final class Converter implements ITypeConverter<RuleKind> {
    @Override
    public RuleKind convert(String value) {
      return Converters.named(RuleKind.ALL, kind -> kind.toString().equals(value), value);
    }
  }
}
