// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is in nvcc's fat binary: code for GPUs, and PTX for those that come later. NVIDIA does not
 * describe the format; it is read here as far as to tell which drivers take what. The driver has
 * the last word.
 *
 * @param parts in the file's order
 */
record FatBinary(List<Part> parts) {
  private static final int MAGIC = 0xba55ed50;
  private static final int PTX = 1;
  private static final int ELF = 2;

  /** Bytes of a part's header that are read. */
  private static final int PART_HEADER = 48;

  /** In a part's flags: for this one GPU alone, as sm_90a. */
  private static final long FOR_ONE_GPU = 0x100000;

  /** CUDA 11 and 12 make ELF files of ABI 7; drivers before CUDA 13's do not know 8. */
  private static final int ABI_OF_CUDA_13 = 8;

  /**
   * Code for a GPU, or PTX.
   *
   * @param isPtx whether the driver has to compile it
   * @param capability of the GPU that it is for, e.g. 90; PTX is for all later ones too
   * @param isForOne whether no later GPU of the same major capability takes it
   * @param oldestDriver the oldest CUDA whose drivers take it, e.g. 13000
   */
  record Part(boolean isPtx, int capability, boolean isForOne, int oldestDriver) {
    /** Whether it runs on a GPU with a driver for a version of CUDA, e.g. 12060. */
    boolean isFor(int gpu, int driver) {
      boolean runs =
          isForOne
              ? capability == gpu
              : capability <= gpu && (isPtx || capability / 10 == gpu / 10);
      return runs && oldestDriver <= driver;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%ssm_%d%s", isPtx ? "PTX of " : "", capability, isForOne ? "a" : "");
    }
  }

  /** Reads a fat binary; empty if it is in no format that is known here. */
  static Optional<FatBinary> read(byte[] bytes) {
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < 16 || data.getInt(0) != MAGIC) {
      return Optional.empty();
    }
    List<Part> parts = new ArrayList<>();
    long end = data.getShort(6) + data.getLong(8);
    long at = data.getShort(6);
    while (at >= 0 && at < end && end <= bytes.length && at + PART_HEADER <= end) {
      int start = (int) at;
      Optional<Part> part = part(data, start);
      long length = data.getInt(start + 4) + data.getLong(start + 8);
      if (part.isEmpty() || length < PART_HEADER) {
        return Optional.empty();
      }
      parts.add(part.get());
      at += length;
    }
    return at == end && !parts.isEmpty()
        ? Optional.of(new FatBinary(List.copyOf(parts)))
        : Optional.empty();
  }

  private static Optional<Part> part(ByteBuffer data, int at) {
    int minor = data.getShort(at + 24);
    int major = data.getShort(at + 26);
    int capability = data.getInt(at + 28);
    boolean isForOne = (data.getLong(at + 40) & FOR_ONE_GPU) != 0;
    return switch (data.getShort(at)) {
      case PTX -> Optional.of(new Part(true, capability, isForOne, cudaOfPtx(major, minor)));
      case ELF -> {
        int oldest = minor >= ABI_OF_CUDA_13 ? 13_000 : 11_000;
        yield Optional.of(new Part(false, capability, isForOne, oldest));
      }
      default -> Optional.empty();
    };
  }

  /** The CUDA that a version of PTX came with, e.g. 13000 for 9.0. */
  private static int cudaOfPtx(int major, int minor) {
    if (major >= 9) {
      return 1000 * (major + 4) + 10 * minor;
    }
    // PTX 8.5 is of CUDA 12.5 and of 12.6; from then on they differ by one.
    return major == 8 ? 12_000 + 10 * (minor <= 5 ? minor : minor + 1) : 11_000;
  }

  /**
   * What a GPU will run of it: its own code rather than PTX, and the newest of either; empty if it
   * takes nothing.
   *
   * @param gpu its compute capability, e.g. 90
   * @param driver for which CUDA its driver is, e.g. 12060
   */
  Optional<Part> partFor(int gpu, int driver) {
    return parts.stream()
        .filter(part -> part.isFor(gpu, driver))
        .max(
            Comparator.comparing(Part::isPtx, Comparator.reverseOrder())
                .thenComparingInt(Part::capability));
  }

  /** The oldest CUDA whose drivers take any of it, e.g. 13000. */
  int oldestDriver() {
    return parts.stream().mapToInt(Part::oldestDriver).min().orElseThrow();
  }

  /** E.g. {@code sm_75, sm_90, PTX of sm_75}. */
  @Override
  public String toString() {
    return parts.stream()
        .sorted((a, b) -> Boolean.compare(a.isPtx(), b.isPtx()))
        .map(Part::toString)
        .collect(Collectors.joining(", "));
  }
}
