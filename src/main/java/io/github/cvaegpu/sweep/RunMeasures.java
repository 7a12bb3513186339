// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What was measured of a run's model besides what training records: {@code measures.json} in the
 * run's folder, so that it is measured once.
 *
 * @param format version of this file's layout, and of what is measured
 * @param parametersSha256 of the parameters that were measured
 * @param test the test images, with {@value #SAMPLES} samples each
 * @param exact log p(x) of the test images; absent where the latent space is too large for it
 */
public record RunMeasures(
    int format, String parametersSha256, Evaluation test, @AbsentIfNull ExactLikelihood exact) {

  /** The version of this layout. What is of another one is measured again. */
  public static final int FORMAT = 1;

  /** Samples of the importance-weighted bound. */
  public static final int SAMPLES = 100;

  private static final String FILE = "measures.json";
  private static final int MOST_BYTES = 1 << 16;

  /** Where they are in a run's folder. */
  static Path file(Path run) {
    return run.resolve(FILE);
  }

  /** What is in a run's folder; empty if it cannot be used, and is to be measured anew. */
  static Optional<RunMeasures> read(Path run) {
    Path file = file(run);
    try {
      if (!RegularFile.isTaken(file)) {
        return Optional.empty();
      }
      byte[] json = RegularFile.readAllBytes(file, Links.REFUSED, MOST_BYTES);
      return Optional.ofNullable(
              Json.PRETTY.fromJson(new String(json, StandardCharsets.UTF_8), RunMeasures.class))
          .filter(RunMeasures::isWhole);
    } catch (IOException | RuntimeException e) {
      // Gson wraps what a record refuses; and a link or a file of megabytes is none of this
      // program's.
      return Optional.empty();
    }
  }

  /**
   * Writes them into a run's folder.
   *
   * @throws UnwritableException if they cannot be
   */
  void write(Path run) {
    byte[] json = (Json.PRETTY.toJson(this) + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.replace(file(run), out -> out.write(json));
    } catch (IOException e) {
      throw new UnwritableException(
          "%s cannot be written: %s.".formatted(file(run), AtomicFile.reason(e)), e);
    }
  }

  private boolean isWhole() {
    return format == FORMAT
        && parametersSha256 != null
        && test != null
        && test.importanceWeightedBound() != null
        && (exact == null || exact.logLikelihood() != null);
  }

  /** Whether they are of these parameters. */
  boolean isOf(String sha256) {
    return parametersSha256.equals(sha256);
  }

  /** The importance-weighted bound, nats per image. */
  OptionalDouble bound() {
    return OptionalDouble.of(test.importanceWeightedBound().mean());
  }

  /** log p(x), nats per image; empty where it was not integrated. */
  OptionalDouble logLikelihood() {
    return exact == null ? OptionalDouble.empty() : OptionalDouble.of(exact.logLikelihood().mean());
  }
}
