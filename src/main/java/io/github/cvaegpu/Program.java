// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.util.Objects;

/** What this program is called and which version it is. */
public final class Program {
  private Program() {}

  /** The version in the jar's manifest, or {@code development} outside a jar. */
  public static String version() {
    return Objects.requireNonNullElse(
        Program.class.getPackage().getImplementationVersion(), "development");
  }

  /** Name and version, e.g. {@code cvae-gpu 0.1.0}. */
  public static String nameAndVersion() {
    return "cvae-gpu " + version();
  }
}
