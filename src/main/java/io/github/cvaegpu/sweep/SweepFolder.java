// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.train.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a sweep is: {@code sweep.json}, its runs in {@code runs/}, each named by its settings, and
 * what was gathered of them.
 */
public final class SweepFolder {
  private static final String PLAN = "sweep.json";

  /** In the folder of a run that was refused: why, in one sentence. */
  private static final String REFUSAL = "refused.txt";

  /** Longer than any sentence of this program. */
  private static final int MAX_TEXT = 1 << 16;

  /** Longer than any plan by far. */
  private static final int MAX_PLAN = 16 << 20;

  private final Path folder;

  /**
   * @param folder which may not be there yet
   */
  public SweepFolder(Path folder) {
    this.folder = folder;
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /** Where its runs are. */
  public Path runs() {
    return folder.resolve("runs");
  }

  /** Where one of them is, or will be. */
  public Path folder(SweepPoint run) {
    return runs().resolve(run.name());
  }

  /** The file that says what the sweep is. */
  public Path planFile() {
    return folder.resolve(PLAN);
  }

  /**
   * What the sweep in the folder is.
   *
   * @return empty if there is none
   * @throws InputException if its file cannot be used
   */
  public Optional<SweepPlan> plan() {
    return RegularFile.isTaken(planFile()) ? Optional.of(read(planFile())) : Optional.empty();
  }

  /**
   * Reads what a sweep is.
   *
   * @throws InputException if the file cannot be read or is none of a sweep
   */
  public static SweepPlan read(Path file) {
    try {
      byte[] bytes = RegularFile.readAllBytes(file, Links.FOLLOWED, MAX_PLAN);
      return SweepJson.parse(new String(bytes, StandardCharsets.UTF_8), file.toString());
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /**
   * Makes the folder that of a sweep; where it is that already, nothing happens.
   *
   * @throws InputException if it is another sweep's, or cannot be written to
   */
  public void begin(SweepPlan plan) {
    if (plan().isPresent()) {
      requireSame(plan);
      return;
    }
    byte[] json = SweepJson.of(plan).getBytes(StandardCharsets.UTF_8);
    write(planFile(), json);
  }

  /**
   * Refuses another sweep than the one in the folder.
   *
   * @throws InputException if there is none, or it differs
   */
  public void requireSame(SweepPlan plan) {
    SweepPlan there =
        plan().orElseThrow(() -> new InputException("There is no sweep in %s.".formatted(folder)));
    plan.difference(there)
        .ifPresent(
            difference -> {
              throw new InputException(
                  "%s holds another sweep: %s. Choose another --out; without settings the command"
                          .formatted(folder, difference)
                      + " goes on with the one there.");
            });
  }

  /**
   * Why a run was refused, as was written when it was.
   *
   * @return empty if it was not
   */
  public Optional<String> refusal(SweepPoint run) {
    Path file = folder(run).resolve(REFUSAL);
    if (!RegularFile.isTaken(file)) {
      return Optional.empty();
    }
    try {
      byte[] bytes = RegularFile.readAllBytes(file, Links.REFUSED, MAX_TEXT);
      return Optional.of(new String(bytes, StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /**
   * Writes down why a run was refused.
   *
   * @param sentence for the user
   */
  public void refuse(SweepPoint run, String sentence) {
    write(folder(run).resolve(REFUSAL), (sentence + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Forgets that a run was refused: it is not now. */
  public void accept(SweepPoint run) {
    Path file = folder(run).resolve(REFUSAL);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UnwritableException(
          "%s cannot be removed: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /**
   * Writes a file that others are to read.
   *
   * @param name in the folder
   * @return where it is
   */
  public Path write(Path name, String text) {
    Path file = folder.resolve(name);
    write(file, text.getBytes(StandardCharsets.UTF_8));
    return file;
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      AtomicFile.replace(file, out -> out.write(bytes));
    } catch (IOException e) {
      throw AtomicFile.refusal("%s cannot be written: %s.", file, e);
    }
  }
}
