// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxFileTest {
  private static final IdxFile.Kind IMAGES = IdxFile.Kind.IMAGES;
  private static final IdxFile.Kind LABELS = IdxFile.Kind.LABELS;

  @TempDir private Path folder;

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("f"), bytes);
  }

  private void refused(byte[] bytes, IdxFile.Kind kind, String phrase) throws IOException {
    Path path = file(bytes);
    var e = assertThrows(InputException.class, () -> IdxFile.read(path, kind));
    assertEquals(path + " " + phrase + ".", e.getMessage());
  }

  @Test
  void readsPlainImages() throws IOException {
    byte[] bytes = IdxBytes.idx(new int[] {2051, 2, 1, 3}, new byte[] {0, 1, 2, -1, -2, 127});
    IdxFile read = IdxFile.read(file(bytes), IMAGES);
    assertEquals(2, read.count());
    assertEquals(1, read.height());
    assertEquals(3, read.width());
    assertArrayEquals(new byte[] {0, 1, 2, -1, -2, 127}, read.bytes());
    // By hand: printf '\0\0\10\3\0\0\0\2\0\0\0\1\0\0\0\3\0\1\2\377\376\177' | sha256sum
    assertEquals("e996b6f99e82e7e90a5a0d7f0a98873fefde17260fa110436f685be7cb1fe408", read.sha256());
  }

  @Test
  void readsPlainLabels() throws IOException {
    IdxFile read = IdxFile.read(file(IdxBytes.labels(12)), LABELS);
    assertEquals(12, read.count());
    assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}, read.bytes());
  }

  @Test
  void gzipIsToldByItsBytesAndHashesAsThePlainFile() throws IOException {
    // Larger than every buffer, so that reads do not end where chunks do.
    byte[] plain = IdxBytes.images(331, 29, 31, 3);
    IdxFile fromPlain = IdxFile.read(file(plain), IMAGES);
    IdxFile fromGzip = IdxFile.read(file(IdxBytes.gzip(plain)), IMAGES);
    assertArrayEquals(Arrays.copyOfRange(plain, 16, plain.length), fromGzip.bytes());
    assertArrayEquals(fromPlain.bytes(), fromGzip.bytes());
    assertEquals(fromPlain.sha256(), fromGzip.sha256());
  }

  @Test
  void refusesAnEmptyFile() throws IOException {
    refused(new byte[0], IMAGES, "is empty");
  }

  @Test
  void refusesAFileThatIsMissingOrAFolder() {
    Path missing = folder.resolve("missing");
    var e = assertThrows(InputException.class, () -> IdxFile.read(missing, IMAGES));
    assertEquals(missing + " does not exist.", e.getMessage());
    e = assertThrows(InputException.class, () -> IdxFile.read(folder, IMAGES));
    assertEquals(folder + " is a folder, not an IDX file of images.", e.getMessage());
  }

  @Test
  void refusesAFileThatThisUserMayNotRead() throws IOException {
    Path path = file(IdxBytes.labels(1));
    assumeTrue(path.toFile().setReadable(false) && !Files.isReadable(path), "the user is root");
    var e = assertThrows(InputException.class, () -> IdxFile.read(path, LABELS));
    assertEquals(path + " may not be read by this user.", e.getMessage());
  }

  @Test
  void refusesAnotherMagicNumber() throws IOException {
    refused(
        IdxBytes.idx(new int[] {0x89504e47, 1, 1, 1}, new byte[1]),
        IMAGES,
        "is not an IDX file of images: its magic number is 2303741511 (0x89504e47) and not 2051");
    refused(
        IdxBytes.labels(3),
        IMAGES,
        "is an IDX file of labels (magic number 2049), where images (2051) are needed");
    refused(
        IdxBytes.images(1, 2, 3, 0),
        LABELS,
        "is an IDX file of images (magic number 2051), where labels (2049) are needed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<!DOCTYPE html><html>",
        "<html>",
        " \r\n\t<HTML lang=en>",
        "\uFEFF<!doctype html>"
      })
  void refusesHtml(String page) throws IOException {
    byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
    refused(bytes, IMAGES, "is an HTML page, not a gzip file");
    refused(IdxBytes.gzip(bytes), LABELS, "is a gzipped HTML page, not gzipped IDX");
  }

  @Test
  void refusesATruncatedHeader() throws IOException {
    byte[] whole = IdxBytes.images(1, 2, 3, 0);
    refused(
        Arrays.copyOf(whole, 15),
        IMAGES,
        "is truncated: it has 15 bytes and an IDX header of images has 16");
    refused(
        Arrays.copyOf(whole, 2),
        IMAGES,
        "is truncated: it has 2 bytes and an IDX header of images has 16");
  }

  @Test
  void refusesATruncatedPayload() throws IOException {
    byte[] whole = IdxBytes.images(4, 2, 3, 0);
    byte[] cut = Arrays.copyOf(whole, whole.length - 1);
    refused(
        cut,
        IMAGES,
        "is truncated: its header promises 24 bytes of images and the file is too short for them");
    refused(
        IdxBytes.gzip(cut),
        IMAGES,
        "is truncated: its header promises 24 bytes of images and it has 23");
  }

  @Test
  void refusesTruncatedGzip() throws IOException {
    byte[] gzip = IdxBytes.gzip(IdxBytes.images(40, 20, 30, 0));
    for (int length : new int[] {5, gzip.length / 2, gzip.length - 8, gzip.length - 1}) {
      refused(Arrays.copyOf(gzip, length), IMAGES, "is truncated: its gzip data ends too early");
    }
  }

  @Test
  void refusesGzipWithAWrongCrc() throws IOException {
    byte[] gzip = IdxBytes.gzip(IdxBytes.images(4, 2, 3, 0));
    gzip[gzip.length - 8] ^= 1;
    refused(gzip, IMAGES, "is damaged: gzip says \"Corrupt GZIP trailer\"");
  }

  @Test
  void refusesDamagedDeflateData() throws IOException {
    byte[] gzip = IdxBytes.gzip(IdxBytes.images(4, 2, 3, 0));
    gzip[10] = (byte) 0xFF;
    Path path = file(gzip);
    var e = assertThrows(InputException.class, () -> IdxFile.read(path, IMAGES));
    assertTrue(e.getMessage().startsWith(path + " is damaged: gzip says \""), e.getMessage());
  }

  @Test
  void refusesTrailingBytes() throws IOException {
    byte[] whole = IdxBytes.images(4, 2, 3, 0);
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    String phrase = "has more bytes than the 24 bytes of images that its header promises";
    refused(longer, IMAGES, phrase);
    refused(IdxBytes.gzip(longer), IMAGES, phrase);
  }

  @Test
  void refusesDimensionsOfZero() throws IOException {
    refused(
        IdxBytes.idx(new int[] {2051, 5, 0, 28}),
        IMAGES,
        "has no content: its header says 5 images of 0 x 28 pixels");
    refused(IdxBytes.idx(new int[] {2049, 0}), LABELS, "has no content: its header says 0 labels");
  }

  @Test
  void refusesDimensionsThatOverflow() throws IOException {
    refused(
        IdxBytes.idx(new int[] {2051, 65536, 65536, 65536}),
        IMAGES,
        "has absurd dimensions: its header says 65536 images of 65536 x 65536 pixels");
    // The product is 2^64, which a long takes for zero.
    refused(
        IdxBytes.idx(new int[] {2051, 1 << 22, 1 << 21, 1 << 21}),
        IMAGES,
        "has absurd dimensions: its header says 4194304 images of 2097152 x 2097152 pixels");
    refused(
        IdxBytes.idx(new int[] {2049, -1}),
        LABELS,
        "has absurd dimensions: its header says 4294967295 labels");
  }

  @Test
  void refusesAPromiseThatTheFileCannotHoldBeforeMakingTheArray() throws IOException {
    byte[] promise = IdxBytes.idx(new int[] {2051, 1_000_000, 28, 28 + 9});
    // Were the array made first, this would take 1 GB or fail for want of memory.
    refused(
        promise,
        IMAGES,
        "is truncated: its header promises 1036000000 bytes of images "
            + "and the file is too short for them");
    refused(
        IdxBytes.gzip(promise),
        IMAGES,
        "is truncated: its header promises 1036000000 bytes of images "
            + "and the gzip file is too short for them");
  }

  @Test
  void acceptsTheMostThatGzipCanCompress() throws IOException {
    byte[] zeros = IdxBytes.idx(new int[] {2051, 1000, 100, 100}, new byte[10_000_000]);
    assertEquals(1000, IdxFile.read(file(IdxBytes.gzip(zeros)), IMAGES).count());
  }

  @Test
  void refusesMoreThanAnyDatasetHas() throws IOException {
    String phrase =
        "is too large: its header says 1369569 images of 28 x 28 pixels, and no more than 1024 MiB"
            + " of a file are read";
    byte[] promise = IdxBytes.idx(new int[] {2051, 1_369_569, 28, 28});
    refused(promise, IMAGES, phrase);
    refused(IdxBytes.gzip(promise), IMAGES, phrase);
    // One image less is refused only because it is not there.
    refused(
        IdxBytes.idx(new int[] {2051, 1_369_568, 28, 28}),
        IMAGES,
        "is truncated: its header promises 1073741312 bytes of images and the file is too short"
            + " for them");
  }

  @Test
  void memoryGoesToWhatIsThereAndNotToWhatAHeaderPromises() throws IOException {
    // As large a file as may promise half a GiB, and no more than 3 MB in it.
    byte[] noise = new byte[3_000_000];
    new Random(1).nextBytes(noise);
    byte[] start = IdxBytes.idx(new int[] {2051, 1 << 19, 32, 32}, noise);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Path path = file(IdxBytes.gzip(start));
    long before = threads.getCurrentThreadAllocatedBytes();
    var e = assertThrows(InputException.class, () -> IdxFile.read(path, IMAGES));
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertEquals(
        path + " is truncated: its header promises 536870912 bytes of images and it has 3000000.",
        e.getMessage());
    assertTrue(allocated < 64 << 20, () -> allocated + " bytes were allocated");
  }

  @Test
  void whatIsNoRegularFileIsRefusedAtOnce() throws Exception {
    String phrase = " is a pipe, a device or a socket, where a regular file is needed.";
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Path device = Files.createSymbolicLink(folder.resolve("device"), Path.of("/dev/zero"));
    Path socket = folder.resolve("socket");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      for (Path path : List.of(pipe, device, socket)) {
        var e =
            assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThrows(InputException.class, () -> IdxFile.read(path, IMAGES)));
        assertEquals(path + phrase, e.getMessage());
      }
    }
    // JUnit warns of links that lead out of its folder.
    Files.delete(device);
  }

  @Test
  void aLinkToARegularFileIsFollowed() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), file(IdxBytes.labels(3)));
    assertEquals(3, IdxFile.read(link, LABELS).count());
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("absent"));
    var e = assertThrows(InputException.class, () -> IdxFile.read(dangling, LABELS));
    assertEquals(dangling + " is a link to nothing.", e.getMessage());
  }
}
