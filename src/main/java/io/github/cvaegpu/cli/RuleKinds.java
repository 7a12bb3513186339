// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

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
      List<RuleKind> kinds = RuleKind.ALL;
      return kinds.stream()
          .filter(kind -> kind.toString().equals(value))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'%s' is none of %s"
                          .formatted(
                              value,
                              Sentences.and(kinds.stream().map(RuleKind::toString).toList()))));
    }
  }
}
