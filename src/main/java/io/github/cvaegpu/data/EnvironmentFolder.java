// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * The folder that {@code CVAE_GPU_DATA} names.
 *
 * @param path where it is
 * @param formats what it may hold
 */
record EnvironmentFolder(Path path, ImageSources formats) {
  /**
   * Reads it.
   *
   * @throws InputException if it cannot be used; the message has the variable's name
   */
  Resolution read() {
    return read(parts -> Resolution.of(parts, Reading.PLAIN));
  }

  /**
   * Reads images of it that are not to be trained on.
   *
   * @throws InputException as {@link #read()}
   */
  Input images(Optional<Split> split) {
    return read(parts -> Input.of(parts, Reading.PLAIN, split));
  }

  private <T> T read(Function<Parts, T> taken) {
    try {
      return taken.apply(formats.read(new DataChoice.At(path), DownloadListener.SILENT));
    } catch (InputException e) {
      throw new InputException(
          "%s (the environment variable %s names it)."
              .formatted(e.phrase(), DataLocations.FOLDER_VARIABLE),
          e);
    }
  }

  /**
   * Reads it as the dataset that it has to hold.
   *
   * @param name of a published dataset
   * @throws InputException if it holds something else
   */
  Dataset read(String name) {
    Dataset there = read().dataset();
    boolean isVerified = there.status() == Dataset.Status.VERIFIED;
    if (!isVerified || !there.name().equals(name)) {
      throw new InputException(
          "The folder %s, which the environment variable %s names, does not hold %s but %s."
              .formatted(
                  there.origin(),
                  DataLocations.FOLDER_VARIABLE,
                  name,
                  isVerified ? there.name() : "other images"));
    }
    return there;
  }
}
