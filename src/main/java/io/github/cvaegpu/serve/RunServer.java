// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.report.RunView;
import io.github.cvaegpu.report.Theme;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The server of the page: HTTP without encryption, for this machine unless asked otherwise. */
public final class RunServer implements AutoCloseable {
  /** The port that is tried first where none is asked for. */
  public static final int PORT = 8642;

  /** Ports tried after it. */
  private static final int MORE_PORTS = 20;

  private static final int MOST_STREAMS = 32;
  private static final long TURN_MILLIS = 1000;

  /** A look at a slow disk takes no more than this share of the time. */
  private static final int REST = 4;

  private final HttpServer server;
  private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore streams = new Semaphore(MOST_STREAMS);
  private final RunIndex index;
  private final LiveRuns live = new LiveRuns();
  private final ModelViews models;
  private final Access access;
  private final String address;
  private final Thread looker;
  private final EventStream.Colours colours =
      new EventStream.Colours(RunView.colours(Theme.LIGHT), RunView.colours(Theme.DARK));
  private volatile boolean isClosed;

  /**
   * What to serve, and to whom.
   *
   * @param folder whose runs are shown, at any depth
   * @param host name or number of the address to listen to
   * @param port to listen to, 0 for any that is free; empty for {@link #PORT} or the next one that
   *     is free
   * @param mayStop whether runs may be stopped by who knows the token
   */
  public record Settings(Path folder, String host, OptionalInt port, boolean mayStop) {
    /** Whether nobody but this machine's users can reach the address. */
    public boolean isOfThisMachineAlone() {
      return address().isLoopbackAddress();
    }

    private InetAddress address() {
      try {
        return InetAddress.getByName(host);
      } catch (UnknownHostException e) {
        throw new InputException(
            "--host has to be an address of this machine, and %s is no address that is known."
                .formatted(host),
            e);
      }
    }
  }

  private RunServer(Settings settings, HttpServer server, TestImages images) {
    this.server = server;
    index = new RunIndex(settings.folder());
    models = new ModelViews(images);
    Optional<String> token = settings.mayStop() ? Optional.of(Access.newToken()) : Optional.empty();
    access = new Access(settings.host(), settings.address().getHostAddress(), token);
    address =
        String.format(
            Locale.ROOT,
            "http://%s:%d/%s",
            settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host(),
            server.getAddress().getPort(),
            token.map(it -> "#token=" + it).orElse(""));
    looker = Thread.ofPlatform().daemon().name("runs").unstarted(this::lookAround);
  }

  /**
   * Begins to serve.
   *
   * @param images for latent maps
   * @throws InputException if the folder is none, or the address cannot be listened to
   */
  public static RunServer open(Settings settings, TestImages images) {
    if (!Files.exists(settings.folder())) {
      throw new InputException(
          "There is no folder %s: name one that holds runs, or is to."
              .formatted(settings.folder()));
    }
    if (!Files.isDirectory(settings.folder())) {
      throw new InputException(
          "%s is a file: name a folder that holds runs, or is to.".formatted(settings.folder()));
    }
    // Without it, small answers wait 40 ms for what the other side has to say of the one before.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    // A request that does not come to its end is not waited for.
    System.setProperty("sun.net.httpserver.maxReqTime", "30");
    var opened = new RunServer(settings, listening(settings), images);
    opened.start();
    return opened;
  }

  private static HttpServer listening(Settings settings) {
    InetAddress address = settings.address();
    int first = settings.port().orElse(PORT);
    int last = settings.port().isPresent() ? first : first + MORE_PORTS;
    for (int port = first; ; port++) {
      try {
        return HttpServer.create(new InetSocketAddress(address, port), 0);
      } catch (BindException e) {
        if (port == last) {
          throw cannotListen(settings.host(), first, last, e);
        }
      } catch (IOException e) {
        throw cannotListen(settings.host(), port, port, e);
      }
    }
  }

  private static InputException cannotListen(String host, int first, int last, IOException e) {
    String what =
        first == last
            ? String.format(Locale.ROOT, "Port %d of %s cannot", first, host)
            : String.format(Locale.ROOT, "No port from %d to %d of %s can", first, last, host);
    return new InputException(
        "%s be listened to (%s): name another with --port, or 0 for any that is free."
            .formatted(what, e.getMessage()),
        e);
  }

  private void start() {
    server.createContext("/", new Routes(access, index, models, this::stream));
    server.setExecutor(requests);
    looker.start();
    server.start();
  }

  /** What to open in a browser; with the token after a #, which no browser sends anywhere. */
  public String address() {
    return address;
  }

  /** Number of the port that is listened to. */
  int port() {
    return server.getAddress().getPort();
  }

  /** Looks at the folder: at once, and again and again as long as a page is open. */
  private void lookAround() {
    try {
      while (!isClosed) {
        long begun = System.nanoTime();
        index.refresh();
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        Thread.sleep(Math.max(TURN_MILLIS, REST * took));
        awaitPage();
      }
    } catch (InterruptedException e) {
      // The server is closed.
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void awaitPage() throws InterruptedException {
    while (!isClosed && streams.availablePermits() == MOST_STREAMS) {
      wait();
    }
  }

  private synchronized void wake() {
    notifyAll();
  }

  private boolean stream(HttpExchange exchange, List<String> shown) throws IOException {
    if (!streams.tryAcquire()) {
      return false;
    }
    try {
      wake();
      Answer.protect(exchange.getResponseHeaders(), Answer.EVENTS);
      exchange.sendResponseHeaders(200, 0);
      try (OutputStream out = exchange.getResponseBody()) {
        new EventStream(index, live, shown, out).run(access.mayStop(), colours, () -> isClosed);
      }
    } catch (IOException e) {
      // The page is gone, or the server.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      streams.release();
    }
    return true;
  }

  @Override
  public void close() {
    isClosed = true;
    wake();
    looker.interrupt();
    models.close();
    server.stop(0);
    requests.shutdownNow();
  }
}
