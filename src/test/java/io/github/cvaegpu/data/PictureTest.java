// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures of every kind that PNG and JPEG have, by values worked out by hand. */
class PictureTest {
  @TempDir private Path folder;

  private byte[] grey(String name, byte[] bytes) throws IOException {
    return Picture.open(Files.write(folder.resolve(name), bytes)).grey();
  }

  private int[] png(int depth, int colourType, int width, int[] packed, byte[]... chunks)
      throws IOException {
    byte[] bytes = new byte[packed.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) packed[i];
    }
    byte[] grey = grey("a.png", PictureBytes.png(1, width, depth, colourType, bytes, chunks));
    int[] values = new int[grey.length];
    Arrays.setAll(values, i -> grey[i] & 0xFF);
    return values;
  }

  private String refusal(String name, byte[] bytes) {
    String phrase = assertThrows(Refusal.class, () -> grey(name, bytes)).getMessage();
    assertTrue(!phrase.endsWith(".") && !phrase.contains("\n"), phrase);
    return phrase;
  }

  // ---- the formula -----------------------------------------------------------------------------

  @Test
  void greyOf8BitsStaysWhatItIs() throws IOException {
    int[] all = new int[256];
    Arrays.setAll(all, i -> i);
    assertArrayEquals(all, png(8, PictureBytes.GREY, 256, all));
  }

  /** Where ImageIO's getRGB makes 156 of 85. */
  @Test
  void greyIsNotCorrectedForGamma() throws IOException {
    byte[] linear = PictureBytes.chunk("gAMA", ByteBuffer.allocate(4).putInt(100_000).array());
    assertArrayEquals(
        new int[] {85, 120}, png(8, PictureBytes.GREY, 2, new int[] {85, 120}, linear));
  }

  @Test
  void fewerBitsAreSpreadOverTheRange() throws IOException {
    assertArrayEquals(
        new int[] {255, 0, 255, 0, 0, 0, 0, 255},
        png(1, PictureBytes.GREY, 8, new int[] {0b1010_0001}));
    assertArrayEquals(
        new int[] {0, 85, 170, 255}, png(2, PictureBytes.GREY, 4, new int[] {0b0001_1011}));
    assertArrayEquals(new int[] {17, 255}, png(4, PictureBytes.GREY, 2, new int[] {0x1F}));
  }

  @Test
  void greyOf16BitsIsRoundedToTheNearest() throws IOException {
    // 128 / 257 is just below a half, 129 / 257 just above.
    assertArrayEquals(
        new int[] {0, 1, 18, 255, 254},
        png(16, PictureBytes.GREY, 5, new int[] {0, 128, 0, 129, 0x12, 0x34, 255, 255, 255, 126}));
  }

  @Test
  void coloursBecomeTheLumaOfBt601() throws IOException {
    // 0.299 R + 0.587 G + 0.114 B: 76.245, 149.685, 29.07 and 124.2.
    assertArrayEquals(
        new int[] {76, 150, 29, 124, 255},
        png(
            8,
            PictureBytes.RGB,
            5,
            new int[] {255, 0, 0, 0, 255, 0, 0, 0, 255, 200, 100, 50, 255, 255, 255}));
  }

  @Test
  void everyGreyColourIsThatGrey() throws IOException {
    int[] colours = new int[3 * 256];
    Arrays.setAll(colours, i -> i / 3);
    int[] all = new int[256];
    Arrays.setAll(all, i -> i);
    assertArrayEquals(all, png(8, PictureBytes.RGB, 256, colours));
  }

  @Test
  void coloursOf16BitsAreRoundedOnce() throws IOException {
    // 0.299 * 0xC8FF + 0.587 * 0x6400 + 0.114 * 0x3200 = 31 871; / 257 = 124.01.
    assertArrayEquals(
        new int[] {124}, png(16, PictureBytes.RGB, 1, new int[] {0xC8, 0xFF, 0x64, 0, 0x32, 0}));
  }

  @Test
  void alphaLiesOnBlack() throws IOException {
    // 100 * 200 / 255 = 78.4; 124.2 * 128 / 255 = 62.3.
    assertArrayEquals(
        new int[] {78, 0, 100},
        png(8, PictureBytes.GREY_ALPHA, 3, new int[] {100, 200, 100, 0, 100, 255}));
    assertArrayEquals(
        new int[] {62, 0},
        png(8, PictureBytes.RGB_ALPHA, 2, new int[] {200, 100, 50, 128, 255, 255, 255, 0}));
    // Half of 0xFFFF, twice over.
    assertArrayEquals(
        new int[] {128, 64},
        png(16, PictureBytes.GREY_ALPHA, 2, new int[] {255, 255, 128, 0, 128, 0, 128, 0}));
    assertArrayEquals(
        new int[] {128},
        png(16, PictureBytes.RGB_ALPHA, 1, new int[] {255, 255, 255, 255, 255, 255, 128, 0}));
  }

  @Test
  void aPaletteIsLookedUp() throws IOException {
    byte[] palette = PictureBytes.chunk("PLTE", new byte[] {0, 0, 0, (byte) 200, 100, 50, 9, 9, 9});
    assertArrayEquals(
        new int[] {9, 124, 0}, png(8, PictureBytes.PALETTE, 3, new int[] {2, 1, 0}, palette));
    byte[] alpha = PictureBytes.chunk("tRNS", new byte[] {(byte) 255, (byte) 128});
    assertArrayEquals(
        new int[] {9, 62}, png(8, PictureBytes.PALETTE, 2, new int[] {2, 1}, palette, alpha));
  }

  @Test
  void aTransparentColourIsBlack() throws IOException {
    assertArrayEquals(
        new int[] {0, 86},
        png(
            8,
            PictureBytes.GREY,
            2,
            new int[] {85, 86},
            PictureBytes.chunk("tRNS", new byte[] {0, 85})));
  }

  @Test
  void jpegsAreReadAsTheyAreStored() throws IOException {
    assertEquals(124, grey("a.jpg", PictureBytes.jpeg(16, 8, 0xC86432))[5] & 0xFF);
    var image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
    byte[] values = new byte[64];
    Arrays.fill(values, (byte) 85);
    image.getRaster().setDataElements(0, 0, 8, 8, values);
    assertArrayEquals(values, grey("b.JPEG", PictureBytes.written(image, "jpg")));
  }

  /** ImageIO makes (229, 168, 122) of (200, 100, 50) by it. */
  @ParameterizedTest
  @ValueSource(ints = {ColorSpace.CS_LINEAR_RGB, ColorSpace.CS_sRGB, ColorSpace.CS_GRAY})
  void aColourProfileChangesNothing(int space) throws IOException {
    byte[] profile = ICC_Profile.getInstance(space).getData();
    byte[] segment =
        ByteBuffer.allocate(18 + profile.length)
            .put((byte) 0xFF)
            .put((byte) 0xE2)
            .putShort((short) (16 + profile.length))
            .put("ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII))
            .put((byte) 1)
            .put((byte) 1)
            .put(profile)
            .array();
    byte[] jpeg = PictureBytes.with(PictureBytes.jpeg(8, 8, 0xC86432), 20, segment);
    assertEquals(124, grey("a.jpg", jpeg)[5] & 0xFF);
  }

  @Test
  void rowsAndColumnsAreNotSwapped() throws IOException {
    byte[] values = PictureBytes.values(3, 5, 1);
    Path file = Files.write(folder.resolve("a.png"), PictureBytes.grey(3, 5, values));
    assertEquals(new ImageSize(3, 5), Picture.open(file).size());
    assertArrayEquals(values, Picture.open(file).grey());
    Path jpeg = Files.write(folder.resolve("b.jpg"), PictureBytes.jpeg(3, 5, 0));
    assertEquals(new ImageSize(3, 5), Picture.open(jpeg).size());
  }

  // ---- refusals --------------------------------------------------------------------------------

  @Test
  void whatIsNotWhatItsNameSaysIsRefused() {
    byte[] png = PictureBytes.grey(2, 2, 1);
    byte[] jpeg = PictureBytes.jpeg(8, 8, 0);
    assertEquals("is not a JPEG file but a PNG file", refusal("a.jpg", png));
    assertEquals("is not a PNG file but a JPEG file", refusal("a.png", jpeg));
    assertEquals("is not a PNG file but a GIF file", refusal("a.png", ascii("GIF89a...")));
    assertEquals("is not a PNG file but a BMP file", refusal("a.png", ascii("BM......")));
    assertEquals(
        "is not a JPEG file but a WebP file or another one of RIFF",
        refusal("a.jpeg", ascii("RIFF....WEBP")));
    assertEquals(
        "is not a PNG file but an HTML page or the like", refusal("a.png", ascii("\n<html>")));
    assertEquals("is not a PNG file but something else", refusal("a.png", ascii("\u0089PNX")));
    assertEquals("is empty", refusal("a.png", new byte[0]));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aPngIsRefusedWhereverItEnds() {
    byte[] png = PictureBytes.grey(5, 5, 1);
    for (int length = 8; length < png.length; length++) {
      assertEquals("is truncated", refusal("a.png", Arrays.copyOf(png, length)), length + " bytes");
    }
  }

  @Test
  void aFlippedBitOfAPngIsFound() {
    byte[] png = PictureBytes.grey(5, 5, 1);
    for (int at = 8; at < png.length; at++) {
      refusal("a.png", PictureBytes.flipped(png, at));
    }
  }

  @Test
  void aPngWhosePixelsAreTooFewIsRefused() {
    assertTrue(
        refusal("a.png", PictureBytes.png(4, 4, 8, PictureBytes.GREY, new byte[4]))
            .startsWith("is damaged: its decoder says \""));
  }

  @Test
  void aHeadersPromiseIsNotBelieved() {
    byte[] png = PictureBytes.png(1, 1, 8, PictureBytes.GREY, new byte[1]);
    byte[] promising =
        PictureBytes.with(
            Arrays.copyOf(png, 8),
            8,
            PictureBytes.with(
                PictureBytes.chunk(
                    "IHDR",
                    ByteBuffer.allocate(13).putInt(8000).putInt(8000).put((byte) 8).array()),
                25,
                Arrays.copyOfRange(png, 33, png.length)));
    assertEquals(
        "is truncated: it is too short for the 8000 x 8000 pixels of its header",
        refusal("a.png", promising));
    byte[] huge = promising.clone();
    System.arraycopy(
        PictureBytes.chunk(
            "IHDR",
            ByteBuffer.allocate(13).putInt(Integer.MAX_VALUE).putInt(-1).put((byte) 8).array()),
        0,
        huge,
        8,
        25);
    assertEquals("is damaged: its header has no size of a picture", refusal("a.png", huge));
    byte[] jpeg = PictureBytes.jpeg(8, 8, 0);
    int frame = indexOfFrame(jpeg);
    byte[] large = jpeg.clone();
    large[frame + 5] = (byte) 0xFF;
    large[frame + 7] = (byte) 0xFF;
    assertEquals(
        "is truncated: it is too short for the 65288 x 65288 pixels of its header",
        refusal("a.jpg", large));
  }

  private static int indexOfFrame(byte[] jpeg) {
    for (int i = 0; i < jpeg.length; i++) {
      if (jpeg[i] == (byte) 0xFF && jpeg[i + 1] == (byte) 0xC0) {
        return i;
      }
    }
    throw new AssertionError("no frame");
  }

  /** Java's decoder fills the rest with grey and says so to nobody who did not ask. */
  @Test
  void aJpegThatEndsEarlyIsRefused() {
    byte[] jpeg = PictureBytes.noisyJpeg(64);
    for (int length : new int[] {3, 20, 100, 300, jpeg.length / 2, jpeg.length - 2}) {
      String phrase = refusal("a.jpg", Arrays.copyOf(jpeg, length));
      assertTrue(phrase.startsWith("is truncated") || phrase.startsWith("is damaged"), phrase);
    }
  }

  @Test
  void cmykIsRefused() throws IOException {
    assertEquals(
        "has 4 colour components, as CMYK pictures have, and only grey and RGB are read",
        refusal("a.jpg", PictureBytes.cmyk(16)));
  }

  @Test
  void whatIsNoFileIsRefused() throws IOException {
    Path missing = folder.resolve("missing.png");
    assertEquals(
        "does not exist", assertThrows(Refusal.class, () -> Picture.open(missing)).getMessage());
    Path link = Files.createSymbolicLink(folder.resolve("link.png"), missing);
    assertEquals(
        "is a link to nothing", assertThrows(Refusal.class, () -> Picture.open(link)).getMessage());
    Path inside = Files.createDirectory(folder.resolve("folder.png"));
    assertEquals(
        "is a folder, not a regular file",
        assertThrows(Refusal.class, () -> Picture.open(inside)).getMessage());
  }
}
