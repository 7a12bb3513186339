// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.data.Input;
import io.github.cvaegpu.data.Reading;
import io.github.cvaegpu.data.Resolution;
import io.github.cvaegpu.data.Split;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say which images, and how they are loaded. */
final class DataOptions {
  /** What {@code --data} takes. */
  static final String LABEL = "NAME|PATH";

  /** What that is. */
  static final String DATA = "mnist, fashion-mnist, kmnist, synthetic, sprites, a path.";

  private static final String RULE = "*".repeat(80);

  @Option(names = "--data", paramLabel = LABEL, description = DATA + " Default: auto.")
  private String data;

  @Option(
      names = "--test-part",
      paramLabel = "P",
      description = "Part of own images to hold out, if they have no test part. Default: none.")
  private Double testPart;

  @Option(
      names = "--resize",
      paramLabel = "N|HxW",
      converter = Converters.Size.class,
      description = "Scale own pictures to N x N, or H x W, pixels. Default: as they are.")
  private ImageSize resize;

  @Option(
      names = "--skip-unreadable",
      description = "Leave out pictures that cannot be read. Default: refuse them.")
  private boolean skipUnreadable;

  @Option(names = "--offline", description = "Download nothing. Default: downloads allowed.")
  private boolean offline;

  /**
   * The dataset asked for, if one was.
   *
   * @throws InputException if it is to be read in a way that there is not, or nothing is to be
   */
  Optional<DataChoice> asked() {
    if (testPart != null) {
      Reading.requireTestPart(testPart);
    }
    var reading = new Reading(testPart == null ? 0 : testPart, resize, skipUnreadable);
    if (data == null && !reading.isPlain()) {
      throw new InputException(
          "--test-part, --resize and --skip-unreadable say how --data PATH is read, and there is no"
              + " --data.");
    }
    return Optional.ofNullable(data).map(text -> DataChoice.of(text, reading));
  }

  /**
   * The dataset asked for, if one was, for a run that goes on: its images lie elsewhere now. What
   * was not said of how a path is read is as it was when the run began.
   *
   * @param begun how its images were read then
   * @throws InputException if what was said is something else
   */
  Optional<DataChoice> askedAgain(Reading begun) {
    Optional<DataChoice> asked = asked();
    if (asked.isEmpty() || !(asked.get() instanceof DataChoice.At at)) {
      return asked;
    }
    Given.requireSame("--test-part", testPart, begun.testPart() == 0 ? "none" : begun.testPart());
    Given.requireSame("--resize", spelled(resize), Given.or(spelled(begun.resize()), "none"));
    if (skipUnreadable && !begun.skipUnreadable()) {
      throw new InputException(
          "The run was started without --skip-unreadable and cannot go on with it.");
    }
    return Optional.of(new DataChoice.At(at.path(), begun));
  }

  /** As the command line has it; null of none. */
  private static String spelled(ImageSize size) {
    return size == null ? null : String.format(Locale.ROOT, "%dx%d", size.height(), size.width());
  }

  /** Whether nothing is to be downloaded. */
  boolean isOffline() {
    return offline;
  }

  /** The dataset asked for, {@code auto} if none was. */
  DataChoice choice() {
    return asked().orElse(DataChoice.AUTO);
  }

  /**
   * Loads a dataset. Where it is not the one that was meant, nobody can miss the warning; where it
   * has no labels, a sentence says what there will not be.
   *
   * @param choice what to load
   * @param messages where to say what is being downloaded
   * @param warnings where to warn
   * @param hasBar whether a bar is welcome while pictures are read
   */
  Dataset load(DataChoice choice, PrintWriter messages, PrintWriter warnings, boolean hasBar) {
    var loader = new DatasetLoader(DataLocations.fromEnvironment().offlineIf(offline));
    Resolution resolution;
    // A download waits for the network, and clears up when its thread is interrupted.
    try (var lines = new DownloadLines(messages, hasBar)) {
      resolution = Interruption.interruptibly(() -> loader.load(choice, lines));
    }
    if (resolution.dataset().status() == Dataset.Status.SYNTHETIC_FALLBACK) {
      warnAboutFallback(resolution.reasons(), warnings);
    }
    resolution.warnings().forEach(text -> warnings.println("Warning: " + text));
    Dataset dataset = resolution.dataset();
    if (!dataset.train().hasLabels() || !dataset.test().hasLabels()) {
      warnings.printf(
          "Warning: %s has no labels, so maps are drawn without colours and there is no accuracy of"
              + " nearest neighbours, no linear probe and no label MIG.%n",
          dataset.name());
    }
    return dataset;
  }

  /**
   * Loads images that are not to be trained on.
   *
   * @param choice where they are
   * @param split which part of them; empty for the test images, or all where there is one part
   * @param err where to warn, and to say what is being downloaded
   * @param hasBar whether a bar is welcome while pictures are read
   */
  Input images(DataChoice choice, Optional<Split> split, PrintWriter err, boolean hasBar) {
    var loader = new DatasetLoader(DataLocations.fromEnvironment().offlineIf(offline));
    Input input;
    try (var lines = new DownloadLines(err, hasBar)) {
      input = Interruption.interruptibly(() -> loader.images(choice, split, lines));
    }
    input.warnings().forEach(text -> err.println("Warning: " + text));
    return input;
  }

  /** Says that the images are not real. */
  static void warnAboutFallback(List<String> reasons, PrintWriter err) {
    err.println(RULE);
    err.println("*  WARNING: these are SYNTHETIC DIGITS, not MNIST.");
    err.println("*  Their figures say nothing about MNIST.");
    if (!reasons.isEmpty()) {
      err.println("*  MNIST could not be had, because:");
      for (String reason : reasons) {
        err.println("*    - " + reason);
      }
    }
    err.println(
        "*  --data DIR names a folder with MNIST's four files; --data mnist refuses to fall");
    err.println("*  back; --data synthetic asks for these digits and does not warn.");
    err.println(RULE);
  }
}
