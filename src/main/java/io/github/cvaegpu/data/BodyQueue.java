// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of an HTTP response, for a thread that will not wait for ever: the stream that
 * java.net.http offers has no read timeout, so a server that falls silent would hang the program.
 */
final class BodyQueue implements HttpResponse.BodySubscriber<BodyQueue> {

  /**
   * What happened: buffers came, or the transfer failed, or it is complete.
   *
   * @param buffers the body's next bytes; none at the end
   * @param error why the transfer failed, or null
   * @param end whether the body is complete
   */
  record Event(List<ByteBuffer> buffers, Throwable error, boolean end) {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private Flow.Subscription subscription;
  private boolean cancelled;

  /** The next event, or null if there was none for so long. */
  Event next(Duration patience) throws InterruptedException {
    Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    if (event != null) {
      request();
    }
    return event;
  }

  private synchronized void request() {
    // One at a time: a fast server must not fill the memory.
    subscription.request(1);
  }

  /** Closes the connection, unless the body is complete. */
  synchronized void cancel() {
    cancelled = true;
    if (subscription != null) {
      subscription.cancel();
    }
  }

  @Override
  public CompletionStage<BodyQueue> getBody() {
    // At once: the response is handed over before its body has come.
    return CompletableFuture.completedStage(this);
  }

  @Override
  public synchronized void onSubscribe(Flow.Subscription given) {
    subscription = given;
    if (cancelled) {
      given.cancel();
    } else {
      given.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    events.add(new Event(buffers, null, false));
  }

  @Override
  public void onError(Throwable error) {
    events.add(new Event(List.of(), error, false));
  }

  @Override
  public void onComplete() {
    events.add(new Event(List.of(), null, true));
  }
}
