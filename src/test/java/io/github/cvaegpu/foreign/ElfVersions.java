// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a shared library of 64-bit Linux asks of others: names and versions of symbols, as {@code
 * readelf -V} lists them.
 *
 * @param needed libraries that have to be there (DT_NEEDED)
 * @param versions of symbols, e.g. {@code GLIBC_2.29}
 */
record ElfVersions(Set<String> needed, Set<String> versions) {
  private static final int STRINGS = 3; // SHT_STRTAB
  private static final int DYNAMIC = 6; // SHT_DYNAMIC
  private static final int VERSIONS_NEEDED = 0x6ffffffe; // SHT_GNU_verneed

  private record Section(int type, int offset, int size, int link, int info) {}

  /** Whether a file begins as an ELF file does. */
  static boolean isElf(byte[] file) {
    return file.length > 4 && file[0] == 0x7f && file[1] == 'E' && file[2] == 'L' && file[3] == 'F';
  }

  static ElfVersions of(byte[] file) {
    ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (!isElf(file) || file[4] != 2 || file[5] != 1) {
      throw new IllegalArgumentException("not a 64-bit little-endian ELF file");
    }
    List<Section> sections = sections(elf);
    Set<String> needed = new TreeSet<>();
    Set<String> versions = new TreeSet<>();
    for (Section section : sections) {
      if (section.type == DYNAMIC) {
        for (int at = section.offset; at < section.offset + section.size; at += 16) {
          if (elf.getLong(at) == 1) {
            needed.add(text(elf, sections.get(section.link), elf.getLong(at + 8)));
          }
        }
      } else if (section.type == VERSIONS_NEEDED) {
        addVersions(elf, section, sections.get(section.link), versions);
      }
    }
    return new ElfVersions(needed, versions);
  }

  private static void addVersions(
      ByteBuffer elf, Section section, Section strings, Set<String> versions) {
    int file = section.offset;
    for (int i = 0; i < section.info; i++) {
      int count = elf.getShort(file + 2);
      int version = file + elf.getInt(file + 8);
      for (int j = 0; j < count; j++) {
        versions.add(text(elf, strings, elf.getInt(version + 8)));
        version += elf.getInt(version + 12);
      }
      file += elf.getInt(file + 12);
    }
  }

  private static List<Section> sections(ByteBuffer elf) {
    int table = Math.toIntExact(elf.getLong(0x28));
    int entrySize = elf.getShort(0x3a);
    int count = elf.getShort(0x3c);
    List<Section> sections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = table + i * entrySize;
      sections.add(
          new Section(
              elf.getInt(at + 4),
              Math.toIntExact(elf.getLong(at + 0x18)),
              // A section without bytes in the file may be of any size.
              (int) elf.getLong(at + 0x20),
              elf.getInt(at + 0x28),
              elf.getInt(at + 0x2c)));
    }
    return sections;
  }

  private static String text(ByteBuffer elf, Section strings, long offset) {
    if (strings.type != STRINGS) {
      throw new IllegalArgumentException("names are not in a section of strings");
    }
    int from = Math.toIntExact(strings.offset + offset);
    int to = from;
    while (elf.get(to) != 0) {
      to++;
    }
    byte[] name = new byte[to - from];
    elf.get(from, name);
    return new String(name, StandardCharsets.US_ASCII);
  }
}
