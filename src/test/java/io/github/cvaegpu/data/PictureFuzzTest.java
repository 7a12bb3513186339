// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static io.github.cvaegpu.fuzz.Damage.require;

import io.github.cvaegpu.fuzz.Damage;
import io.github.cvaegpu.fuzz.Fuzzing;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the bytes, a picture is read or refused, and of a PNG not a bit is another one. */
class PictureFuzzTest {
  private static final List<byte[]> PNG =
      List.of(
          PictureBytes.grey(5, 7, 1),
          PictureBytes.grey(28, 28, 2),
          PictureBytes.png(3, 4, 8, PictureBytes.RGB_ALPHA, PictureBytes.values(3, 16, 3)),
          PictureBytes.png(3, 4, 16, PictureBytes.RGB, PictureBytes.values(3, 24, 4)),
          PictureBytes.png(
              3,
              4,
              8,
              PictureBytes.PALETTE,
              PictureBytes.values(3, 4, 5),
              PictureBytes.chunk("PLTE", PictureBytes.values(256, 3, 6))));

  private static final List<byte[]> JPEG =
      List.of(PictureBytes.noisyJpeg(16), PictureBytes.jpeg(16, 24, 0xC86432));

  @TempDir Path temp;

  @Test
  void png() throws Exception {
    List<byte[]> meant = new ArrayList<>();
    for (byte[] whole : PNG) {
      meant.add(read(put("a.png", whole), Reading.PLAIN).pixels());
    }
    new Fuzzing("png", 2500)
        .run(
            damage -> {
              Path folder = put("a.png", damage.bytes(PNG));
              ImageSet image = damage.reading(() -> read(folder, Reading.PLAIN));
              require(
                  meant.stream().anyMatch(pixels -> Arrays.equals(pixels, image.pixels())),
                  "a damaged PNG is accepted as another picture",
                  folder);
            });
  }

  /** With checksums that are right: what the decoder has to find. */
  @Test
  void pngWithChecksumsMadeAnew() throws Exception {
    new Fuzzing("png, sealed", 2500)
        .run(damage -> any(damage, put("a.png", sealed(damage.bytes(PNG)))));
  }

  @Test
  void jpeg() throws Exception {
    new Fuzzing("jpeg", 2500).run(damage -> any(damage, put("a.jpg", damage.bytes(JPEG))));
  }

  private void any(Damage damage, Path folder) throws Exception {
    boolean isScaled = damage.oneIn(2);
    Reading reading = new Reading(0, isScaled ? new ImageSize(9, 4) : null, false);
    ImageSet image = damage.reading(() -> read(folder, reading));
    require(image.size() == 1, "more than the one picture is read", image.size());
    require(!isScaled || image.shape().equals(new ImageSize(9, 4)), "another size", image.shape());
  }

  private Path put(String name, byte[] bytes) throws Exception {
    Path folder = Files.createDirectories(temp.resolve("one of " + name));
    Files.write(folder.resolve(name), bytes);
    return folder;
  }

  private static ImageSet read(Path folder, Reading reading) {
    return new DatasetLoader(new DataLocations(Path.of("nowhere"), Optional.empty(), true))
        .images(new DataChoice.At(folder, reading), Optional.empty(), DownloadListener.SILENT)
        .images();
  }

  private static byte[] sealed(byte[] png) {
    byte[] sealed = png.clone();
    ByteBuffer in = ByteBuffer.wrap(sealed);
    int at = 8;
    while (at + 12 <= sealed.length) {
      int length = in.getInt(at);
      if (length < 0 || length > sealed.length - at - 12) {
        break;
      }
      var crc = new CRC32();
      crc.update(sealed, at + 4, length + 4);
      in.putInt(at + 8 + length, (int) crc.getValue());
      at += 12 + length;
    }
    return sealed;
  }
}
