// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;

/**
 * What a kernel is launched with, in the order of its parameters. The driver reads as many bytes of
 * each as the kernel declares, whatever it is given: so each is given by the name of its size, and
 * tests compare those with the kernel's own.
 */
final class Arguments {
  private final List<ByteBuffer> arguments = new ArrayList<>();

  private Arguments() {}

  /** None so far. */
  static Arguments args() {
    return new Arguments();
  }

  /** An address. */
  Arguments pointer(DevicePointer value) {
    return add(bytes(Long.BYTES).putLong(value.address()));
  }

  /** An {@code int} or {@code unsigned int}. */
  Arguments i32(int value) {
    return add(bytes(Integer.BYTES).putInt(value));
  }

  /** A {@code size_t} or {@code Word}. */
  Arguments i64(long value) {
    return add(bytes(Long.BYTES).putLong(value));
  }

  /** A {@code float}. */
  Arguments f32(float value) {
    return add(bytes(Float.BYTES).putFloat(value));
  }

  /**
   * A struct.
   *
   * @param value all of its bytes
   */
  Arguments struct(ByteBuffer value) {
    return add(value);
  }

  private Arguments add(ByteBuffer bytes) {
    arguments.add(bytes.rewind());
    return this;
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.nativeOrder());
  }

  /** Bytes of each. */
  List<Integer> sizes() {
    return arguments.stream().map(ByteBuffer::capacity).toList();
  }

  /** Where the driver finds them. */
  Pointer places() {
    return Pointer.to(
        values().stream()
            .map(
                value -> {
                  byte[] bytes = new byte[value.remaining()];
                  value.get(bytes);
                  return Pointer.to(bytes);
                })
            .toArray(Pointer[]::new));
  }

  /** What the driver reads of each. */
  List<ByteBuffer> values() {
    return arguments.stream().map(ByteBuffer::duplicate).toList();
  }
}
