// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of pictures, from the outside. */
class PictureSourceTest {
  private static final Reading TENTH = new Reading(0.1, null, false);

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void nameFolder() {
    folder = temp.resolve("mine");
  }

  /** A picture of one value, 2 x 3 pixels. */
  private Path put(String name, int value) throws IOException {
    return put(name, flat(2, 3, value));
  }

  private Path put(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private static byte[] flat(int height, int width, int value) {
    byte[] values = new byte[height * width];
    Arrays.fill(values, (byte) value);
    return PictureBytes.grey(height, width, values);
  }

  private DatasetLoader loader() {
    return new DatasetLoader(new DataLocations(temp.resolve("cache"), Optional.empty(), true));
  }

  private Resolution load(Reading reading) {
    return loader().load(new DataChoice.At(folder, reading), DownloadListener.SILENT);
  }

  private Dataset dataset(Reading reading) {
    Resolution loaded = load(reading);
    assertEquals(List.of(), loaded.warnings());
    return loaded.dataset();
  }

  private Input images(Reading reading, Split... split) {
    return loader()
        .images(
            new DataChoice.At(folder, reading),
            Arrays.stream(split).findFirst(),
            DownloadListener.SILENT);
  }

  private String refused(Reading reading) {
    String message = assertThrows(InputException.class, () -> load(reading)).getMessage();
    assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    return message;
  }

  /** The first pixel of each image. */
  private static List<Integer> values(ImageSet images) {
    List<Integer> values = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      values.add(images.pixels()[i * images.imageSize()] & 0xFF);
    }
    return values;
  }

  private static List<Integer> labels(ImageSet images) {
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      labels.add(images.label(i));
    }
    return labels;
  }

  // ---- layouts ---------------------------------------------------------------------------------

  @Test
  void foldersOfBothPartsHaveFoldersOfClasses() throws IOException {
    put("train/b/1.png", 11);
    put("train/a/2.png", 12);
    put("train/a/1.png", 10);
    put("test/b/x.png", 21);
    put("test/a/y.png", 20);
    Input train = images(Reading.PLAIN, Split.TRAIN);
    assertEquals("mine", train.name());
    assertEquals(List.of(10, 12, 11), values(train.images()));
    assertEquals(List.of(0, 0, 1), labels(train.images()));
    assertEquals(new ImageSize(2, 3), train.images().shape());
    assertEquals(List.of(20, 21), values(images(Reading.PLAIN).images()), "the test images");
    assertEquals(List.of(0, 1), labels(images(Reading.PLAIN, Split.TEST).images()));
    Dataset dataset = dataset(Reading.PLAIN);
    assertEquals(Dataset.Status.UNVERIFIED, dataset.status());
    assertEquals(folder.toString(), dataset.origin());
    assertEquals(3, dataset.train().size());
    assertEquals(2, dataset.test().size());
    assertEquals(IdxPart.sha256(dataset.train(), dataset.test()), dataset.sha256());
  }

  /** A part that lacks a class does not move the labels of those behind it. */
  @Test
  void bothPartsHaveTheSameLabels() throws IOException {
    put("train/a/1.png", 1);
    put("train/c/1.png", 3);
    put("test/b/1.png", 2);
    put("test/c/1.png", 3);
    assertEquals(List.of(0, 2), labels(images(Reading.PLAIN, Split.TRAIN).images()));
    assertEquals(List.of(1, 2), labels(images(Reading.PLAIN, Split.TEST).images()));
  }

  @Test
  void partsMayBeWithoutClasses() throws IOException {
    put("train/1.png", 1);
    put("train/2.png", 2);
    put("test/1.png", 3);
    Dataset dataset = dataset(Reading.PLAIN);
    assertFalse(dataset.train().hasLabels());
    assertEquals(List.of(3), values(dataset.test()));
    assertEquals(2, dataset.sha256().size());
  }

  @Test
  void aPartThatAloneHasClassesIsRefused() throws IOException {
    put("train/a/1.png", 1);
    put("test/1.png", 3);
    String sentence =
        "The folder %s has classes in one of train and test and none in the other: both need them,"
            + " or neither.";
    assertEquals(sentence.formatted(folder), refused(Reading.PLAIN));
    Files.delete(folder.resolve("train/a/1.png"));
    Files.delete(folder.resolve("train/a"));
    put("train/1.png", 1);
    Files.delete(folder.resolve("test/1.png"));
    put("test/a/1.png", 1);
    assertEquals(sentence.formatted(folder), refused(Reading.PLAIN));
  }

  @Test
  void namesAreInTheOrderOfTheirCodesInEveryLocale() throws IOException {
    List<String> names = List.of("10", "2", "B", "a", "z", "\u00e4", "\u0131");
    for (String name : names) {
      put(name + "/1.png", names.indexOf(name));
    }
    Locale before = Locale.getDefault();
    try {
      for (String locale : List.of("en", "tr", "sv", "de")) {
        Locale.setDefault(Locale.of(locale));
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6), values(images(Reading.PLAIN).images()), locale);
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6), labels(images(Reading.PLAIN).images()), locale);
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void picturesWithoutClassesHaveNoLabels() throws IOException {
    put("b.PNG", 2);
    put("a.png", 1);
    put("c.Jpg", PictureBytes.jpeg(2, 3, 0x030303));
    put("d.JPEG", PictureBytes.jpeg(2, 3, 0x040404));
    ImageSet images = images(Reading.PLAIN).images();
    assertEquals(List.of(1, 2, 3, 4), values(images));
    assertFalse(images.hasLabels());
  }

  /** As a train is a thing to have pictures of. */
  @Test
  void onePartAloneIsAClass() throws IOException {
    put("train/1.png", 1);
    put("bus/1.png", 2);
    assertEquals(List.of(0, 1), labels(images(Reading.PLAIN).images()));
    assertEquals(List.of(2, 1), values(images(Reading.PLAIN).images()));
  }

  @Test
  void aPartAloneWithClassesSaysWhatIsMissing() throws IOException {
    put("train/a/1.png", 1);
    assertEquals(
        ("The folder %s holds folders and no pictures, and each folder in %s is taken for a class:"
                + " looked for *.png, *.jpg, *.jpeg; test images of their own lie in test beside"
                + " train.")
            .formatted(folder.resolve("train"), folder),
        refused(TENTH));
  }

  @Test
  void anEmptyFolderIsRefused() throws IOException {
    put("a/1.png", 1);
    Files.createDirectory(folder.resolve("b"));
    assertEquals(
        ("The folder %s holds no pictures, and each folder in %s is taken for a class: looked for"
                + " *.png, *.jpg, *.jpeg; test images of their own lie in test beside train.")
            .formatted(folder.resolve("b"), folder),
        refused(TENTH));
    Files.delete(folder.resolve("b"));
    put("train/a/1.png", 1);
    Files.createDirectory(folder.resolve("test"));
    assertEquals(
        "The folder %s holds no pictures: looked for *.png, *.jpg, *.jpeg."
            .formatted(folder.resolve("test")),
        refused(Reading.PLAIN));
  }

  @Test
  void aFolderWithoutAnyPicturesHoldsNoDataset() throws IOException {
    Files.createDirectories(folder.resolve("a/b/c/d"));
    put("a/b/c/d/too-deep.png", 1);
    put("a/.hidden.png", 1);
    put(".hidden/a.png", 1);
    put("a.gif", 1);
    assertTrue(refused(Reading.PLAIN).startsWith("The folder " + folder + " holds no dataset: "));
  }

  @Test
  void picturesBesideFoldersOfPicturesAreRefused() throws IOException {
    put("a/1.png", 1);
    put("1.png", 1);
    assertEquals(
        ("The folder %s holds pictures, 1.png among them, beside folders of pictures, as a: it"
                + " takes a folder for each class, or none.")
            .formatted(folder),
        refused(TENTH));
  }

  @Test
  void whatIsNoPictureInItsPlaceIsSaid() throws IOException {
    put("a/1.png", 1);
    put("b/1.png", 2);
    put("a/.DS_Store", 0);
    put(".git/x.png", 0);
    assertEquals(List.of(), load(TENTH).warnings(), "hidden files are nobody's pictures");
    put("a/notes.txt", 0);
    assertEquals(
        List.of(
            "Not everything in %s is a picture in its place; what is not read: %s."
                .formatted(folder, folder.resolve("a/notes.txt"))),
        load(TENTH).warnings());
    put("b/deeper/2.png", 3);
    put("list.csv", 0);
    assertEquals(
        List.of(
            "Not everything in %s is a picture in its place; what is not read: %s and 2 more."
                .formatted(folder, folder.resolve("list.csv"))),
        load(TENTH).warnings());
    assertEquals(List.of(1, 2), values(images(Reading.PLAIN).images()));
  }

  @Test
  void otherFoldersBesidePartsAreSaid() throws IOException {
    put("train/1.png", 1);
    put("test/1.png", 2);
    put("val/1.png", 3);
    assertEquals(
        List.of(
            "Not everything in %s is a picture in its place; what is not read: %s."
                .formatted(folder, folder.resolve("val"))),
        load(Reading.PLAIN).warnings());
  }

  @Test
  void moreClassesThanLabelsAreReadWithoutThem() throws IOException {
    for (int i = 0; i < 256; i++) {
      put(String.format(Locale.ROOT, "c%03d/1.png", i), i);
    }
    assertEquals(255, images(Reading.PLAIN).images().label(255));
    put("c256/1.png", 0);
    Input more = images(Reading.PLAIN);
    assertFalse(more.images().hasLabels());
    assertEquals(257, more.images().size());
    assertEquals(
        List.of(folder + " has 257 classes, more than the 256 that labels tell apart."),
        more.warnings());
  }

  @Test
  void aFolderThatMayNotBeReadIsRefused() throws IOException {
    put("a/1.png", 1);
    put("b/1.png", 1);
    Path closed = folder.resolve("b");
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
    try {
      Assumptions.assumeFalse(Files.isReadable(closed), "this user may read every folder");
      assertEquals("The folder %s may not be read by this user.".formatted(closed), refused(TENTH));
    } finally {
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    }
  }

  // ---- parts -----------------------------------------------------------------------------------

  @Test
  void withoutATestPartOneIsHeldOut() throws IOException {
    for (int i = 0; i < 40; i++) {
      put(String.format(Locale.ROOT, "%s/%02d.png", i < 20 ? "a" : "b", i), i);
    }
    assertEquals(
        folder + " has no test images beside those to train on: --test-part 0.1 holds out a tenth.",
        refused(Reading.PLAIN));
    Dataset dataset = dataset(new Reading(0.25, null, false));
    assertEquals(30, dataset.train().size());
    assertEquals(10, dataset.test().size());
    var all = new TreeSet<>(values(dataset.train()));
    all.addAll(values(dataset.test()));
    assertEquals(40, all.size(), "each image is in one part");
    for (ImageSet part : List.of(dataset.train(), dataset.test())) {
      List<Integer> values = values(part);
      assertEquals(values.stream().map(value -> value < 20 ? 0 : 1).toList(), labels(part));
      assertEquals(
          2, new TreeSet<>(labels(part.first(8))).size(), "the first ones are of both classes");
      assertNotEquals(values.stream().sorted().toList(), values);
    }
    // Fixed for good: a run's images must not change.
    assertEquals(List.of(8, 35, 17, 25, 0, 13, 6, 28, 10, 29), values(dataset.test()));
    assertEquals(dataset.sha256(), dataset(new Reading(0.25, null, false)).sha256());
    assertNotEquals(dataset.sha256(), dataset(TENTH).sha256());
    assertEquals(40, images(Reading.PLAIN).images().size());
    assertEquals(values(dataset.test()), values(images(new Reading(0.25, null, false)).images()));
    assertEquals(
        folder + " has one part, so that there are no train images to choose.",
        assertThrows(InputException.class, () -> images(Reading.PLAIN, Split.TRAIN)).getMessage());
  }

  @Test
  void aPartThatIsThereIsNotMadeAgain() throws IOException {
    put("train/1.png", 1);
    put("test/1.png", 2);
    String sentence = "--test-part is for images without a test part, and %s has one.";
    assertEquals(sentence.formatted(folder), refused(TENTH));
    assertEquals(
        sentence.formatted(folder),
        assertThrows(InputException.class, () -> images(TENTH)).getMessage());
  }

  @Test
  void atLeastOneIsHeldOutAndOneIsLeft() throws IOException {
    put("1.png", 1);
    assertEquals(
        "--test-part 0.1 of the 1 images of %s leaves none to train on.".formatted(folder),
        refused(TENTH));
    put("2.png", 2);
    assertEquals(1, dataset(TENTH).test().size());
    assertEquals(
        "--test-part 0.9 of the 2 images of %s leaves none to train on.".formatted(folder),
        refused(new Reading(0.9, null, false)));
  }

  /** Or the first test images, which evaluate --images takes, would be of one class. */
  @Test
  void classesAreMixedInAPartThatIsThere() throws IOException {
    for (int i = 0; i < 20; i++) {
      put(String.format(Locale.ROOT, "train/%s/%02d.png", i < 10 ? "a" : "b", i), i);
      put(String.format(Locale.ROOT, "test/%s/%02d.png", i < 10 ? "a" : "b", i), i);
    }
    Dataset dataset = dataset(Reading.PLAIN);
    assertEquals(2, new TreeSet<>(labels(dataset.train().first(6))).size());
    assertEquals(2, new TreeSet<>(labels(dataset.test().first(6))).size());
    assertEquals(20, new TreeSet<>(values(dataset.test())).size());
  }

  // ---- sizes -----------------------------------------------------------------------------------

  @Test
  void theFirstPictureOfAnotherSizeIsNamed() throws IOException {
    for (int i = 0; i < 200; i++) {
      put(String.format(Locale.ROOT, "%03d.png", i), i % 250);
    }
    put("057.png", flat(3, 2, 1));
    put("133.png", flat(9, 9, 1));
    put("199.png", flat(1, 1, 1));
    for (int attempt = 0; attempt < 5; attempt++) {
      assertEquals(
          "%s has 3 x 2 pixels and %s has 2 x 3: --resize 2 makes all of them 2 x 2."
              .formatted(folder.resolve("057.png"), folder.resolve("000.png")),
          refused(TENTH));
    }
    ImageSet scaled = images(new Reading(0, new ImageSize(4, 5), false)).images();
    assertEquals(new ImageSize(4, 5), scaled.shape());
    assertEquals(200, scaled.size());
    assertEquals(56, values(scaled).get(56));
    assertEquals(1, values(scaled).get(57));
  }

  @Test
  void otherSizesInTheTestPartAreNamedToo() throws IOException {
    put("train/1.png", 1);
    put("test/1.png", flat(2, 2, 1));
    assertEquals(
        "%s has 2 x 2 pixels and %s has 2 x 3: --resize 2 makes all of them 2 x 2."
            .formatted(folder.resolve("test/1.png"), folder.resolve("train/1.png")),
        refused(Reading.PLAIN));
  }

  @Test
  void aPictureThatNoNetworkTakesIsRefusedUnlessItIsScaled() throws IOException {
    put("1.png", flat(300, 400, 7));
    put("2.png", flat(300, 400, 8));
    assertEquals(
        ("%s has 300 x 400 pixels, more than the 65,536 of an image that a network takes: --resize"
                + " N makes all of them N x N.")
            .formatted(folder.resolve("1.png")),
        refused(TENTH));
    assertEquals(
        List.of(7, 8), values(images(new Reading(0, new ImageSize(8, 8), false)).images()));
  }

  // ---- pictures that cannot be read ------------------------------------------------------------

  @Test
  void theFirstUnreadablePictureIsNamedOrSkipped() throws IOException {
    for (int i = 0; i < 100; i++) {
      put(String.format(Locale.ROOT, "%s/%02d.png", i < 50 ? "a" : "b", i), i);
    }
    byte[] whole = flat(2, 3, 1);
    put("a/17.png", Arrays.copyOf(whole, whole.length - 5));
    put("b/60.png", new byte[0]);
    put("b/99.png", PictureBytes.jpeg(2, 3, 0));
    for (int attempt = 0; attempt < 5; attempt++) {
      assertEquals(folder.resolve("a/17.png") + " is truncated.", refused(TENTH));
    }
    Input rest = images(new Reading(0, null, true));
    assertEquals(
        List.of(
            "Left out as unreadable: 3 pictures; the first: %s is truncated."
                .formatted(folder.resolve("a/17.png"))),
        rest.warnings());
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      if (i != 17 && i != 60 && i != 99) {
        left.add(i);
      }
    }
    assertEquals(left, values(rest.images()));
    assertEquals(left.stream().map(i -> i < 50 ? 0 : 1).toList(), labels(rest.images()));
    Resolution held = load(new Reading(0.1, null, true));
    assertEquals(rest.warnings(), held.warnings());
    assertEquals(97, held.dataset().train().size() + held.dataset().test().size());
  }

  @Test
  void anUnreadableFirstPictureDoesNotDecideTheSize() throws IOException {
    put("1.png", new byte[3]);
    put("2.png", 2);
    put("3.png", flat(9, 9, 1));
    // Skipping is not for pictures that can be read.
    assertEquals(
        "%s has 9 x 9 pixels and %s has 2 x 3: --resize 2 makes all of them 2 x 2."
            .formatted(folder.resolve("3.png"), folder.resolve("2.png")),
        refused(new Reading(0.5, null, true)));
    put("3.png", 3);
    Input rest = images(new Reading(0, null, true));
    assertEquals(List.of(2, 3), values(rest.images()));
    assertEquals(
        List.of(
            "Left out as unreadable: 1 picture; the first: %s is not a PNG file but something else."
                .formatted(folder.resolve("1.png"))),
        rest.warnings());
  }

  @Test
  void whereNothingCanBeReadThereIsNothing() throws IOException {
    put("train/1.png", 1);
    put("test/1.png", new byte[0]);
    put("test/2.png", new byte[0]);
    assertEquals(
        "None of the 2 pictures in %s can be read: %s is empty."
            .formatted(folder, folder.resolve("test/1.png")),
        refused(new Reading(0, null, true)));
    put("train/1.png", new byte[0]);
    assertEquals(
        "None of the 1 pictures in %s can be read: %s is empty."
            .formatted(folder, folder.resolve("train/1.png")),
        refused(new Reading(0, null, true)));
  }

  /** Also where one picture after the other is read. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void anyNumberOfThreadsReadsTheSame(int threads) throws Exception {
    byte[] expected = new byte[300 * 6];
    for (int i = 0; i < 300; i++) {
      byte[] values = PictureBytes.values(2, 3, i);
      put(String.format(Locale.ROOT, "%03d.png", i), PictureBytes.grey(2, 3, values));
      System.arraycopy(values, 0, expected, i * 6, 6);
    }
    try (var pool = new ForkJoinPool(threads)) {
      assertArrayEquals(expected, pool.submit(() -> images(Reading.PLAIN).images().pixels()).get());
    }
  }

  @Test
  void whoWaitsHearsHowManyAreRead() throws IOException {
    for (int i = 0; i < 100; i++) {
      put("train/" + i + ".png", i);
      if (i < 10) {
        put("test/" + i + ".png", i);
      }
    }
    List<String> told = new ArrayList<>();
    loader()
        .load(
            new DataChoice.At(folder),
            new DownloadListener() {
              @Override
              public void reading(int done, int total) {
                told.add(done + " of " + total);
              }
            });
    assertEquals(List.of("32 of 100", "64 of 100", "96 of 100", "100 of 100", "10 of 10"), told);
  }

  @Test
  void readingEndsWhenItsThreadIsInterrupted() throws IOException {
    put("1.png", 1);
    Thread.currentThread().interrupt();
    try {
      assertEquals("Reading pictures was interrupted.", refused(TENTH));
    } finally {
      assertTrue(Thread.interrupted(), "whoever interrupted it still sees it");
    }
  }

  // ---- other input -----------------------------------------------------------------------------

  @Test
  void anIdxFolderStaysOneWhateverPicturesLieInIt() throws IOException {
    IdxBytes.write(folder);
    put("sample.png", 1);
    assertEquals(13, dataset(Reading.PLAIN).train().size());
    assertEquals(
        "--resize is for pictures and for NPY and NPZ files, but %s is a folder of IDX files."
            .formatted(folder),
        refused(new Reading(0, new ImageSize(2, 2), false)));
    assertEquals(
        "--skip-unreadable is for folders of pictures, but %s is a folder of IDX files."
            .formatted(folder),
        refused(new Reading(0, null, true)));
    assertEquals(
        "--test-part is for images without a test part, and %s has one.".formatted(folder),
        refused(TENTH));
  }

  @Test
  void anIdxFolderWithoutTestFilesIsOfOnePart() throws IOException {
    IdxBytes.write(folder);
    Files.delete(folder.resolve("t10k-images-idx3-ubyte"));
    Files.delete(folder.resolve("t10k-labels-idx1-ubyte"));
    assertEquals(
        folder + " has no test images beside those to train on: --test-part 0.1 holds out a tenth.",
        refused(Reading.PLAIN));
    assertEquals(13, images(Reading.PLAIN).images().size());
    Dataset dataset = dataset(new Reading(0.3, null, false));
    assertEquals(9, dataset.train().size());
    assertEquals(4, dataset.test().size());
    assertTrue(dataset.test().hasLabels());
    assertEquals(IdxPart.sha256(dataset.train(), dataset.test()), dataset.sha256());
  }

  @Test
  void aNameIsReadInNoOtherWay() {
    assertEquals(
        "Only a folder or a file of images takes --test-part and --resize and --skip-unreadable,"
            + " and sprites is the name of a dataset.",
        assertThrows(
                InputException.class,
                () -> DataChoice.of("sprites", new Reading(0.1, new ImageSize(2, 2), true)))
            .getMessage());
    assertEquals(new DataChoice.Named("sprites"), DataChoice.of("sprites", Reading.PLAIN));
    assertEquals(new DataChoice.Named("sprits"), DataChoice.of("sprits", TENTH));
    assertEquals(new DataChoice.At(temp, TENTH), DataChoice.of(temp.toString(), TENTH));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 2, Double.NaN, Double.POSITIVE_INFINITY})
  void whatIsNoPartIsRefused(double part) {
    assertEquals(
        "--test-part must be above 0 and below 1, not %s.".formatted(part),
        assertThrows(InputException.class, () -> new Reading(part, null, false)).getMessage());
  }

  @Test
  void aSizeThatNoNetworkTakesIsRefused() {
    assertEquals(
        "--resize must make images of 65,536 pixels at most, not of 257 x 256.",
        assertThrows(InputException.class, () -> new Reading(0, new ImageSize(257, 256), false))
            .getMessage());
  }

  @Test
  void namedDatasetsGiveTheSplitAskedFor() {
    for (Split split : List.of(Split.TEST, Split.TRAIN)) {
      Input sprites =
          loader()
              .images(new DataChoice.Named("sprites"), Optional.of(split), DownloadListener.SILENT);
      assertEquals(
          split == Split.TEST ? Sprites.TEST_IMAGES : Sprites.TRAIN_IMAGES,
          sprites.images().size());
    }
    // Nothing is drawn in MNIST's place.
    assertThrows(
        DataUnavailableException.class,
        () -> loader().images(DataChoice.AUTO, Optional.empty(), DownloadListener.SILENT));
  }
}
