// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;

/** Asks the C library about standard output. */
public final class Terminal {
  private static final int STANDARD_OUTPUT = 1;
  private static final int POLLERR = 8;

  private Terminal() {}

  /** Whether standard output is a terminal; false where the system cannot be asked. */
  public static boolean isInteractive() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> isatty = linker.defaultLookup().find("isatty");
    if (isatty.isEmpty()) {
      return false;
    }
    var handle = linker.downcallHandle(isatty.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    try {
      return (int) handle.invokeExact(STANDARD_OUTPUT) != 0;
    } catch (Throwable e) {
      throw new LinkageError("isatty", e);
    }
  }

  /**
   * Whether standard output is a pipe or a socket whose other end is closed; false where the system
   * cannot be asked.
   */
  public static boolean isReaderGone() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> poll = linker.defaultLookup().find("poll");
    if (poll.isEmpty()) {
      return false;
    }
    var handle =
        linker.downcallHandle(
            poll.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      // struct pollfd: a descriptor, the events asked for, the events there are.
      MemorySegment descriptor = arena.allocate(JAVA_INT, 2);
      descriptor.setAtIndex(JAVA_INT, 0, STANDARD_OUTPUT);
      int result = (int) handle.invokeExact(descriptor, 1L, 0);
      return result > 0 && (descriptor.getAtIndex(JAVA_SHORT, 3) & POLLERR) != 0;
    } catch (Throwable e) {
      throw new LinkageError("poll", e);
    }
  }

  /** Columns of the terminal that standard output is, if it is one and tells. */
  public static OptionalInt columns() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> ioctl = linker.defaultLookup().find("ioctl");
    if (ioctl.isEmpty()) {
      return OptionalInt.empty();
    }
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    long windowSize = mac ? 0x40087468L : 0x5413L; // TIOCGWINSZ
    var handle =
        linker.downcallHandle(
            ioctl.get(),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
            Linker.Option.firstVariadicArg(2));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_SHORT, 4); // rows, columns, and two unused
      int result = (int) handle.invokeExact(STANDARD_OUTPUT, windowSize, size);
      int columns = size.getAtIndex(JAVA_SHORT, 1) & 0xFFFF;
      return result == 0 && columns > 0 ? OptionalInt.of(columns) : OptionalInt.empty();
    } catch (Throwable e) {
      throw new LinkageError("ioctl", e);
    }
  }
}
