// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Which files in a folder are whole copies of the jar's.
 *
 * <p>A JVM that has just started is slow at SHA-256. So it is not taken at every start but when the
 * file is written, and kept in the folder with the file's size and times: as long as those stay
 * (the time of the last change of any kind cannot be set by a program) nobody has written to the
 * file. The first start after the machine's looks at the bytes again, for what a power cut or a
 * disk did to them leaves the times alone.
 *
 * <p>The folder has to be closed to others ({@link OwnFolder}): this finds damage, not malice.
 */
final class Copies {
  private static final String RECORD = "copies.txt";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Path folder;
  private final String boot;
  private final Map<String, Copy> copies = new TreeMap<>();
  private boolean bootIsRecorded;
  private boolean changed;

  /**
   * What is known of a copy.
   *
   * @param crc32 of the jar's
   * @param sha256 of the bytes
   * @param state of the file
   */
  private record Copy(long crc32, String sha256, State state) {}

  /** What changes when a file is written to; times in nanoseconds. */
  private record State(long size, long modified, long changed) {}

  private Copies(Path folder, String boot) {
    this.folder = folder;
    this.boot = boot;
  }

  /** Reads what is known of a folder; nothing, if the record of it is missing or damaged. */
  static Copies in(Path folder) {
    return in(folder, currentBoot());
  }

  /**
   * As {@link #in(Path)}.
   *
   * @param boot what changes whenever the machine is started
   */
  static Copies in(Path folder, String boot) {
    var result = new Copies(folder, boot);
    try {
      for (String line : Files.readAllLines(folder.resolve(RECORD))) {
        result.read(line.split(" ", -1));
      }
    } catch (IOException | RuntimeException e) {
      result.copies.clear();
    }
    return result;
  }

  private void read(String[] words) {
    if (words[0].equals("boot")) {
      bootIsRecorded = words[1].equals(boot);
    } else {
      copies.put(
          words[0],
          new Copy(
              Long.parseLong(words[1]),
              words[2],
              new State(
                  Long.parseLong(words[3]), Long.parseLong(words[4]), Long.parseLong(words[5]))));
    }
  }

  /** Whether a file is there and has the jar's bytes. */
  boolean isWhole(String name, Resources.Resource source) throws IOException {
    Copy copy = copies.get(name);
    Optional<State> state = state(folder.resolve(name));
    if (copy == null
        || state.isEmpty()
        || copy.crc32 != source.crc32()
        || state.get().size != source.size()) {
      return false;
    }
    if (bootIsRecorded && state.get().equals(copy.state)) {
      return true;
    }
    if (!Digests.hex(Digests.sha256(), folder.resolve(name)).equals(copy.sha256)) {
      return false;
    }
    copies.put(name, new Copy(copy.crc32, copy.sha256, state.get()));
    changed = true;
    return true;
  }

  /** Tells of a copy that has just been made. */
  void put(String name, Resources.Resource source, String sha256) throws IOException {
    State state =
        state(folder.resolve(name))
            .orElseThrow(() -> new NoSuchFileException(folder.resolve(name).toString()));
    copies.put(name, new Copy(source.crc32(), sha256, state));
    changed = true;
  }

  /** Keeps what is known for the next run. */
  void save() {
    if (!changed) {
      return;
    }
    var text = new StringBuilder("boot ").append(boot).append('\n');
    copies.forEach(
        (name, copy) ->
            text.append(name)
                .append(' ')
                .append(copy.crc32)
                .append(' ')
                .append(copy.sha256)
                .append(' ')
                .append(copy.state.size)
                .append(' ')
                .append(copy.state.modified)
                .append(' ')
                .append(copy.state.changed)
                .append('\n'));
    try {
      Path partial = Files.createTempFile(folder, RECORD, null);
      try {
        Files.writeString(partial, text);
        Files.move(partial, folder.resolve(RECORD), StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      // The next run looks at all bytes again.
    }
  }

  /** Empty if there is no such file, or it is a link, or others may write to it. */
  private static Optional<State> state(Path file) throws IOException {
    Map<String, Object> found;
    try {
      found =
          Files.readAttributes(
              file,
              "unix:isRegularFile,mode,size,lastModifiedTime,ctime",
              LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    boolean isFile = (Boolean) found.get("isRegularFile");
    if (!isFile || ((Integer) found.get("mode") & OwnFolder.OTHERS_WRITE) != 0) {
      return Optional.empty();
    }
    return Optional.of(
        new State(
            (Long) found.get("size"),
            nanoseconds(found.get("lastModifiedTime")),
            nanoseconds(found.get("ctime"))));
  }

  private static long nanoseconds(Object time) {
    return ((FileTime) time).to(TimeUnit.NANOSECONDS);
  }

  private static String currentBoot() {
    try {
      return Files.readString(BOOT_ID).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }
}
