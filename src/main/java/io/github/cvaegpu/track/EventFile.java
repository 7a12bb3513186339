// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.export.ProtobufMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A file of TensorBoard's events: records of a length, its checksum, the bytes of an {@code Event}
 * (tensorflow/core/util/event.proto) and their checksum, all little-endian. A record is written in
 * one piece and at once, so that a reader sees it and only the last one can be torn.
 */
final class EventFile implements AutoCloseable {
  /** The first record, which says how the others are to be read. */
  private static final String VERSION = "brain.Event:2";

  private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.(\\d{1,18})\\..*");

  /** Of another host's or process's, which begins within the same second, the name differs. */
  private static final int MOST_ATTEMPTS = 1000;

  private static final int MASK_DELTA = 0xa282ead8;

  private final FileChannel channel;

  private EventFile(FileChannel channel) {
    this.channel = channel;
  }

  /** Whether a folder has event files; one that is not there has none. */
  static boolean isIn(Path folder) throws IOException {
    return lastSecond(folder).isPresent();
  }

  /**
   * Begins a file that readers take after those that are there: they go by name.
   *
   * @param folder made if absent
   */
  static EventFile create(Path folder) throws IOException {
    Files.createDirectories(folder);
    OptionalLong before = lastSecond(folder);
    long now = Instant.now().getEpochSecond();
    long second = before.isPresent() ? Math.max(now, before.getAsLong() + 1) : now;
    for (int attempt = 0; ; attempt++) {
      String name =
          String.format(
              Locale.ROOT,
              "events.out.tfevents.%010d.%s.%d.%d",
              second,
              host(),
              ProcessHandle.current().pid(),
              attempt);
      try {
        var file =
            new EventFile(
                FileChannel.open(
                    folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        file.write(event(0).text(3, VERSION));
        return file;
      } catch (FileAlreadyExistsException e) {
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static OptionalLong lastSecond(Path folder) throws IOException {
    if (!RegularFile.isTaken(folder)) {
      return OptionalLong.empty();
    }
    OptionalLong last = OptionalLong.empty();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          last = OptionalLong.of(Math.max(last.orElse(0), Long.parseLong(name.group(1))));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return last;
  }

  /** As the environment names it: to ask the network could take a while. */
  private static String host() {
    for (String variable : List.of("HOSTNAME", "COMPUTERNAME")) {
      String name = System.getenv(variable);
      if (name != null && name.matches("[\\w.-]{1,100}")) {
        return name;
      }
    }
    return "localhost";
  }

  /** Begins an event of now. */
  static ProtobufMessage event(long step) {
    Instant now = Instant.now();
    ProtobufMessage event =
        new ProtobufMessage().float64(1, now.getEpochSecond() + now.getNano() / 1e9);
    // A field of its default value is left out, as writers of this format do.
    return step == 0 ? event : event.number(2, step);
  }

  /** Appends an event. */
  void write(ProtobufMessage event) throws IOException {
    byte[] data = event.toBytes();
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedChecksum(record.array(), Long.BYTES));
    record.put(data).putInt(maskedChecksum(data, data.length)).flip();
    while (record.hasRemaining()) {
      channel.write(record);
    }
  }

  /** The format's: a checksum of bytes that hold checksums would be weak without the mask. */
  private static int maskedChecksum(byte[] bytes, int length) {
    var checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
