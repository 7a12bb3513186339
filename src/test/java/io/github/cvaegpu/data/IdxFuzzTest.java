// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static io.github.cvaegpu.fuzz.Damage.require;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.fuzz.Damage;
import io.github.cvaegpu.fuzz.Fuzzing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the bytes, an IDX file is what it says, or refused. */
class IdxFuzzTest {
  private static final List<byte[]> WHOLE =
      List.of(
          IdxBytes.images(13, 3, 5, 1),
          IdxBytes.images(2, 28, 28, 2),
          IdxBytes.labels(13),
          IdxBytes.labels(300),
          IdxBytes.idx(new int[] {2051, 20, 20, 20}, new byte[20 * 20 * 20]));

  @TempDir Path temp;

  @Test
  void plain() throws Exception {
    new Fuzzing("idx", 2500).run(damage -> read(damage, damage.bytes(WHOLE), false));
  }

  @Test
  void gzipped() throws Exception {
    List<byte[]> gzipped = WHOLE.stream().map(IdxBytes::gzip).toList();
    new Fuzzing("idx.gz", 2500).run(damage -> read(damage, damage.bytes(gzipped), true));
  }

  /** Whole gzip around damaged IDX: what no checksum of gzip's finds. */
  @Test
  void damagedAndThenGzipped() throws Exception {
    new Fuzzing("idx in gz", 1500)
        .run(damage -> read(damage, IdxBytes.gzip(damage.bytes(WHOLE)), false));
  }

  private void read(Damage damage, byte[] bytes, boolean sealed) throws Exception {
    Path file = temp.resolve("file");
    Files.write(file, bytes);
    IdxFile.Kind kind = damage.pick(List.of(IdxFile.Kind.values()));
    damage.note("read as", kind);
    IdxFile read = damage.reading(() -> IdxFile.read(file, kind));
    byte[] content = isGzip(bytes) ? inflated(bytes) : bytes;
    int dimensions = kind == IdxFile.Kind.IMAGES ? 3 : 1;
    ByteBuffer header = ByteBuffer.wrap(content);
    require(
        header.getInt() == (kind == IdxFile.Kind.IMAGES ? 2051 : 2049),
        "another magic number is accepted",
        file);
    List<Integer> said = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      said.add(i < dimensions ? header.getInt() : 1);
    }
    require(
        said.equals(List.of(read.count(), read.height(), read.width())),
        "other dimensions are read than the header has",
        said);
    require(
        Arrays.equals(read.bytes(), Arrays.copyOfRange(content, header.position(), content.length)),
        "other bytes are read than the file has",
        file);
    require(
        read.sha256().equals(Digests.sha256(content)),
        "the checksum is not the file's",
        read.sha256());
    // Gzip has a checksum: damage outside of it never makes other images.
    require(
        !sealed || WHOLE.stream().anyMatch(whole -> Arrays.equals(whole, content)),
        "a damaged gzip file is accepted as other images",
        file);
  }

  private static boolean isGzip(byte[] bytes) {
    return bytes.length > 1 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
  }

  private static byte[] inflated(byte[] bytes) throws IOException {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }
}
