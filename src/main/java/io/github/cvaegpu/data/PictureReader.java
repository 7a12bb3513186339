// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.model.VaeShape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * Reads many pictures into one array, on all processors. They have the size of the first one that
 * can be read, or that of {@code --resize}. Which picture is complained of does not depend on the
 * number of threads: it is the first.
 */
final class PictureReader {
  /** How many pixels are decoded at a time: 8 bytes each at most, so that memory is bounded. */
  private static final int PIXELS_AT_A_TIME = 1 << 26;

  /** Pictures after which the listener hears of it. */
  private static final int TOLD = 32;

  private final Reading reading;
  private final DownloadListener listener;
  private final Semaphore free = new Semaphore(PIXELS_AT_A_TIME);
  private ImageSize size; // null until a picture was read that tells
  private Path model; // of that size
  private int skipped;
  private int done; // of the part that is being read
  private String firstProblem; // null if nothing was skipped

  PictureReader(Reading reading, DownloadListener listener) {
    this.reading = reading;
    this.listener = listener;
  }

  /**
   * Pictures of a part.
   *
   * @param images those that were read, without labels
   * @param read which of the files these are
   */
  record Stack(ImageSet images, BitSet read) {}

  /**
   * Reads files; a second call takes the size that the first one found.
   *
   * @param folder that they are in, for sentences
   * @throws InputException if one cannot be read and is not to be skipped, if none can, if sizes
   *     differ or if they are too large
   */
  Stack read(Path folder, List<Path> files) {
    if (size == null) {
      findSize(folder, files);
    }
    long bytes = (long) files.size() * size.pixels();
    if (bytes > IdxFile.MAX_PAYLOAD) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The folder %s holds %,d pictures, of %d x %d pixels when read, and no more than %d"
                  + " MiB of pixels are.",
              folder,
              files.size(),
              size.height(),
              size.width(),
              IdxFile.MAX_PAYLOAD >> 20));
    }
    byte[] pixels = new byte[(int) bytes];
    BitSet read = readInto(pixels, files);
    int count = read.cardinality();
    if (count == 0) {
      throw noneReadable(folder, files.size());
    }
    byte[] left = count == files.size() ? pixels : closedUp(pixels, read);
    return new Stack(ImageSet.withoutLabels(size.height(), size.width(), left, count), read);
  }

  private InputException noneReadable(Path folder, int count) {
    return new InputException(
        String.format(
            Locale.ROOT,
            "None of the %,d pictures in %s can be read: %s.",
            count,
            folder,
            firstProblem));
  }

  /** What was left out, for the user. */
  Optional<String> warning() {
    return skipped == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "Left out as unreadable: %,d %s; the first: %s.",
                skipped,
                skipped == 1 ? "picture" : "pictures",
                firstProblem));
  }

  private void findSize(Path folder, List<Path> files) {
    if (reading.resize() != null) {
      size = reading.resize();
      return;
    }
    for (Path file : files) {
      try {
        Picture first = Picture.open(file);
        requireFits(file, first.size());
        // What cannot be decoded must not decide.
        first.grey();
        size = first.size();
        model = file;
        return;
      } catch (Refusal e) {
        if (!reading.skipUnreadable()) {
          throw refused(file, e);
        }
        if (firstProblem == null) {
          firstProblem = "%s %s".formatted(file, e.getMessage());
        }
      }
    }
    throw noneReadable(folder, files.size());
  }

  private static void requireFits(Path file, ImageSize size) {
    if (size.pixels() > VaeShape.MAX_WIDTH) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has %d x %d pixels, more than the %,d of an image that a network takes: --resize"
                  + " N makes all of them N x N.",
              file,
              size.height(),
              size.width(),
              VaeShape.MAX_WIDTH));
    }
  }

  private BitSet readInto(byte[] pixels, List<Path> files) {
    var problems = new AtomicReferenceArray<Exception>(files.size());
    // No picture after the first that stops the reading has to be read.
    var stop = new AtomicInteger(files.size());
    done = 0;
    Thread asked = Thread.currentThread();
    IntStream.range(0, files.size())
        .parallel()
        .forEach(
            i -> {
              if (asked.isInterrupted()) {
                stop.set(-1);
              }
              if (i > stop.get()) {
                return;
              }
              try {
                byte[] grey = read(files.get(i));
                System.arraycopy(grey, 0, pixels, i * size.pixels(), size.pixels());
              } catch (Refusal | InputException e) {
                problems.set(i, e);
                if (!reading.skipUnreadable() || e instanceof InputException) {
                  stop.accumulateAndGet(i, Math::min);
                }
              }
              tell(files.size());
            });
    if (asked.isInterrupted()) {
      throw new InputException("Reading pictures was interrupted.");
    }
    var read = new BitSet(files.size());
    for (int i = 0; i < files.size(); i++) {
      switch (problems.get(i)) {
        case null -> read.set(i);
        case InputException e -> throw e;
        case Refusal e -> {
          if (!reading.skipUnreadable()) {
            throw refused(files.get(i), e);
          }
          skipped++;
          if (firstProblem == null) {
            firstProblem = "%s %s".formatted(files.get(i), e.getMessage());
          }
        }
        case Exception e -> throw new IllegalStateException(e);
      }
    }
    return read;
  }

  /** That one more of them is read. */
  private synchronized void tell(int total) {
    done++;
    if (done % TOLD == 0 || done == total) {
      listener.reading(done, total);
    }
  }

  private byte[] read(Path file) throws Refusal {
    Picture picture = Picture.open(file);
    ImageSize own = picture.size();
    if (reading.resize() == null && !own.equals(size)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has %d x %d pixels and %s has %d x %d: --resize %d makes all of them %d x %d.",
              file,
              own.height(),
              own.width(),
              model,
              size.height(),
              size.width(),
              Math.min(size.height(), size.width()),
              Math.min(size.height(), size.width()),
              Math.min(size.height(), size.width())));
    }
    free.acquireUninterruptibly(own.pixels());
    try {
      return Scaling.scaled(picture.grey(), own, size);
    } finally {
      free.release(own.pixels());
    }
  }

  private static InputException refused(Path file, Refusal e) {
    return new InputException("%s %s.".formatted(file, e.getMessage()), e);
  }

  private byte[] closedUp(byte[] pixels, BitSet read) {
    int at = 0;
    for (int i : read.stream().toArray()) {
      System.arraycopy(pixels, i * size.pixels(), pixels, at, size.pixels());
      at += size.pixels();
    }
    return Arrays.copyOf(pixels, at);
  }
}
