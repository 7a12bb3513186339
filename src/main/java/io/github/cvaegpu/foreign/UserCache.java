// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Where this user's programs keep what can be fetched or made again. */
public final class UserCache {
  private UserCache() {}

  /**
   * The program's own folder in the user's cache; it need not exist.
   *
   * @param environment environment variables
   * @param home the user's home folder
   * @param os the value of {@code os.name}
   */
  public static Path folder(Map<String, String> environment, Path home, String os) {
    String lower = os.toLowerCase(Locale.ROOT);
    String xdg = environment.get("XDG_CACHE_HOME");
    Path base;
    // The XDG specification says that a relative path there is to be ignored.
    if (xdg != null && Path.of(xdg).isAbsolute()) {
      base = Path.of(xdg);
    } else if (lower.startsWith("windows") && environment.get("LOCALAPPDATA") != null) {
      base = Path.of(environment.get("LOCALAPPDATA"));
    } else if (lower.startsWith("mac")) {
      base = home.resolve("Library").resolve("Caches");
    } else {
      base = home.resolve(".cache");
    }
    return base.resolve("cvae-gpu");
  }

  /** The folder for this process's environment. */
  public static Path folder() {
    return folder(
        System.getenv(), Path.of(System.getProperty("user.home")), System.getProperty("os.name"));
  }
}
