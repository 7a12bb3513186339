// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Asks Linux whether another process has locked a file. Java can only try to lock it, and whoever
 * wants the lock at that moment is refused.
 */
public final class FileLocks {
  private static final int O_RDONLY_NONBLOCK_NOFOLLOW_CLOEXEC_X86 = 0x800 | 0x20000 | 0x80000;
  private static final int O_RDONLY_NONBLOCK_NOFOLLOW_CLOEXEC_ARM = 0x800 | 0x8000 | 0x80000;
  private static final int F_GETLK = 5;
  private static final short F_WRLCK = 1;
  private static final short F_UNLCK = 2;

  /** struct flock: type and whence, then start, length and process, each at its natural place. */
  private static final int FLOCK_BYTES = 32;

  private FileLocks() {}

  /**
   * Whether another process holds a lock on a file, as {@link java.nio.channels.FileChannel} makes
   * them.
   *
   * @param file a regular file that this process has not locked: to close any of its descriptors
   *     gives such a lock up
   * @return empty where the system cannot be asked, or the file not be opened
   */
  public static Optional<Boolean> isHeldByAnother(Path file) {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    Optional<Integer> flags =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> Optional.of(O_RDONLY_NONBLOCK_NOFOLLOW_CLOEXEC_X86);
          case "aarch64" -> Optional.of(O_RDONLY_NONBLOCK_NOFOLLOW_CLOEXEC_ARM);
          default -> Optional.empty();
        };
    return flags.flatMap(it -> ask(file, it));
  }

  private static Optional<Boolean> ask(Path file, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] name = file.toString().getBytes(namesCharset());
      MemorySegment path = arena.allocate(name.length + 1L);
      MemorySegment.copy(name, 0, path, JAVA_BYTE, 0, name.length);
      int descriptor = (int) Calls.OPEN.invokeExact(path, flags);
      if (descriptor < 0) {
        return Optional.empty();
      }
      try {
        MemorySegment lock = arena.allocate(FLOCK_BYTES, Long.BYTES);
        lock.set(JAVA_SHORT, 0, F_WRLCK);
        int result = (int) Calls.FCNTL.invokeExact(descriptor, F_GETLK, lock);
        return result == 0 ? Optional.of(lock.get(JAVA_SHORT, 0) != F_UNLCK) : Optional.empty();
      } finally {
        int closed = (int) Calls.CLOSE.invokeExact(descriptor);
        assert closed == 0;
      }
    } catch (Throwable e) {
      throw new LinkageError("fcntl", e);
    }
  }

  /** What Java itself writes the names of files in. */
  private static Charset namesCharset() {
    try {
      return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    } catch (UnsupportedCharsetException e) {
      return Charset.defaultCharset();
    }
  }

  /** Found when they are first needed. */
  private static final class Calls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = LINKER.defaultLookup();

    static final MethodHandle OPEN =
        LINKER.downcallHandle(
            LIBRARY.findOrThrow("open"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    static final MethodHandle FCNTL =
        LINKER.downcallHandle(
            LIBRARY.findOrThrow("fcntl"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS),
            Linker.Option.firstVariadicArg(2));
    static final MethodHandle CLOSE =
        LINKER.downcallHandle(
            LIBRARY.findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  }
}
