// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.util.List;

/** What the program's JVM is started with. */
public final class JvmFlags {
  /** Environment variable: JVM options of the user's, separated by spaces. */
  public static final String OPTIONS_VARIABLE = "CVAE_GPU_JAVA_OPTS";

  /** The module that the CPU engine needs. */
  static final String VECTOR_MODULE = "jdk.incubator.vector";

  private JvmFlags() {}

  /** Before the user's own options. */
  public static List<String> own() {
    return List.of(
        "--add-modules", VECTOR_MODULE, "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC");
  }
}
