// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.Digests;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DownloadTest {
  private static final IdxPart FIRST = IdxPart.TRAIN_IMAGES;
  private static final Downloader.Timing TIMING =
      new Downloader.Timing(
          Duration.ofSeconds(5),
          Duration.ofMillis(400),
          Duration.ofMillis(5),
          3,
          Duration.ofMillis(600),
          30);

  @TempDir private Path cache;
  private MirrorServer one;
  private MirrorServer two;

  @BeforeEach
  void start() throws IOException {
    one = new MirrorServer();
    two = new MirrorServer();
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
  }

  private static PublishedDataset dataset(PublishedDataset.Algorithm algorithm, URI... mirrors) {
    Map<IdxPart, String> checksums = new EnumMap<>(IdxPart.class);
    for (var file : IdxBytes.dataset().entrySet()) {
      checksums.put(
          file.getKey(),
          switch (algorithm) {
            case SHA256_OF_IDX -> Digests.sha256(file.getValue());
            case MD5_OF_GZIP ->
                HexFormat.of()
                    .formatHex(Digests.named("MD5").digest(IdxBytes.gzip(file.getValue())));
          });
    }
    return new PublishedDataset("tiny", List.of(mirrors), algorithm, checksums);
  }

  private DatasetLoader loader(URI... mirrors) {
    return new DatasetLoader(
        new DataLocations(cache, Optional.empty(), false),
        List.of(dataset(PublishedDataset.Algorithm.SHA256_OF_IDX, mirrors)),
        TIMING);
  }

  private Dataset fetch() {
    return loader(one.mirror(), two.mirror()).fetch("tiny", false, DownloadListener.SILENT);
  }

  private String failure(URI... mirrors) {
    return assertThrows(
            DataUnavailableException.class,
            () -> loader(mirrors).fetch("tiny", false, DownloadListener.SILENT))
        .getMessage();
  }

  private List<String> stored() throws IOException {
    try (Stream<Path> files = Files.list(cache.resolve("tiny"))) {
      return files.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  private void assertWhole() throws IOException {
    assertEquals(
        List.of(
            ".lock",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz"),
        stored());
    assertArrayEquals(
        IdxBytes.gzip(IdxBytes.dataset().get(FIRST)),
        Files.readAllBytes(cache.resolve("tiny").resolve(FIRST.gzipName())));
  }

  @Test
  void aGoodMirrorFillsTheCacheOnce() throws IOException {
    Dataset data = fetch();
    assertEquals("tiny", data.name());
    assertEquals(Dataset.Status.VERIFIED, data.status());
    assertEquals(13, data.train().size());
    assertEquals(11, data.test().size());
    assertWhole();
    assertEquals(4, one.requests.size());
    fetch();
    assertEquals(4, one.requests.size(), "the cache was not used");
    assertEquals(List.of(), two.requests);
  }

  @Test
  void forceDownloadsWhatIsThereAlready() {
    fetch();
    loader(one.mirror()).fetch("tiny", true, DownloadListener.SILENT);
    assertEquals(8, one.requests.size());
  }

  @Test
  void theListenerHearsOfEveryStep() {
    one.answer(FIRST, MirrorServer.status(404));
    List<String> heard = new ArrayList<>();
    var listener =
        new DownloadListener() {
          @Override
          public void connecting(URI url) {
            heard.add("connecting " + url);
          }

          @Override
          public void received(URI url, long received, long total) {
            heard.add(String.format(Locale.ROOT, "received %d of %d", received, total));
          }

          @Override
          public void stored(URI url, Path file) {
            heard.add("stored " + file.getFileName());
          }

          @Override
          public void failed(URI url, String reason) {
            heard.add("failed " + reason);
          }
        };
    loader(one.mirror(), two.mirror()).fetch("tiny", false, listener);
    int size = one.served(FIRST).length;
    assertEquals(
        List.of(
            "connecting " + one.url(FIRST),
            "failed " + one.url(FIRST) + " answered with HTTP status 404",
            "connecting " + two.url(FIRST),
            String.format(Locale.ROOT, "received %d of %d", size, size),
            "stored " + FIRST.gzipName()),
        heard.subList(0, 5));
  }

  @Test
  void htmlInPlaceOfGzipIsRefusedAndTheNextMirrorUsed() throws IOException {
    one.serve(FIRST, "<!DOCTYPE html><title>Moved</title>".getBytes(StandardCharsets.UTF_8));
    fetch();
    assertWhole();
    assertEquals(1, one.requests.size());
    assertEquals(4, two.requests.size());
    Files.delete(cache.resolve("tiny").resolve(FIRST.gzipName()));
    String message = failure(one.mirror());
    assertTrue(
        message.startsWith(
            "tiny cannot be had: %s is an HTML page, not a gzip file; its files"
                .formatted(one.url(FIRST))),
        message);
  }

  @Test
  void wrongBytesAreRefusedAndTheNextMirrorUsed() throws IOException {
    byte[] other = IdxBytes.gzip(IdxBytes.images(13, 3, 5, 99));
    one.serve(FIRST, other);
    fetch();
    assertWhole();
    assertEquals(4, two.requests.size());
    two.serve(FIRST, other);
    Files.delete(cache.resolve("tiny").resolve(FIRST.gzipName()));
    String message = failure(one.mirror(), two.mirror());
    assertTrue(message.contains(one.url(FIRST) + " is not tiny's file: its SHA-256 is "), message);
    assertTrue(message.contains(two.url(FIRST) + " is not tiny's file: its SHA-256 is "), message);
    assertFalse(stored().contains(FIRST.gzipName()), "a wrong file was kept");
  }

  @Test
  void anMd5IsThatOfTheGzippedFile() throws IOException {
    var md5 = dataset(PublishedDataset.Algorithm.MD5_OF_GZIP, one.mirror());
    var locations = new DataLocations(cache, Optional.empty(), false);
    var loader = new DatasetLoader(locations, List.of(md5), TIMING);
    assertEquals(
        Dataset.Status.VERIFIED, loader.fetch("tiny", false, DownloadListener.SILENT).status());
    assertWhole();
    // The same images in another gzip wrapper are not what was published.
    byte[] rewrapped = IdxBytes.gzip(IdxBytes.dataset().get(FIRST));
    rewrapped[9] ^= 1;
    Files.write(cache.resolve("tiny").resolve(FIRST.gzipName()), rewrapped);
    var e = assertThrows(RuntimeException.class, () -> loader.cached("tiny"));
    assertTrue(e.getMessage().contains("is not tiny's file: its MD5 is "), e.getMessage());
  }

  @Test
  void aBrokenTransferIsResumed() throws IOException {
    one.answer(FIRST, MirrorServer.breakAfter(20));
    fetch();
    assertWhole();
    String path = "/m/" + FIRST.gzipName();
    assertEquals(List.of(path, path + " bytes=20-"), one.requests.subList(0, 2));
    assertEquals(List.of(), two.requests);
  }

  @Test
  void aServerWithoutRangesIsAskedForTheWholeAgain() throws IOException {
    one.answer(FIRST, MirrorServer.breakAfter(20), MirrorServer::withoutRanges);
    fetch();
    assertWhole();
    assertEquals(List.of(), two.requests);
  }

  @Test
  void nothingIsKeptOfALongerFileThatBroke() throws IOException {
    one.answer(
        FIRST,
        (exchange, file) -> MirrorServer.breakAfter(5000).to(exchange, new byte[6000]),
        MirrorServer::withoutRanges);
    fetch();
    assertWhole();
  }

  @Test
  void aTransferThatKeepsBreakingIsGivenUp() {
    one.answer(
        FIRST,
        MirrorServer.breakAfter(20),
        MirrorServer.breakAfter(21),
        MirrorServer.breakAfter(22));
    fetch();
    assertEquals(3, one.requests.size());
    assertEquals(4, two.requests.size());
  }

  @Test
  void aMissingFileIsNotAskedForTwice() {
    one.answer(FIRST, MirrorServer.status(404));
    fetch();
    assertEquals(1, one.requests.size());
    assertEquals(4, two.requests.size());
  }

  @Test
  void aBusyServerIsAskedAgain() throws IOException {
    one.answer(FIRST, MirrorServer.status(503), MirrorServer.status(429));
    fetch();
    assertWhole();
    assertEquals(6, one.requests.size());
    assertEquals(List.of(), two.requests);
  }

  @Test
  void aServerThatFallsSilentInTheMiddleIsLeftAndResumed() throws IOException {
    one.answer(FIRST, one.stallAfter(20));
    long start = System.nanoTime();
    fetch();
    assertWhole();
    assertTrue(one.requests.get(1).endsWith(" bytes=20-"), one.requests.toString());
    assertTrue(System.nanoTime() - start < 20e9, "waited for too long");
  }

  @Test
  void aStallIsNamed() {
    one.answer(FIRST, one.stallAfter(20), one.stallAfter(20), one.stallAfter(20));
    String message = failure(one.mirror());
    assertTrue(
        message.contains(one.url(FIRST) + " stalled after 20 bytes: nothing came for 0.400 s"),
        message);
  }

  @Test
  void aServerThatDripsIsLeftForAFasterOne() throws IOException {
    one.answer(FIRST, MirrorServer.drip(Duration.ofMillis(50)));
    fetch();
    assertWhole();
    assertEquals(1, one.requests.size(), "the slow server was asked again");
    assertEquals(4, two.requests.size());
  }

  @Test
  void aDripIsNamedAndTheLockGivenBack() throws IOException {
    one.answer(FIRST, MirrorServer.drip(Duration.ofMillis(50)));
    String message = failure(one.mirror());
    assertTrue(
        message.matches(
            "(?s).*/train-images-idx3-ubyte\\.gz is too slow: \\d+ bytes came in 0\\.600 s, and at"
                + " least 30 are needed;.*"),
        message);
    assertEquals(List.of(".lock"), stored());
    fetch();
    assertWhole();
  }

  @Test
  void theUsualPatienceEnds() {
    Downloader.Timing usual = Downloader.Timing.DEFAULT;
    double bytesASecond = (double) usual.leastBytes() / usual.window().toSeconds();
    assertEquals(8192, bytesASecond, 0);
    // MNIST's largest file has 9.9 MB.
    assertTrue(9_912_422 / bytesASecond < Duration.ofMinutes(21).toSeconds());
  }

  @Test
  void aLockThatIsNoFileIsRefusedAtOnce() throws Exception {
    Path lock = Files.createDirectories(cache.resolve("tiny")).resolve(".lock");
    assertEquals(0, new ProcessBuilder("mkfifo", lock.toString()).start().waitFor());
    String message = failure(one.mirror());
    assertTrue(message.contains(lock + " is no regular file"), message);
  }

  @Test
  void nothingIsWrittenThroughALinkInTheCache() throws Exception {
    Path victim = cache.resolveSibling("victim");
    Files.createSymbolicLink(
        Files.createDirectories(cache.resolve("tiny")).resolve(".lock"), victim);
    assertTrue(failure(one.mirror()).contains(".lock is no regular file"));
    assertFalse(Files.exists(victim));
  }

  @Test
  void aServerThatNeverAnswersIsLeft() {
    var impatient =
        new Downloader.Timing(
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            Duration.ofMillis(5),
            1,
            Duration.ofSeconds(60),
            0);
    one.answer(FIRST, one.silence());
    var loader =
        new DatasetLoader(
            new DataLocations(cache, Optional.empty(), false),
            List.of(dataset(PublishedDataset.Algorithm.SHA256_OF_IDX, one.mirror(), two.mirror())),
            impatient);
    assertEquals(13, loader.fetch("tiny", false, DownloadListener.SILENT).train().size());
    assertEquals(4, two.requests.size());
  }

  @Test
  void aDeadPortIsLeftAtOnce() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    URI dead = URI.create(String.format(Locale.ROOT, "http://127.0.0.1:%d/m/", port));
    String message = failure(dead);
    assertTrue(
        message.contains(
            "%s cannot be reached: the connection is refused"
                .formatted(dead.resolve(FIRST.gzipName()))),
        message);
    assertEquals(
        13,
        loader(dead, two.mirror()).fetch("tiny", false, DownloadListener.SILENT).train().size());
  }

  @Test
  void whereNothingIsReachedItSaysHowToNameAProxy() throws Exception {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    URI dead = URI.create(String.format(Locale.ROOT, "http://127.0.0.1:%d/m/", port));
    String hint = "-Dhttps.proxyHost=HOST -Dhttps.proxyPort=PORT";
    String unreached = failure(dead);
    assertTrue(unreached.contains("CVAE_GPU_JAVA_OPTS=\"" + hint), unreached);
    assertEquals(1, unreached.lines().count());
    one.answer(FIRST, MirrorServer.status(404));
    String answered = failure(dead, one.mirror());
    assertFalse(answered.contains(hint), answered);
  }

  @Test
  void aProxyIsUsedAndNamed() throws Exception {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    var proxies = new EnvironmentProxies(Map.of("http_proxy", "127.0.0.1:" + port));
    var far = URI.create("http://no-such-host.invalid/m/");
    var dataset = dataset(PublishedDataset.Algorithm.SHA256_OF_IDX, far);
    try (var downloader = new Downloader(TIMING, proxies)) {
      var e =
          assertThrows(
              Downloader.FailedException.class,
              () -> downloader.fetch(dataset, List.of(FIRST), cache, DownloadListener.SILENT));
      assertEquals(
          List.of(
              far.resolve(FIRST.gzipName()) + " cannot be reached: the connection is refused",
              "this was tried through the proxy 127.0.0.1:" + port),
          e.reasons());
    }
  }

  @Test
  void anUnknownHostIsNamed() {
    assumeTrue(System.getenv("http_proxy") == null, "this network's proxy looks up the names");
    String message = failure(URI.create("http://no-such-host.invalid/m/"));
    assertTrue(
        message.contains("cannot be reached: the host no-such-host.invalid is unknown"), message);
  }

  @Test
  void theSentenceSaysHowToHelpOneself() {
    one.answer(FIRST, MirrorServer.status(403));
    assertEquals(
        ("tiny cannot be had: %s answered with HTTP status 403; its files %s can be put into %s by"
                + " hand, from %s.")
            .formatted(one.url(FIRST), IdxPart.GZIP_NAMES, cache.resolve("tiny"), one.mirror()),
        failure(one.mirror()));
  }

  @Test
  void noFileIsLeftOfAFailedDownload() throws IOException {
    one.answer(
        FIRST, MirrorServer.breakAfter(20), MirrorServer.status(500), MirrorServer.status(500));
    failure(one.mirror());
    assertEquals(List.of(".lock"), stored());
  }

  @Test
  void aFileWithItsFinalNameIsWholeAtAnyMoment() throws IOException {
    Path last = cache.resolve("tiny").resolve(FIRST.gzipName());
    List<Boolean> seen = new ArrayList<>();
    var listener =
        new DownloadListener() {
          @Override
          public void received(URI url, long received, long total) {
            if (url.equals(one.url(FIRST))) {
              seen.add(Files.exists(last));
            }
          }
        };
    loader(one.mirror()).fetch("tiny", false, listener);
    assertFalse(seen.isEmpty());
    assertFalse(seen.contains(true), "bytes arrived under the final name");
    assertWhole();
  }

  @Test
  void aDamagedFileInTheCacheIsReplaced() throws IOException {
    fetch();
    Path file = cache.resolve("tiny").resolve(FIRST.gzipName());
    Files.write(file, new byte[] {1, 2, 3});
    fetch();
    assertWhole();
    assertEquals(5, one.requests.size(), "the three good files were downloaded again");

    Files.write(file, new byte[] {1, 2, 3});
    one.answer(FIRST, MirrorServer.status(404));
    String message = failure(one.mirror());
    assertTrue(message.startsWith("tiny cannot be had: %s is truncated".formatted(file)), message);
    assertTrue(message.contains("HTTP status 404"), message);
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws IOException {
    Files.writeString(cache.resolve("tiny"), "a file where the folder would go");
    String message = failure(one.mirror());
    assertTrue(message.contains(cache.resolve("tiny") + " cannot be written ("), message);
  }

  @Test
  void twoAtOnceDownloadOnce() throws Exception {
    var firstIsIn = new CountDownLatch(1);
    var secondWaits = new CountDownLatch(1);
    var first =
        new DownloadListener() {
          @Override
          public void connecting(URI url) {
            firstIsIn.countDown();
            try {
              secondWaits.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    var second =
        new DownloadListener() {
          @Override
          public void waiting(Path folder) {
            secondWaits.countDown();
          }
        };
    var one1 =
        CompletableFuture.supplyAsync(() -> loader(one.mirror()).fetch("tiny", false, first));
    firstIsIn.await();
    Dataset data = loader(one.mirror()).fetch("tiny", false, second);
    assertEquals(one1.get().sha256(), data.sha256());
    assertEquals(4, one.requests.size());
    assertWhole();
  }
}
