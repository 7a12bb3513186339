// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;

/**
 * What a kernel is launched with, in the order of its parameters. The driver reads as many bytes of
 * each as the kernel declares, whatever it is given: so each is given by the name of its size, and
 * tests compare those with the kernel's own.
 */
final class Arguments {
  private record Argument(int bytes, Object value, long word, Pointer place) {}

  private final List<Argument> arguments = new ArrayList<>();

  private Arguments() {}

  /** None so far. */
  static Arguments args() {
    return new Arguments();
  }

  /** An address. */
  Arguments pointer(DevicePointer value) {
    return add(Long.BYTES, value, value.address(), Pointer.to(value));
  }

  /** An {@code int} or {@code unsigned int}. */
  Arguments i32(int value) {
    return add(Integer.BYTES, value, value, Pointer.to(new int[] {value}));
  }

  /** A {@code size_t} or {@code Word}. */
  Arguments i64(long value) {
    return add(Long.BYTES, value, value, Pointer.to(new long[] {value}));
  }

  /** A {@code double}. */
  Arguments f64(double value) {
    return add(
        Double.BYTES, value, Double.doubleToRawLongBits(value), Pointer.to(new double[] {value}));
  }

  private Arguments add(int bytes, Object value, long word, Pointer place) {
    arguments.add(new Argument(bytes, value, word, place));
    return this;
  }

  /** Bytes of each. */
  List<Integer> sizes() {
    return arguments.stream().map(Argument::bytes).toList();
  }

  /** Where the driver finds them. */
  Pointer places() {
    return Pointer.to(arguments.stream().map(Argument::place).toArray(Pointer[]::new));
  }

  /** The value of each, in the first of a word's bytes. */
  long[] words() {
    return arguments.stream().mapToLong(Argument::word).toArray();
  }

  @Override
  public String toString() {
    return arguments.stream().map(Argument::value).toList().toString();
  }
}
