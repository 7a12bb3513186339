// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Where this user's programs keep what can be fetched or made again. */
public final class UserCache {
  private UserCache() {}

  /**
   * The program's own folder in the user's cache; it need not exist.
   *
   * @param environment environment variables
   * @param os the value of {@code os.name}
   * @param home the value of {@code user.home}
   */
  public static Path folder(Map<String, String> environment, String os, String home) {
    // A container's user may have no home: Java then says "?".
    Path userHome = Path.of(home.length() > 1 ? home : System.getProperty("java.io.tmpdir"));
    String lower = os.toLowerCase(Locale.ROOT);
    Path base;
    if (lower.startsWith("windows")) {
      base =
          variable(environment, "LOCALAPPDATA")
              .orElseGet(() -> userHome.resolve("AppData").resolve("Local"));
    } else if (lower.startsWith("mac")) {
      base = userHome.resolve("Library").resolve("Caches");
    } else {
      base =
          variable(environment, "XDG_CACHE_HOME")
              // The XDG specification says that a relative path is to be ignored.
              .filter(Path::isAbsolute)
              .orElseGet(() -> userHome.resolve(".cache"));
    }
    return base.resolve("cvae-gpu");
  }

  /** The folder for this process's environment. */
  public static Path folder() {
    return folder(
        System.getenv(), System.getProperty("os.name", ""), System.getProperty("user.home", ""));
  }

  /** Whether this process's folder is below one that the user has to himself. */
  static boolean isTheUsersOwn() {
    return isTheUsersOwn(System.getenv(), System.getProperty("user.home", ""));
  }

  /**
   * Whether the folder is below one that the user has to himself: a user without a home has it
   * among everybody's temporary files.
   *
   * @param environment environment variables
   * @param home the value of {@code user.home}
   */
  static boolean isTheUsersOwn(Map<String, String> environment, String home) {
    return home.length() > 1
        || variable(environment, "XDG_CACHE_HOME").filter(Path::isAbsolute).isPresent();
  }

  private static Optional<Path> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .filter(value -> !value.isBlank())
        .map(Path::of);
  }
}
