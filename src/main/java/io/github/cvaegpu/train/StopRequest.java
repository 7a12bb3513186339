// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.UnwritableException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A word to the process that trains in a folder to stop as a Ctrl-C would have it: a file in the
 * folder. Unlike a signal it cannot meet another process of the same number, and it reaches one on
 * another machine, or in a container, that has the folder on a disk of both.
 */
public final class StopRequest implements BooleanSupplier {
  /** What a run that stops for it says. */
  static final String SENTENCE =
      "Somebody has asked this run to stop, on the page that serve makes.";

  private static final String NAME = ".stop";

  /** A look is a call of the system's, which on a network's disk is slow. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path file;
  private final BooleanSupplier other;
  private long lastLook = System.nanoTime();
  private volatile boolean isMade;

  /**
   * @param folder of the run
   * @param other asked as well
   */
  StopRequest(Path folder, BooleanSupplier other) {
    file = file(folder);
    this.other = other;
  }

  private static Path file(Path folder) {
    return folder.resolve(NAME);
  }

  /**
   * Asks the process at work in a folder to stop. Asked again it is the same request; where no
   * process is at work, the next one to come deletes it and goes on.
   *
   * @throws UnwritableException if the file cannot be written
   */
  public static void make(Path folder) {
    try {
      Files.createFile(file(folder));
    } catch (FileAlreadyExistsException e) {
      // It was asked already.
    } catch (IOException e) {
      throw new UnwritableException(
          "The run in %s cannot be asked to stop: %s.".formatted(folder, AtomicFile.reason(e)), e);
    }
  }

  /** Whether somebody has asked the process at work in a folder to stop. */
  public static boolean isMade(Path folder) {
    return RegularFile.isTaken(file(folder));
  }

  /** Takes a request back, also one that the process was gone before it could see. */
  static void clear(Path folder) throws IOException {
    Files.deleteIfExists(file(folder));
  }

  /** Whether to stop, by the file or otherwise. */
  @Override
  public boolean getAsBoolean() {
    return other.getAsBoolean() || isMadeNow();
  }

  /** Whether it was the file that asked, as far as this has looked. */
  boolean isMade() {
    return isMade;
  }

  private boolean isMadeNow() {
    long now = System.nanoTime();
    if (!isMade && now - lastLook >= LOOK_NANOS) {
      lastLook = now;
      isMade = RegularFile.isTaken(file);
    }
    return isMade;
  }
}
