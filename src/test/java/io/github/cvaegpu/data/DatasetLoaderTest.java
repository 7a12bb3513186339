// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetLoaderTest {
  private static final Downloader.Timing TIMING =
      new Downloader.Timing(
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofMillis(5),
          1,
          Duration.ofSeconds(60),
          0);

  @TempDir private Path folder;

  private Path cache() {
    return folder.resolve("cache");
  }

  /** MNIST's place is taken by the four small files of {@link IdxBytes#dataset()}. */
  private DatasetLoader loader(Path environmentFolder, boolean offline, URI... mirrors) {
    Map<IdxPart, String> checksums = new EnumMap<>(IdxPart.class);
    IdxBytes.dataset().forEach((file, bytes) -> checksums.put(file, Digests.sha256(bytes)));
    var tiny =
        new PublishedDataset(
            "mnist", List.of(mirrors), PublishedDataset.Algorithm.SHA256_OF_IDX, checksums);
    return new DatasetLoader(
        new DataLocations(cache(), Optional.ofNullable(environmentFolder), offline),
        List.of(tiny, PublishedDataset.FASHION_MNIST, PublishedDataset.KMNIST),
        TIMING);
  }

  private Resolution load(String data) {
    return loader(null, true).load(DataChoice.of(data), DownloadListener.SILENT);
  }

  private String refused(String data) {
    return assertThrows(InputException.class, () -> load(data)).getMessage();
  }

  private Path own(String name) throws IOException {
    Path own = folder.resolve(name);
    IdxBytes.write(own);
    return own;
  }

  @Test
  void aFolderOfPublishedBytesHasThePublishedName() throws IOException {
    Path own = own("mine");
    Dataset data = load(own.toString()).dataset();
    assertEquals("mnist", data.name());
    assertEquals(Dataset.Status.VERIFIED, data.status());
    assertEquals(own.toString(), data.origin());
    assertEquals(13, data.train().size());
    assertEquals(11, data.test().size());
    assertEquals(3, data.train().height());
    assertEquals(5, data.train().width());
    assertEquals(12 % 10, data.train().label(12));
    assertEquals(4, data.sha256().size());
  }

  @Test
  void aFolderOfOtherBytesHasItsOwnName() throws IOException {
    Path own = own("mine");
    Files.write(own.resolve("t10k-images-idx3-ubyte"), IdxBytes.images(11, 3, 5, 77));
    Dataset data = load(own + "/").dataset();
    assertEquals("mine", data.name());
    assertEquals(Dataset.Status.UNVERIFIED, data.status());
  }

  @Test
  void gzipAndTheDottedSpellingAreAccepted() throws IOException {
    Path own = own("mine");
    Path images = own.resolve("train-images-idx3-ubyte");
    Files.write(
        own.resolve("train-images-idx3-ubyte.gz"), IdxBytes.gzip(Files.readAllBytes(images)));
    Files.delete(images);
    Files.move(own.resolve("t10k-labels-idx1-ubyte"), own.resolve("t10k-labels.idx1-ubyte"));
    assertEquals(Dataset.Status.VERIFIED, load(own.toString()).dataset().status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train-images-idx3-ubyte",
        "train-images.idx3-ubyte",
        "train-images-idx3-ubyte.gz",
        "train-images.idx3-ubyte.gz"
      })
  void whatIsInTheWayOfOneNameHidesNoOther(String taken) throws Exception {
    Path own = own("mine");
    byte[] images = Files.readAllBytes(own.resolve("train-images-idx3-ubyte"));
    Files.delete(own.resolve("train-images-idx3-ubyte"));
    for (String name :
        List.of(
            "train-images-idx3-ubyte",
            "train-images.idx3-ubyte",
            "train-images-idx3-ubyte.gz",
            "train-images.idx3-ubyte.gz")) {
      Path path = own.resolve(name);
      if (name.equals(taken)) {
        Files.write(path, name.endsWith(".gz") ? IdxBytes.gzip(images) : images);
      } else if (name.contains("-idx3-ubyte")) {
        // With a file of its name in it, which would do if there were no other.
        Files.write(Files.createDirectory(path).resolve(name), IdxBytes.images(13, 3, 5, 99));
      } else {
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
      }
    }
    assertEquals(Dataset.Status.VERIFIED, load(own.toString()).dataset().status());
  }

  @Test
  void aFileInAFolderOfItsOwnNameIsTaken() throws IOException {
    Path own = own("mine");
    for (IdxPart file : IdxPart.values()) {
      Path plain = own.resolve(file.idxName());
      byte[] bytes = Files.readAllBytes(plain);
      Files.delete(plain);
      Path inner = Files.createDirectory(plain).resolve(file.idxName());
      Files.write(inner, bytes);
    }
    assertEquals(Dataset.Status.VERIFIED, load(own.toString()).dataset().status());
  }

  @Test
  void aFolderThatHoldsNoFileOfItsNameIsNamed() throws IOException {
    Path own = own("mine");
    Path inTheWay = own.resolve("train-images-idx3-ubyte");
    Files.delete(inTheWay);
    Files.createDirectory(inTheWay);
    assertEquals(inTheWay + " is a folder, not an IDX file of images.", refused(own.toString()));
    Files.delete(inTheWay);
    Files.createSymbolicLink(inTheWay, Path.of("absent"));
    assertEquals(inTheWay + " is a link to nothing.", refused(own.toString()));
  }

  @Test
  void twoFilesForOneAreTakenIfTheyHoldTheSame() throws IOException {
    Path own = own("mine");
    Path plain = own.resolve("train-images-idx3-ubyte");
    Path gzipped = own.resolve("train-images-idx3-ubyte.gz");
    Files.write(gzipped, IdxBytes.gzip(Files.readAllBytes(plain)));
    assertEquals(Dataset.Status.VERIFIED, load(own.toString()).dataset().status());
    Files.write(plain, IdxBytes.images(13, 3, 5, 99));
    assertEquals(
        ("%s and %s do not hold the same, and either could be the file train-images-idx3-ubyte:"
                + " keep one of them.")
            .formatted(gzipped, plain),
        refused(own.toString()));
  }

  @Test
  void aFolderWithoutDataSaysWhatWasLookedFor() {
    assertEquals(
        ("The folder %s holds no dataset: looked for train-images-idx3-ubyte,"
                + " train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each"
                + " plain or with .gz, or pictures *.png, *.jpg, *.jpeg.")
            .formatted(folder),
        refused(folder.toString()));
  }

  @Test
  void aPartOfADatasetSaysWhatIsMissing() throws IOException {
    Path own = own("mine");
    Files.delete(own.resolve("t10k-images-idx3-ubyte"));
    assertEquals(
        ("The folder %s holds only a part of a dataset: it lacks t10k-images-idx3-ubyte, plain or"
                + " with .gz.")
            .formatted(own),
        refused(own.toString()));
  }

  @Test
  void imagesWithoutAnyLabelsAreADataset() throws IOException {
    Path own = own("mine");
    Files.delete(own.resolve("train-labels-idx1-ubyte"));
    assertEquals(
        ("The folder %s holds only a part of a dataset: it lacks train-labels-idx1-ubyte, plain or"
                + " with .gz.")
            .formatted(own),
        refused(own.toString()));
    Files.delete(own.resolve("t10k-labels-idx1-ubyte"));
    Dataset dataset = load(own.toString()).dataset();
    assertFalse(dataset.train().hasLabels());
    assertFalse(dataset.test().hasLabels());
    assertEquals(
        Set.of("train-images-idx3-ubyte", "t10k-images-idx3-ubyte"), dataset.sha256().keySet());
  }

  @Test
  void aFileOrNothingInPlaceOfAFolderIsRefused() throws IOException {
    Path nothing = folder.resolve("nothing");
    assertEquals("There is no folder or file %s.".formatted(nothing), refused("" + nothing));
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertEquals(
        file
            + " is a file, where a folder of four IDX files, or a folder of PNG or JPEG pictures,"
            + " or an NPY or NPZ file is needed.",
        refused("" + file));
  }

  @Test
  void otherNumbersOfImagesAndLabelsAreRefused() throws IOException {
    Path own = own("mine");
    Files.write(own.resolve("train-labels-idx1-ubyte"), IdxBytes.labels(12));
    assertEquals(
        "The folder %s has 13 training images and 12 labels for them.".formatted(own),
        refused(own.toString()));
  }

  @Test
  void otherSizesOfTrainingAndTestImagesAreRefused() throws IOException {
    Path own = own("mine");
    Files.write(own.resolve("t10k-images-idx3-ubyte"), IdxBytes.images(11, 5, 3, 0));
    assertEquals(
        "The folder %s has training images of 3 x 5 pixels and test images of 5 x 3."
            .formatted(own),
        refused(own.toString()));
  }

  @ParameterizedTest
  @CsvSource({
    "minst, mnist",
    "fashon-mnist, fashion-mnist",
    "kminst, kmnist",
    "syntetic, synthetic",
    "sprite, sprites",
    "Auto, auto",
    "fashion_mnist, fashion-mnist"
  })
  void anUnknownWordGetsTheNearestName(String word, String nearest) {
    assertEquals(
        ("\"%s\" is not a dataset, and nothing of that name is there; did you mean \"%s\" (of"
                + " auto, synthetic, sprites, mnist, fashion-mnist, kmnist)?")
            .formatted(word, nearest),
        refused(word));
  }

  @Test
  void theEmptyWordIsNotTheWorkingDirectory() {
    assertTrue(refused("").startsWith("\"\" is not a dataset"), refused(""));
  }

  @Test
  void autoPrefersTheEnvironmentsFolder() throws IOException {
    IdxBytes.write(cache().resolve("mnist"));
    Path own = own("mine");
    Resolution found = loader(own, true).load(DataChoice.AUTO, DownloadListener.SILENT);
    assertEquals(own.toString(), found.dataset().origin());
    assertEquals(cache().resolve("mnist").toString(), load("auto").dataset().origin());
    assertEquals(List.of(), found.reasons());
  }

  @Test
  void aBadEnvironmentFolderIsAnErrorAndNotPassedOver() throws IOException {
    IdxBytes.write(cache().resolve("mnist"));
    Path nothing = folder.resolve("nothing");
    for (String data : List.of("auto", "mnist")) {
      var e =
          assertThrows(
              InputException.class,
              () -> loader(nothing, true).load(DataChoice.of(data), DownloadListener.SILENT));
      assertEquals(
          "There is no folder or file %s (the environment variable CVAE_GPU_DATA names it)."
              .formatted(nothing),
          e.getMessage());
    }
  }

  @Test
  void mnistIsNotTakenFromAFolderOfOtherImages() throws IOException {
    Path own = own("mine");
    Files.write(own.resolve("t10k-images-idx3-ubyte"), IdxBytes.images(11, 3, 5, 77));
    DatasetLoader loader = loader(own, true);
    assertEquals("mine", loader.load(DataChoice.AUTO, DownloadListener.SILENT).dataset().name());
    var e =
        assertThrows(
            InputException.class,
            () -> loader.load(DataChoice.of("mnist"), DownloadListener.SILENT));
    assertEquals(
        ("The folder %s, which the environment variable CVAE_GPU_DATA names, does not hold mnist"
                + " but other images.")
            .formatted(own),
        e.getMessage());
  }

  @Test
  void offlineAutoFallsBackToSyntheticDigitsWithTheReason() {
    Resolution found = load("auto");
    assertEquals(Dataset.Status.SYNTHETIC_FALLBACK, found.dataset().status());
    assertEquals("synthetic", found.dataset().name());
    assertEquals(60_000, found.dataset().train().size());
    assertEquals(10_000, found.dataset().test().size());
    assertEquals(
        List.of(
            "mnist is not in %s and downloads are forbidden".formatted(cache().resolve("mnist"))),
        found.reasons());
  }

  @Test
  void autoGivesTheReasonOfEveryMirror() throws IOException {
    try (var one = new MirrorServer();
        var two = new MirrorServer()) {
      one.answer(IdxPart.TRAIN_IMAGES, MirrorServer.status(404));
      two.answer(IdxPart.TRAIN_IMAGES, MirrorServer.status(403));
      Resolution found =
          loader(null, false, one.mirror(), two.mirror())
              .load(DataChoice.AUTO, DownloadListener.SILENT);
      assertEquals(Dataset.Status.SYNTHETIC_FALLBACK, found.dataset().status());
      assertEquals(
          List.of(
              one.url(IdxPart.TRAIN_IMAGES) + " answered with HTTP status 404",
              two.url(IdxPart.TRAIN_IMAGES) + " answered with HTTP status 403"),
          found.reasons());
    }
  }

  @Test
  void autoDownloadsWhatIsNotThere() throws IOException {
    try (var mirror = new MirrorServer()) {
      Resolution found =
          loader(null, false, mirror.mirror()).load(DataChoice.AUTO, DownloadListener.SILENT);
      assertEquals(Dataset.Status.VERIFIED, found.dataset().status());
      assertEquals(cache().resolve("mnist").toString(), found.dataset().origin());
    }
  }

  @Test
  void aNamedDatasetNeverFallsBack() {
    for (String name : List.of("mnist", "fashion-mnist", "kmnist")) {
      var e =
          assertThrows(
              DataUnavailableException.class,
              () -> loader(null, true).load(DataChoice.of(name), DownloadListener.SILENT));
      assertTrue(
          e.getMessage()
              .startsWith(
                  "%s cannot be had: %s is not in %s and downloads are forbidden; its files"
                      .formatted(name, name, cache().resolve(name))),
          e.getMessage());
    }
  }

  @Test
  void syntheticIsWhatWasAskedFor() {
    Resolution found = load("synthetic");
    assertEquals(Dataset.Status.SYNTHETIC, found.dataset().status());
    assertEquals(List.of(), found.reasons());
    assertEquals("synthetic", found.dataset().name());
    assertEquals("sprites", load("sprites").dataset().name());
  }

  @Test
  void theCacheIsListedWithoutADownload() throws IOException {
    DatasetLoader loader = loader(null, false, URI.create("http://127.0.0.1:1/"));
    assertEquals(Optional.empty(), loader.cached("mnist"));
    IdxBytes.write(cache().resolve("mnist"));
    assertEquals(13, loader.cached("mnist").orElseThrow().train().size());
    Files.delete(cache().resolve("mnist").resolve("train-labels-idx1-ubyte"));
    var e = assertThrows(InputException.class, () -> loader.cached("mnist"));
    assertEquals(
        "The folder %s holds only a part of mnist.".formatted(cache().resolve("mnist")),
        e.getMessage());
  }
}
