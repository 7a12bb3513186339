// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.foreign.UserCache;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where datasets are looked for.
 *
 * @param cache folder with one folder for each downloaded dataset
 * @param environmentFolder the folder that {@code CVAE_GPU_DATA} names, if it is set
 * @param offline whether downloads are forbidden
 */
public record DataLocations(Path cache, Optional<Path> environmentFolder, boolean offline) {
  /** Environment variable that names the folder of MNIST's four files. */
  public static final String FOLDER_VARIABLE = "CVAE_GPU_DATA";

  /** Environment variable that forbids downloads. */
  public static final String OFFLINE_VARIABLE = "CVAE_GPU_OFFLINE";

  /**
   * The locations that this process's environment asks for.
   *
   * @throws InputException if {@code CVAE_GPU_OFFLINE} is neither yes nor no
   */
  public static DataLocations fromEnvironment() {
    return from(
        System.getenv(), System.getProperty("os.name", ""), System.getProperty("user.home", ""));
  }

  /** These locations, with downloads forbidden if they were not already. */
  public DataLocations offlineIf(boolean forbidden) {
    return new DataLocations(cache, environmentFolder, offline || forbidden);
  }

  static DataLocations from(Map<String, String> environment, String system, String home) {
    Optional<Path> folder = variable(environment, FOLDER_VARIABLE).map(Path::of);
    boolean offline = variable(environment, OFFLINE_VARIABLE).map(DataLocations::yes).orElse(false);
    return new DataLocations(UserCache.folder(environment, system, home), folder, offline);
  }

  private static boolean yes(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "1", "true", "yes", "on" -> true;
      case "0", "false", "no", "off" -> false;
      default ->
          throw new InputException(
              "The environment variable %s must be 1 or 0, not \"%s\"."
                  .formatted(OFFLINE_VARIABLE, value));
    };
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }
}
