// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import picocli.CommandLine.Option;

/** The option that says how many latent points an image is scored with. */
final class SamplesOption {
  private static final int MAX = 1_000_000;

  @Option(
      names = "--samples",
      paramLabel = "K",
      defaultValue = "100",
      description = "Latent points drawn for each image. Default: ${DEFAULT-VALUE}.")
  private int samples;

  /** Refuses a number that is none, before anything is loaded. */
  void check() {
    Given.requireIn("--samples", samples, 1, MAX);
  }

  /** How many. */
  int count() {
    return samples;
  }
}
