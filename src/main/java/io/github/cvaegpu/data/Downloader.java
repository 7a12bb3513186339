// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * Downloads the files of a dataset from its mirrors. A file is written under a temporary name,
 * compared with its published checksum and only then renamed, so a file with its final name is
 * whole. Proxies are those of the JDK's settings ({@code -Dhttps.proxyHost} and so on) or, without
 * any, of the environment ({@link EnvironmentProxies}).
 */
final class Downloader implements AutoCloseable {

  /**
   * How patient to be.
   *
   * @param connect longest wait for a connection
   * @param stall longest wait for an answer, and for the next bytes of it
   * @param pause wait before the first retry; doubled for each one after
   * @param attempts how often one mirror is asked for one file
   * @param window how long a transfer is watched for its rate
   * @param leastBytes what has to come in each window: a server that sends a byte now and then
   *     would otherwise hold the folder's lock for ever
   */
  record Timing(
      Duration connect,
      Duration stall,
      Duration pause,
      int attempts,
      Duration window,
      long leastBytes) {
    /** At least 8 KiB a second, so that the largest file is through or given up in an hour. */
    static final Timing DEFAULT =
        new Timing(
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofMillis(500),
            4,
            Duration.ofSeconds(60),
            60 * (8L << 10));
  }

  /** Some files could not be had from any mirror. */
  static final class FailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> reasons;

    FailedException(List<String> reasons, Throwable cause) {
      super(String.join("; ", reasons), cause);
      this.reasons = List.copyOf(reasons);
    }

    /** For each mirror a sentence without its full stop, beginning with the URL. */
    List<String> reasons() {
      return reasons;
    }
  }

  /** One attempt failed; whether another can help, and whether there was any answer to this one. */
  private static final class AttemptException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean retry;
    private final boolean reached;

    AttemptException(boolean retry, String phrase) {
      this(retry, true, phrase);
    }

    AttemptException(boolean retry, boolean reached, String phrase) {
      super(phrase);
      this.retry = retry;
      this.reached = reached;
    }
  }

  /** The largest published file has 26 MB: whatever is larger is not one. */
  private static final long MAX_FILE = 64L << 20;

  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+)");

  private final Timing timing;
  private final ProxySelector proxies;
  private final HttpClient client;

  Downloader(Timing timing) {
    this(timing, EnvironmentProxies.ofThisProcess());
  }

  /** A downloader through other proxies than this process's. */
  Downloader(Timing timing, ProxySelector proxies) {
    this.timing = timing;
    this.proxies = proxies;
    client =
        HttpClient.newBuilder()
            .connectTimeout(timing.connect())
            .followRedirects(HttpClient.Redirect.NORMAL)
            .proxy(proxies)
            .build();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  /**
   * Downloads files into a folder, from the first mirror that has them.
   *
   * @param dataset says where from, and the checksums
   * @param files which of the four
   * @param folder exists and is locked by the caller
   * @throws FailedException if a file could not be had; those that could are in the folder
   */
  void fetch(
      PublishedDataset dataset, Collection<IdxPart> files, Path folder, DownloadListener listener)
      throws FailedException, InterruptedException {
    List<IdxPart> wanted = new ArrayList<>(files);
    List<String> reasons = new ArrayList<>();
    boolean reached = false;
    for (URI mirror : dataset.mirrors()) {
      while (!wanted.isEmpty()) {
        IdxPart file = wanted.getFirst();
        URI url = mirror.resolve(file.gzipName());
        Path part = folder.resolve(file.gzipName() + ".part");
        try {
          try {
            Files.deleteIfExists(part);
            new Transfer(url, part, listener).run();
            verify(dataset, file, part);
            Path stored = folder.resolve(file.gzipName());
            Files.move(part, stored, StandardCopyOption.ATOMIC_MOVE);
            listener.stored(url, stored);
            wanted.removeFirst();
            reached = true;
          } finally {
            Files.deleteIfExists(part);
          }
        } catch (AttemptException e) {
          String reason = "%s %s".formatted(url, e.getMessage());
          reasons.add(reason);
          reached |= e.reached;
          listener.failed(url, reason);
          // One file that fails tells enough about a mirror.
          break;
        } catch (IOException e) {
          reasons.add("%s cannot be written (%s)".formatted(folder, describe(e)));
          throw new FailedException(reasons, e);
        }
      }
    }
    if (!wanted.isEmpty()) {
      if (!reached) {
        reasons.add(aboutProxies(dataset.mirrors().getFirst()));
      }
      throw new FailedException(reasons, null);
    }
  }

  /** Where no mirror can be reached, it is mostly a proxy that is missing or wrong. */
  private String aboutProxies(URI mirror) {
    return proxies.select(mirror).stream()
        .filter(proxy -> proxy.type() != Proxy.Type.DIRECT)
        .findFirst()
        .map(proxy -> "this was tried through the proxy " + hostAndPort(proxy.address()))
        .orElse(
            "if this network needs a proxy, https_proxy=http://HOST:PORT or"
                + " CVAE_GPU_JAVA_OPTS=\"-Dhttps.proxyHost=HOST -Dhttps.proxyPort=PORT\" in the"
                + " environment names it");
  }

  static String hostAndPort(SocketAddress address) {
    return address instanceof InetSocketAddress internet
        ? internet.getHostString() + ":" + internet.getPort()
        : address.toString();
  }

  private static void verify(PublishedDataset dataset, IdxPart file, Path part)
      throws AttemptException, IOException {
    Optional<String> wrong;
    try {
      wrong = dataset.mismatch(file, part, IdxFile.parse(part, file.kind()));
    } catch (Refusal e) {
      wrong = Optional.of(e.getMessage());
    }
    if (wrong.isPresent()) {
      throw new AttemptException(false, wrong.get());
    }
  }

  /** One file from one mirror, resumed where a connection broke. */
  private final class Transfer {
    private final URI url;
    private final Path part;
    private final DownloadListener listener;
    private String entityTag = "";
    private long total = -1;

    Transfer(URI url, Path part, DownloadListener listener) {
      this.url = url;
      this.part = part;
      this.listener = listener;
    }

    void run() throws AttemptException, IOException, InterruptedException {
      Duration pause = timing.pause();
      for (int attempt = 1; ; attempt++) {
        try {
          attempt();
          return;
        } catch (AttemptException e) {
          if (!e.retry || attempt == timing.attempts()) {
            throw e;
          }
        }
        Thread.sleep(pause);
        pause = pause.multipliedBy(2);
      }
    }

    private void attempt() throws AttemptException, IOException, InterruptedException {
      listener.connecting(url);
      try (FileChannel out = FolderLock.openToWrite(part)) {
        HttpResponse<BodyQueue> response = ask(out.size());
        try {
          out.position(startOf(response, out.size()));
          out.truncate(out.position());
          receive(response.body(), out);
        } finally {
          response.body().cancel();
        }
        if (out.size() < total) {
          throw new AttemptException(
              true,
              String.format(Locale.ROOT, "broke off after %d of %d bytes", out.size(), total));
        }
        // On the disk before it gets its final name.
        out.force(true);
      }
    }

    private HttpResponse<BodyQueue> ask(long from) throws AttemptException, InterruptedException {
      var request = HttpRequest.newBuilder(url).header("User-Agent", "cvae-gpu");
      if (from > 0) {
        request.header("Range", String.format(Locale.ROOT, "bytes=%d-", from));
        if (!entityTag.isEmpty()) {
          request.header("If-Range", entityTag);
        }
      }
      // HttpRequest.timeout is not used: whether it spans the body depends on the JDK.
      CompletableFuture<HttpResponse<BodyQueue>> answer =
          client.sendAsync(request.build(), info -> new BodyQueue());
      try {
        return answer.get(timing.connect().plus(timing.stall()).toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        throw new AttemptException(
            true, "gave no answer within %s".formatted(seconds(timing.stall())));
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        boolean hopeless =
            cause instanceof ConnectException
                || cause instanceof SSLException
                || cause instanceof HttpConnectTimeoutException;
        throw new AttemptException(!hopeless, !isUnreachable(cause), describe(cause));
      } finally {
        answer.cancel(true);
      }
    }

    /** Where the answer's body begins in the file. */
    private long startOf(HttpResponse<BodyQueue> response, long have) throws AttemptException {
      int status = response.statusCode();
      var headers = response.headers();
      if (status == 200) {
        total = headers.firstValueAsLong("Content-Length").orElse(-1);
        entityTag = headers.firstValue("ETag").filter(tag -> !tag.startsWith("W/")).orElse("");
        return 0;
      }
      Matcher range = CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse("no range"));
      if (status == 206 && range.matches() && range.group(1).equals(Long.toString(have))) {
        return have;
      }
      boolean busy = status >= 500 || status == 408 || status == 429;
      throw new AttemptException(
          busy, String.format(Locale.ROOT, "answered with HTTP status %d", status));
    }

    private void receive(BodyQueue body, FileChannel out)
        throws AttemptException, IOException, InterruptedException {
      long windowStart = System.nanoTime();
      long bytesBefore = out.position();
      while (true) {
        BodyQueue.Event event = body.next(timing.stall());
        if (event == null) {
          throw new AttemptException(
              true,
              String.format(
                  Locale.ROOT,
                  "stalled after %d bytes: nothing came for %s",
                  out.position(),
                  seconds(timing.stall())));
        }
        if (event.error() != null) {
          throw new AttemptException(
              true,
              String.format(
                  Locale.ROOT,
                  "broke off after %d bytes (%s)",
                  out.position(),
                  describe(event.error())));
        }
        if (event.end()) {
          return;
        }
        for (ByteBuffer buffer : event.buffers()) {
          while (buffer.hasRemaining()) {
            out.write(buffer);
          }
        }
        if (out.position() > MAX_FILE) {
          throw new AttemptException(
              false,
              String.format(
                  Locale.ROOT, "sends more than %d MiB, more than any such file", MAX_FILE >> 20));
        }
        listener.received(url, out.position(), total);
        if (System.nanoTime() - windowStart >= timing.window().toNanos()) {
          requireRate(out.position() - bytesBefore);
          windowStart = System.nanoTime();
          bytesBefore = out.position();
        }
      }
    }

    private void requireRate(long bytes) throws AttemptException {
      if (bytes < timing.leastBytes()) {
        throw new AttemptException(
            false,
            String.format(
                Locale.ROOT,
                "is too slow: %d bytes came in %s, and at least %d are needed",
                bytes,
                seconds(timing.window()),
                timing.leastBytes()));
      }
    }

    private String describe(Throwable e) {
      if (isUnknownHost(e)) {
        return "cannot be reached: the host %s is unknown".formatted(unknownHost());
      }
      if (e instanceof HttpConnectTimeoutException) {
        return "cannot be reached: no connection within %s".formatted(seconds(timing.connect()));
      }
      if (e instanceof ConnectException) {
        return "cannot be reached: the connection is refused";
      }
      return Downloader.describe(e);
    }

    /** Through a proxy, it is the proxy's name that this machine looks up. */
    private String unknownHost() {
      return proxies.select(url).stream()
          .filter(proxy -> proxy.address() instanceof InetSocketAddress)
          .map(proxy -> ((InetSocketAddress) proxy.address()).getHostString())
          .findFirst()
          .orElse(url.getHost());
    }
  }

  private static boolean isUnreachable(Throwable e) {
    return e instanceof ConnectException
        || e instanceof HttpConnectTimeoutException
        || isUnknownHost(e);
  }

  private static boolean isUnknownHost(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
        return true;
      }
    }
    return false;
  }

  private static String describe(Throwable e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3g s", duration.toMillis() / 1000.0);
  }
}
