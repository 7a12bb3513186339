// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.io.IOException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NPY and NPZ files, from the outside. */
class ArraySourceTest {
  private static final byte[] FOUR = NumpyBytes.npy("|u1", "(2, 1, 2)", NumpyBytes.u1(1, 2, 3, 4));
  private static final byte[] ONE = NumpyBytes.npy("|u1", "(1, 1, 2)", NumpyBytes.u1(5, 6));
  private static final byte[] LABELS = NumpyBytes.npy("|u1", "(2,)", NumpyBytes.u1(7, 8));
  private static final byte[] LABEL = NumpyBytes.npy("|u1", "(1,)", NumpyBytes.u1(9));

  @TempDir private Path folder;

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static DatasetLoader loader() {
    return new DatasetLoader(new DataLocations(Path.of("nowhere"), Optional.empty(), true));
  }

  private static Input images(Path file) {
    return images(file, Reading.PLAIN);
  }

  private static Input images(Path file, Reading reading) {
    return loader()
        .images(new DataChoice.At(file, reading), Optional.empty(), DownloadListener.SILENT);
  }

  private Input npy(byte[] bytes) throws IOException {
    return images(file("a.npy", bytes));
  }

  private Input npy(String type, String shape, byte[] data) throws IOException {
    return npy(NumpyBytes.npy(type, shape, data));
  }

  /** What is said behind the file's name. */
  private String refused(byte[] npy) throws IOException {
    return refused(file("a.npy", npy));
  }

  private static String refused(Path file) {
    String message = assertThrows(InputException.class, () -> images(file)).getMessage();
    assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    assertTrue(message.startsWith(file + " "), message);
    return message.substring(file.toString().length() + 1);
  }

  private Path npz(Object... namesAndArrays) throws IOException {
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    for (int i = 0; i < namesAndArrays.length; i += 2) {
      arrays.put((String) namesAndArrays[i], (byte[]) namesAndArrays[i + 1]);
    }
    return file("a.npz", NumpyBytes.npz(arrays, true));
  }

  // ---- types and shapes ------------------------------------------------------------------------

  @Test
  void bytesAreReadAsTheyAre() throws IOException {
    byte[] values = PictureBytes.values(2 * 3, 5, 1);
    Input read = npy("|u1", "(2, 3, 5)", values);
    assertEquals("a.npy", read.name());
    assertEquals(List.of(), read.warnings());
    assertEquals(new ImageSize(3, 5), read.images().shape());
    assertArrayEquals(values, read.images().pixels());
    assertFalse(read.images().hasLabels());
  }

  @Test
  void floatsAreRoundedToTheNearest() throws IOException {
    byte[] expected = NumpyBytes.u1(0, 255, 128, 51, 0, 1);
    // 0.5 * 255 = 127.5; the last two are just below and just above half a step.
    assertArrayEquals(
        expected,
        npy("<f8", "(1, 2, 3)", NumpyBytes.f8(0d, 1d, 0.5, 0.2, 0.49 / 255, 0.51 / 255))
            .images()
            .pixels());
    assertArrayEquals(
        expected,
        npy("<f4", "(1, 2, 3)", NumpyBytes.f4(-0f, 1f, 0.5f, 0.2f, 0.49f / 255, 0.51f / 255))
            .images()
            .pixels());
    assertArrayEquals(
        expected,
        npy("<f2", "(1, 2, 3)", NumpyBytes.f2(0f, 1f, 0.5f, 0.2f, 0.49f / 255, 0.51f / 255))
            .images()
            .pixels());
  }

  /** What was divided by 255 comes back, in each precision. */
  @Test
  void everyByteOver255IsThatByte() throws IOException {
    Float[] floats = new Float[256];
    Double[] doubles = new Double[256];
    byte[] bytes = new byte[256];
    for (int i = 0; i < 256; i++) {
      floats[i] = i / 255f;
      doubles[i] = i / 255.0;
      bytes[i] = (byte) i;
    }
    assertArrayEquals(bytes, npy("<f4", "(1, 16, 16)", NumpyBytes.f4(floats)).images().pixels());
    assertArrayEquals(bytes, npy("<f8", "(1, 16, 16)", NumpyBytes.f8(doubles)).images().pixels());
    assertArrayEquals(bytes, npy("<f2", "(1, 16, 16)", NumpyBytes.f2(floats)).images().pixels());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(2, 2, 3); 2; 3",
        "(2, 2, 3, 1); 2; 3",
        "(2, 1, 2, 3); 2; 3",
        "(2, 6); 1; 6",
        "(3, 4); 2; 2",
        "(12, 1); 1; 1",
        "(12L, 1L); 1; 1",
        "(1,12,1); 12; 1",
        "(1, 1, 12, 1); 1; 12"
      })
  void shapes(String shape, int height, int width) throws IOException {
    ImageSet images = npy("|u1", shape, PictureBytes.values(3, 4, 2)).images();
    assertEquals(new ImageSize(height, width), images.shape());
    assertEquals(12 / height / width, images.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void versionsOfTheFormat(int version) throws IOException {
    String header = NumpyBytes.header("|u1", "(2, 1, 2)");
    assertArrayEquals(
        NumpyBytes.u1(9, 8, 7, 6),
        npy(NumpyBytes.npy(version, header, NumpyBytes.u1(9, 8, 7, 6))).images().pixels());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'shape': (2, 1, 2), 'fortran_order': False, 'descr': '|u1'}",
        "{ 'shape' :(2,1,2,) ,'descr':'<u1','fortran_order':False,}"
      })
  void aHeaderMayBeInAnyOrder(String header) throws IOException {
    assertEquals(2, npy(NumpyBytes.npy(1, header, new byte[4])).images().size());
  }

  @Test
  void zerosAndOnesAreBlackAndWhite() throws IOException {
    Input binary = npy("|u1", "(2, 1, 2)", NumpyBytes.u1(0, 1, 1, 0));
    assertArrayEquals(NumpyBytes.u1(0, 255, 255, 0), binary.images().pixels());
    assertEquals(
        List.of(
            "The values in %s are 0 and 1, of uint8: they are read as 0 and 255, black and white."
                .formatted(folder.resolve("a.npy"))),
        binary.warnings());
    assertArrayEquals(
        NumpyBytes.u1(0, 1, 2, 0),
        npy("|u1", "(2, 1, 2)", NumpyBytes.u1(0, 1, 2, 0)).images().pixels());
    assertEquals(List.of(), npy("|u1", "(2, 1, 2)", new byte[4]).warnings());
    // Floats say what they mean: 1 / 255 is all but black.
    assertArrayEquals(
        NumpyBytes.u1(0, 1),
        npy("<f8", "(1, 1, 2)", NumpyBytes.f8(0d, 1 / 255.0)).images().pixels());
    // Neither part alone decides.
    Path both =
        npz(
            "x_train",
            NumpyBytes.npy("|u1", "(1, 1, 2)", NumpyBytes.u1(0, 1)),
            "x_test",
            NumpyBytes.npy("|u1", "(1, 1, 2)", NumpyBytes.u1(0, 2)));
    assertArrayEquals(NumpyBytes.u1(0, 2), images(both).images().pixels());
    assertEquals(List.of(), images(both).warnings());
  }

  @Test
  void moreThanAChunkIsRead() throws IOException {
    byte[] values = PictureBytes.values(3, 700_001, 3);
    ImageSet images = npy("|u1", "(3, 1, 700001)", values).images();
    assertArrayEquals(values, images.pixels());
    Double[] doubles = new Double[70_001];
    byte[] expected = new byte[doubles.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = (i % 256) / 255.0;
      expected[i] = (byte) i;
    }
    assertArrayEquals(
        expected, npy("<f8", "(1, 1, 70001)", NumpyBytes.f8(doubles)).images().pixels());
  }

  @Test
  void imagesAreScaledOnRequest() throws IOException {
    Path file = file("a.npy", NumpyBytes.npy("|u1", "(2, 1, 2)", NumpyBytes.u1(0, 200, 7, 7)));
    ImageSet scaled = images(file, new Reading(0, new ImageSize(2, 4), false)).images();
    assertEquals(new ImageSize(2, 4), scaled.shape());
    assertArrayEquals(
        NumpyBytes.u1(0, 50, 150, 200, 0, 50, 150, 200, 7, 7, 7, 7, 7, 7, 7, 7), scaled.pixels());
    assertEquals(
        "--skip-unreadable is for folders of pictures, but %s is a file.".formatted(file),
        assertThrows(InputException.class, () -> images(file, new Reading(0, null, true)))
            .getMessage());
  }

  @Test
  void anArrayIsOfOnePart() throws IOException {
    Path file = file("a.npy", NumpyBytes.npy("|u1", "(10, 1, 2)", PictureBytes.values(10, 2, 1)));
    Dataset dataset =
        loader()
            .load(new DataChoice.At(file, new Reading(0.2, null, false)), DownloadListener.SILENT)
            .dataset();
    assertEquals("a.npy", dataset.name());
    assertEquals(file.toString(), dataset.origin());
    assertEquals(Dataset.Status.UNVERIFIED, dataset.status());
    assertEquals(8, dataset.train().size());
    assertEquals(2, dataset.test().size());
    assertEquals(IdxPart.sha256(dataset.train(), dataset.test()), dataset.sha256());
    assertEquals(
        file + " has no test images beside those to train on: --test-part 0.1 holds out a tenth.",
        assertThrows(
                InputException.class,
                () -> loader().load(new DataChoice.At(file), DownloadListener.SILENT))
            .getMessage());
  }

  // ---- refusals --------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        ">f4; is big-endian (>f4), which is not read.",
        "|O; holds Python objects, which are not read.",
        "|b1; is of the type |b1, but images are read from uint8, and from float16, float32 and"
            + " float64.",
        "<i4; is of the type <i4, but images are read from uint8, and from float16, float32 and"
            + " float64.",
        "<c8; is of the type <c8, but images are read from uint8, and from float16, float32 and"
            + " float64.",
        "''; is of the type , but images are read from uint8, and from float16, float32 and"
            + " float64."
      })
  void otherTypes(String type, String sentence) throws IOException {
    assertEquals(sentence, refused(NumpyBytes.npy(type, "(1, 2, 2)", new byte[16])));
  }

  @Test
  void otherOrdersAndRecords() throws IOException {
    assertEquals(
        "is in Fortran order, which is not read: numpy.ascontiguousarray makes it C order.",
        refused(
            NumpyBytes.npy(
                1, NumpyBytes.header("|u1", "(1, 2, 2)").replace("False", "True"), new byte[4])));
    assertEquals(
        "holds records of several fields, which are not read.",
        refused(
            NumpyBytes.npy(
                1,
                "{'descr': [('a', '<f4'), ('b', '|u1')], 'fortran_order': False, 'shape': (3,), }",
                new byte[15])));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(4,); has the shape (4), where grey images have (N, H, W) or (N, D).",
        "(); has the shape (), where grey images have (N, H, W) or (N, D).",
        "(1, 2, 2, 3); has the shape (1, 2, 2, 3), where grey images have (N, H, W) or (N, D).",
        "(1, 1, 1, 1, 4); has the shape (1, 1, 1, 1, 4), where grey images have (N, H, W) or (N,"
            + " D).",
        "(0, 2, 2); is empty: its shape is (0, 2, 2).",
        "(2, 0); is empty: its shape is (2, 0).",
        "(3000000000, 2, 2); has an absurd shape: a dimension of 3000000000.",
        "(1, 99999999999999999999, 2); has an absurd shape: a dimension of 99999999999999999999.",
        "(1, 65536, 65536); has an absurd shape: (1, 65536, 65536).",
        "(2147483647, 2147483647); has an absurd shape: (2147483647, 2147483647).",
        "(2000000000, 28, 28); is too large: its shape is (2000000000, 28, 28), and no more than"
            + " 1024 MiB of pixels are read."
      })
  void otherShapes(String shape, String sentence) throws IOException {
    assertEquals(sentence, refused(NumpyBytes.npy("|u1", shape, new byte[4])));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "hello",
        "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1), 'more': True}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1)}",
        "{'descr': '|u1', 'fortran_order': 'False', 'shape': (1, 1, 1)}",
        "{'descr': True, 'fortran_order': False, 'shape': (1, 1, 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 1, 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1}",
        "{'descr': '|u1' 'fortran_order': False, 'shape': (1, 1, 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1.0, 1, 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1 1)}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1, 1, 1)}"
      })
  void aHeaderThatNumpyDoesNotWrite(String header) throws IOException {
    assertEquals(
        "is damaged: its header is none that NumPy writes.",
        refused(NumpyBytes.npy(1, header, new byte[1])));
  }

  @Test
  void whatIsNoArrayIsRefused() throws IOException {
    assertEquals(
        "is no array in NumPy's NPY format: it does not begin as one.",
        refused("<html>".getBytes(StandardCharsets.UTF_8)));
    assertEquals(
        "is no array in NumPy's NPY format: it does not begin as one.", refused(new byte[0]));
    assertEquals(
        "is a zip file, as NPZ files are, and is not named .npz.",
        refused(NumpyBytes.npz(Map.of("images", FOUR), true)));
    assertEquals("is an NPY file, and is not named .npy.", refused(file("b.npz", FOUR)));
    assertEquals(
        "is no NPZ file: it does not begin as a zip file.",
        refused(file("c.npz", "hello".getBytes(StandardCharsets.UTF_8))));
    byte[] later = FOUR.clone();
    later[6] = 4;
    assertEquals("has version 4.0 of the NPY format, where 1.0 to 3.0 are read.", refused(later));
    byte[] odd = FOUR.clone();
    odd[7] = 1;
    assertEquals("has version 1.1 of the NPY format, where 1.0 to 3.0 are read.", refused(odd));
    byte[] longHeader = NumpyBytes.npy(2, NumpyBytes.header("|u1", "(1, 1, 1)"), new byte[1]);
    Arrays.fill(longHeader, 8, 12, (byte) 0xFF);
    assertEquals(
        "has a header of 4294967295 bytes, longer than any of images.", refused(longHeader));
    assertTrue(Files.exists(Files.createDirectory(folder.resolve("folder.npy"))));
    assertTrue(
        assertThrows(InputException.class, () -> images(folder.resolve("folder.npy")))
            .getMessage()
            .contains("holds no dataset"));
  }

  @Test
  void anArrayIsRefusedWhereverItEnds() throws IOException {
    for (int length = 8; length < FOUR.length; length++) {
      String sentence = refused(Arrays.copyOf(FOUR, length));
      assertTrue(sentence.startsWith("is truncated: "), length + ": " + sentence);
    }
    assertEquals(
        "is truncated: its shape is (2, 1, 2) of |u1, which takes 132 bytes, and it has 131.",
        refused(Arrays.copyOf(FOUR, 131)));
    assertEquals(
        "has too many bytes: its shape is (2, 1, 2) of |u1, which takes 132 bytes, and it has 133.",
        refused(Arrays.copyOf(FOUR, 133)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "NaN; NaN;",
        "-0.001; -0.001;",
        "1.001; 1.001; values up to 255 are read from uint8",
        "254; 254.0; values up to 255 are read from uint8",
        "Infinity; Infinity;",
        "-Infinity; -Infinity;",
        "1e9; 1.0E9;"
      })
  void valuesOutOfRangeAreNamed(double value, String shown, String more) throws IOException {
    Double[] values = new Double[5 * 4];
    Arrays.fill(values, 0.5);
    values[2 * 4 + 3] = value;
    values[4 * 4] = Double.NaN;
    assertEquals(
        "holds %s in image 2, counted from 0, and floats have to be from 0 to 1%s."
            .formatted(shown, more == null ? "" : "; " + more),
        refused(NumpyBytes.npy("<f8", "(5, 2, 2)", NumpyBytes.f8(values))));
  }

  // ---- NPZ -------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void asKerasHasThem(boolean isDeflated) throws IOException {
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("y_test", LABEL);
    arrays.put("x_train", FOUR);
    arrays.put("metadata", NumpyBytes.npy("|O", "()", new byte[3]));
    arrays.put("y_train", LABELS);
    arrays.put("x_test", ONE);
    Path file = file("keras.npz", NumpyBytes.npz(arrays, isDeflated));
    Resolution loaded = loader().load(new DataChoice.At(file), DownloadListener.SILENT);
    assertEquals(List.of(), loaded.warnings());
    Dataset dataset = loaded.dataset();
    assertEquals("keras.npz", dataset.name());
    assertArrayEquals(NumpyBytes.u1(1, 2, 3, 4), dataset.train().pixels(), "in their order");
    assertEquals(8, dataset.train().label(1));
    assertArrayEquals(NumpyBytes.u1(5, 6), dataset.test().pixels());
    assertEquals(9, dataset.test().label(0));
    assertEquals(IdxPart.sha256(dataset.train(), dataset.test()), dataset.sha256());
    assertArrayEquals(NumpyBytes.u1(5, 6), images(file).images().pixels());
  }

  @Test
  void imagesWithLabelsOrWithout() throws IOException {
    assertEquals(8, images(npz("images", FOUR, "labels", LABELS)).images().label(1));
    assertEquals(8, images(npz("imgs", FOUR, "labels", LABELS)).images().label(1));
    assertFalse(images(npz("imgs", FOUR)).images().hasLabels());
    assertEquals(8, images(npz("x_train", FOUR, "y_train", LABELS)).images().label(1));
    assertFalse(images(npz("x_train", FOUR, "x_test", ONE)).images().hasLabels());
  }

  @Test
  void typesOfLabels() throws IOException {
    Map<String, byte[]> types =
        Map.of(
            "<i8", NumpyBytes.i8(3L, 255L),
            "<u8", NumpyBytes.i8(3L, 255L),
            "<i4", NumpyBytes.i4(3, 255),
            "<u4", NumpyBytes.i4(3, 255),
            "<i2", NumpyBytes.i2((short) 3, (short) 255),
            "<u2", NumpyBytes.i2((short) 3, (short) 255),
            "|u1", NumpyBytes.u1(3, 255));
    for (var type : types.entrySet()) {
      for (String shape : List.of("(2,)", "(2, 1)")) {
        byte[] labels = NumpyBytes.npy(type.getKey(), shape, type.getValue());
        ImageSet images = images(npz("images", FOUR, "labels", labels)).images();
        assertEquals(3, images.label(0), type.getKey());
        assertEquals(255, images.label(1), type.getKey());
      }
    }
    byte[] bytes = NumpyBytes.npy("|i1", "(2,)", NumpyBytes.u1(3, 127));
    assertEquals(127, images(npz("images", FOUR, "labels", bytes)).images().label(1));
  }

  @Test
  void otherLabelsAreRefused() throws IOException {
    String start = "cannot be used: its array labels ";
    assertEquals(
        start + "holds the label 256 at index 1, and labels have to be from 0 to 255.",
        refusedLabels("<i4", "(2,)", NumpyBytes.i4(0, 256)));
    assertEquals(
        start + "holds the label -1 at index 0, and labels have to be from 0 to 255.",
        refusedLabels("<i8", "(2,)", NumpyBytes.i8(-1L, 0L)));
    assertEquals(
        start + "holds the label -1 at index 1, and labels have to be from 0 to 255.",
        refusedLabels("|i1", "(2,)", NumpyBytes.u1(0, 255)));
    assertEquals(
        start + "holds the label 65535 at index 0, and labels have to be from 0 to 255.",
        refusedLabels("<u2", "(2,)", NumpyBytes.i2((short) -1, (short) 0)));
    assertEquals(
        start + "is of the type <f4, but labels are read from whole numbers.",
        refusedLabels("<f4", "(2,)", NumpyBytes.f4(0f, 1f)));
    assertEquals(
        start + "has the shape (2, 10), where labels have (N).",
        refusedLabels("|u1", "(2, 10)", new byte[20]));
    assertEquals(
        start + "has the shape (0), where labels have (N).",
        refusedLabels("|u1", "(0,)", new byte[0]));
    assertEquals(
        "has 2 images in images and 3 labels for them in labels.",
        refusedLabels("|u1", "(3,)", new byte[3]));
  }

  private String refusedLabels(String type, String shape, byte[] data) throws IOException {
    return refused(npz("images", FOUR, "labels", NumpyBytes.npy(type, shape, data)));
  }

  @Test
  void namesThatDoNotGoTogether() throws IOException {
    assertEquals(
        "holds no images by name: looked for x_train, images and imgs among x.npy, y.npy.",
        refused(npz("x", FOUR, "y", LABELS)));
    assertEquals(
        "holds no images by name: looked for x_train, images and imgs among x_test.npy.",
        refused(npz("x_test", FOUR)));
    assertEquals(
        "holds images by several names, of which one is expected: x_train, images.",
        refused(npz("images", FOUR, "x_train", FOUR)));
    assertEquals(
        "holds images by several names, of which one is expected: images, imgs.",
        refused(npz("images", FOUR, "imgs", FOUR)));
    assertEquals("has y_test without x_test.", refused(npz("x_train", FOUR, "y_test", LABEL)));
    String oneWithout = "has one of y_train and y_test without the other.";
    assertEquals(oneWithout, refused(npz("x_train", FOUR, "y_train", LABELS, "x_test", ONE)));
    assertEquals(oneWithout, refused(npz("x_train", FOUR, "x_test", ONE, "y_test", LABEL)));
    byte[] larger = NumpyBytes.npy("|u1", "(1, 2, 2)", new byte[4]);
    assertEquals(
        "has training images of 1 x 2 pixels and test images of 2 x 2.",
        refused(npz("x_train", FOUR, "x_test", larger)));
  }

  @Test
  void anArrayInItIsNamed() throws IOException {
    assertEquals(
        "cannot be used: its array x_test is of the type |b1, but images are read from uint8, and"
            + " from float16, float32 and float64.",
        refused(npz("x_train", FOUR, "x_test", NumpyBytes.npy("|b1", "(1, 1, 2)", new byte[2]))));
    assertEquals(
        "cannot be used: its array images holds NaN in image 1, counted from 0, and floats have to"
            + " be from 0 to 1.",
        refused(npz("images", NumpyBytes.npy("<f4", "(2, 1, 1)", NumpyBytes.f4(0f, Float.NaN)))));
  }

  /** The zip file's checksums are held to: Java looks at them only in streams. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aFlippedBitIsFoundOrChangesNothing(boolean isDeflated) throws IOException {
    byte[] values = PictureBytes.values(4, 25, 5);
    byte[] array = NumpyBytes.npy("|u1", "(4, 5, 5)", values);
    byte[] whole = NumpyBytes.npz(Map.of("images", array), isDeflated);
    int refusals = 0;
    for (int at = 0; at < whole.length; at++) {
      Path file = file("a.npz", PictureBytes.flipped(whole, at));
      try {
        assertArrayEquals(values, images(file).images().pixels(), "byte " + at);
      } catch (InputException e) {
        refusals++;
      }
    }
    assertTrue(refusals > array.length / 2, refusals + " of " + whole.length);
  }

  @Test
  void anNpzIsRefusedWhereverItEnds() throws IOException {
    byte[] whole = NumpyBytes.npz(Map.of("images", FOUR), true);
    for (int length = 0; length < whole.length; length += 7) {
      refused(file("a.npz", Arrays.copyOf(whole, length)));
    }
  }
}
