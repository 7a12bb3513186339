// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Fat binaries as nvcc makes them, without any code in them. */
final class FatBinaries {
  private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

  /** As nvcc of CUDA 13.0 makes the jar's: ELF files of ABI 8, PTX 9.0. */
  static byte[] ofCuda13() {
    return new FatBinaries().ptx(9, 0, 75).elf(8, 75).elf(8, 80).elf(8, 90).elf(8, 120).bytes();
  }

  /** As nvcc of CUDA 12.6 makes it. */
  static byte[] ofCuda12() {
    return new FatBinaries().ptx(8, 5, 75).elf(7, 75).elf(7, 80).elf(7, 90).bytes();
  }

  FatBinaries ptx(int major, int minor, int capability) {
    return part(1, major, minor, capability, 0x8011);
  }

  FatBinaries elf(int abi, int capability) {
    return part(2, 1, abi, capability, 0x11);
  }

  /** As for sm_90a. */
  FatBinaries elfForOne(int abi, int capability) {
    return part(2, 1, abi, capability, 0x100011);
  }

  FatBinaries part(int kind, int major, int minor, int capability, long flags) {
    ByteBuffer part = ByteBuffer.allocate(64 + 16).order(ByteOrder.LITTLE_ENDIAN);
    part.putShort((short) kind).putShort((short) 0x101).putInt(64).putLong(16);
    part.putInt(0).putInt(0).putShort((short) minor).putShort((short) major);
    part.putInt(capability).putInt(0).putInt(0).putLong(flags);
    parts.writeBytes(part.array());
    return this;
  }

  byte[] bytes() {
    ByteBuffer file = ByteBuffer.allocate(16 + parts.size()).order(ByteOrder.LITTLE_ENDIAN);
    file.putInt(0xba55ed50).putShort((short) 1).putShort((short) 16).putLong(parts.size());
    return file.put(parts.toByteArray()).array();
  }
}
