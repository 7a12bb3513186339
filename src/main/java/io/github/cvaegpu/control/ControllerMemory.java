// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.InputException;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A controller's memory between two steps: finite numbers, each by its name.
 *
 * @param values in the order of their names; not to be changed
 */
public record ControllerMemory(SortedMap<String, Double> values) {
  /** Of a controller that remembers nothing. */
  public static final ControllerMemory EMPTY = new ControllerMemory(new TreeMap<>());

  /** Refuses what is not finite, with an {@link InputException}: it may come from a file. */
  public ControllerMemory {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    values.forEach(
        (name, value) -> {
          if (value == null || !Double.isFinite(value)) {
            throw new InputException(
                "A controller's memory holds finite numbers, but its %s is %s."
                    .formatted(name, value));
          }
        });
  }

  /** Of numbers by name. */
  public static ControllerMemory of(Map<String, Double> values) {
    return new ControllerMemory(new TreeMap<>(values));
  }

  /**
   * Refuses the memory of another kind of controller.
   *
   * @param names of all numbers that there have to be, and no others
   * @throws InputException if the names differ
   */
  ControllerMemory require(Set<String> names) {
    if (!values.keySet().equals(names)) {
      throw new InputException(
          "The controller remembers %s, but the memory kept of it has %s."
              .formatted(listed(names), listed(values.keySet())));
    }
    return this;
  }

  private static String listed(Set<String> names) {
    return names.isEmpty() ? "nothing" : String.join(" and ", new TreeSet<>(names));
  }

  /** The number of a name, which has to be there. */
  public double get(String name) {
    return values.get(name);
  }
}
