// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The rungs of a sweep that were decided: {@code rungs.json} in its folder. What was decided stays
 * so, whatever becomes of the runs later.
 *
 * @param format version of this file's layout
 * @param rungs from the first
 */
public record Rungs(int format, List<Rung> rungs) {
  private static final int FORMAT = 1;
  private static final String FILE = "rungs.json";
  private static final int MOST_BYTES = 64 << 20;

  /** Refuses what is no list. */
  public Rungs {
    rungs = List.copyOf(rungs);
  }

  private static Path file(SweepFolder folder) {
    return folder.folder().resolve(FILE);
  }

  /**
   * Those of a sweep.
   *
   * @throws InputException if its file cannot be used
   */
  public static Rungs read(SweepFolder folder) {
    Path file = file(folder);
    if (!RegularFile.isTaken(file)) {
      return new Rungs(FORMAT, List.of());
    }
    Rungs rungs;
    try {
      byte[] json = RegularFile.readAllBytes(file, Links.REFUSED, MOST_BYTES);
      rungs = Json.PRETTY.fromJson(new String(json, StandardCharsets.UTF_8), Rungs.class);
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    } catch (InputException e) {
      throw e;
    } catch (RuntimeException e) {
      // Gson wraps what a record refuses.
      throw damaged(file, e);
    }
    if (rungs == null || rungs.format() != FORMAT) {
      throw damaged(file, null);
    }
    return rungs;
  }

  private static InputException damaged(Path file, Exception cause) {
    return new InputException(
        "%s is damaged, or of a later version: it says which runs were left, so that nothing goes on"
                .formatted(file)
            + " without it.",
        cause);
  }

  /** What was decided after some epochs. */
  public Optional<Rung> after(int epochs) {
    return rungs.stream().filter(rung -> rung.epochs() == epochs).findFirst();
  }

  /**
   * These and one more, also in the sweep's folder. Another process may have decided meanwhile;
   * what it has written stays.
   *
   * @throws UnwritableException if it cannot be written
   */
  public Rungs with(Rung rung, SweepFolder folder) {
    Rungs there = read(folder);
    if (there.after(rung.epochs()).isPresent()) {
      return there;
    }
    List<Rung> more = new ArrayList<>(there.rungs());
    more.add(rung);
    var all = new Rungs(FORMAT, more);
    byte[] json = (Json.PRETTY.toJson(all) + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.replace(file(folder), out -> out.write(json));
    } catch (IOException e) {
      throw new UnwritableException(
          "%s cannot be written: %s.".formatted(file(folder), AtomicFile.reason(e)), e);
    }
    return all;
  }

  /** What is to be said of a combination that was left at one of them. */
  public Optional<String> note(int combination, Measure measure) {
    return rungs.stream().flatMap(rung -> rung.note(combination, measure).stream()).findFirst();
  }
}
