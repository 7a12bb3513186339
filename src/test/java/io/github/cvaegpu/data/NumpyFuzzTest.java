// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static io.github.cvaegpu.fuzz.Damage.require;

import io.github.cvaegpu.fuzz.Damage;
import io.github.cvaegpu.fuzz.Fuzzing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the bytes, an array of NumPy's is what it says, or refused. */
class NumpyFuzzTest {
  private static final List<byte[]> ARRAYS =
      List.of(
          NumpyBytes.npy("|u1", "(13, 3, 5)", PictureBytes.values(13, 15, 1)),
          NumpyBytes.npy("|u1", "(4, 196)", PictureBytes.values(4, 196, 2)),
          NumpyBytes.npy(
              2, NumpyBytes.header("|u1", "(2, 28, 28, 1)"), PictureBytes.values(56, 28, 3)),
          NumpyBytes.npy("<f4", "(2, 1, 3)", NumpyBytes.f4(0f, 1f, 0.5f, 0.1f, 0.9f, 0.3f)),
          NumpyBytes.npy("<f8", "(1, 2, 2)", NumpyBytes.f8(0d, 1d, 0.5, 0.1)),
          NumpyBytes.npy("<f2", "(1, 2, 2)", NumpyBytes.f2(0f, 1f, 0.5f, 0.1f)));

  private static final List<byte[]> LABELS =
      List.of(
          NumpyBytes.npy("|u1", "(13,)", PictureBytes.values(13, 1, 4)),
          NumpyBytes.npy("<i8", "(4, 1)", NumpyBytes.i8(1L, 2L, 3L, 255L)),
          NumpyBytes.npy("<i4", "(2,)", NumpyBytes.i4(0, 9)));

  @TempDir Path temp;

  @Test
  void arrays() throws Exception {
    new Fuzzing("npy", 2500).run(damage -> array(damage, damage.bytes(ARRAYS)));
  }

  /**
   * The header alone, as text: numbers, brackets and words that Python may have and this has not.
   */
  @Test
  void headers() throws Exception {
    new Fuzzing("npy header", 2500)
        .run(
            damage -> {
              String json =
                  damage.json(
                      "{\"descr\": \"|u1\", \"fortran_order\": false, \"shape\": [13, 3, 5]}");
              String other =
                  json.replace('"', '\'')
                      .replace("false", "False")
                      .replace("true", "True")
                      .replace('[', '(')
                      .replace(']', ')');
              byte[] data = PictureBytes.values(13, 15, 1);
              int version = 1 + damage.random().nextInt(3);
              if (other.length() < 60_000
                  && StandardCharsets.ISO_8859_1.newEncoder().canEncode(other)) {
                array(damage, NumpyBytes.npy(version, other, data));
              }
            });
  }

  private void array(Damage damage, byte[] bytes) throws Exception {
    Path file = Files.write(temp.resolve("a.npy"), bytes);
    ImageSet images = damage.reading(() -> read(file));
    byte[] tail =
        Arrays.copyOfRange(bytes, Math.max(0, bytes.length - images.pixels().length), bytes.length);
    String header = new String(bytes, StandardCharsets.ISO_8859_1);
    if (header.contains("u1'")) {
      byte[] white = tail.clone();
      for (int i = 0; i < white.length; i++) {
        white[i] = (byte) (0xFF * white[i]);
      }
      require(
          Arrays.equals(images.pixels(), tail) || Arrays.equals(images.pixels(), white),
          "other pixels are read than the file has",
          file);
    } else {
      require(header.contains("'<f"), "another type is accepted", header);
    }
  }

  private static ImageSet read(Path file) {
    return new DatasetLoader(new DataLocations(Path.of("nowhere"), Optional.empty(), true))
        .images(new DataChoice.At(file), Optional.empty(), DownloadListener.SILENT)
        .images();
  }

  @Test
  void zipFiles() throws Exception {
    List<byte[]> whole = List.of(npz(0, true), npz(1, true), npz(0, false), npz(1, false));
    List<byte[]> pixels = List.of(PictureBytes.values(13, 15, 1), PictureBytes.values(4, 196, 2));
    new Fuzzing("npz", 2500)
        .run(
            damage -> {
              Path file = Files.write(temp.resolve("a.npz"), damage.bytes(whole));
              ImageSet images = damage.reading(() -> read(file));
              require(
                  pixels.stream().anyMatch(meant -> Arrays.equals(meant, images.pixels())),
                  "a damaged zip file is accepted as other images",
                  file);
            });
  }

  /** Whole zip files of damaged arrays: what no checksum finds. */
  @Test
  void arraysDamagedAndThenZipped() throws Exception {
    new Fuzzing("npy in npz", 1500)
        .run(
            damage -> {
              Map<String, byte[]> arrays = new LinkedHashMap<>();
              int which = damage.random().nextInt(LABELS.size());
              boolean isOfLabels = damage.oneIn(2);
              arrays.put("images", isOfLabels ? ARRAYS.get(which) : damage.bytes(ARRAYS));
              arrays.put("labels", isOfLabels ? damage.bytes(LABELS) : LABELS.get(which));
              byte[] bytes = NumpyBytes.npz(arrays, damage.oneIn(2));
              Path file = Files.write(temp.resolve("a.npz"), bytes);
              ImageSet images = damage.reading(() -> read(file));
              require(images.hasLabels(), "labels are lost", file);
              require(
                  images.pixels().length == images.size() * images.imageSize(),
                  "images and labels do not go together",
                  file);
            });
  }

  private static byte[] npz(int which, boolean isDeflated) {
    return NumpyBytes.npz(
        Map.of("images", ARRAYS.get(which), "labels", LABELS.get(which)), isDeflated);
  }
}
