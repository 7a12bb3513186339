// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.List;
import java.util.Optional;

/**
 * Images to look at, and not to train on.
 *
 * @param name of the dataset, folder or file
 * @param images in the order of the input; of a folder of pictures sorted by class and name
 * @param warnings what the user should know of how they were read, complete sentences
 */
public record Input(String name, ImageSet images, List<String> warnings) {
  /** Copies the warnings. */
  public Input {
    warnings = List.copyOf(warnings);
  }

  static Input of(Parts parts, Reading reading, Optional<Split> split) {
    return new Input(parts.name(), parts.images(reading.testPart(), split), parts.warnings());
  }
}
