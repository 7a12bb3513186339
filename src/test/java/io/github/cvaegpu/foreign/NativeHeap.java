// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What malloc has handed out in this process: all memory but Java's heap, stacks and mappings. */
public final class NativeHeap {
  // struct mallinfo2 has ten numbers of size_t.
  private static final int FIELDS = 10;
  private static final int HBLKHD = 4;
  private static final int UORDBLKS = 7;

  private NativeHeap() {}

  /**
   * Bytes that are in use.
   *
   * @throws java.util.NoSuchElementException where the C library does not tell: glibc does from
   *     2.33 on
   */
  public static long inUse() throws Throwable {
    var linker = Linker.nativeLinker();
    MethodHandle mallinfo =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mallinfo2"),
            FunctionDescriptor.of(
                MemoryLayout.structLayout(
                    MemoryLayout.sequenceLayout(FIELDS, ValueLayout.JAVA_LONG))));
    try (Arena arena = Arena.ofConfined()) {
      var info = (MemorySegment) mallinfo.invokeExact((SegmentAllocator) arena);
      return info.getAtIndex(ValueLayout.JAVA_LONG, HBLKHD)
          + info.getAtIndex(ValueLayout.JAVA_LONG, UORDBLKS);
    }
  }
}
