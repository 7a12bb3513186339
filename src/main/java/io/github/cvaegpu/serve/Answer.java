// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * An answer to a request, with what keeps a browser from doing more with it than this page needs.
 *
 * @param code of HTTP
 * @param type of the body
 * @param body all of it
 */
@SuppressWarnings("ArrayRecordComponent") // A plain carrier, compared by nobody.
record Answer(int code, String type, byte[] body) {
  static final String HTML = "text/html; charset=utf-8";
  static final String EVENTS = "text/event-stream; charset=utf-8";
  static final String PNG = "image/png";
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json; charset=utf-8";

  /** Scripts and styles are this server's own files, and nothing is loaded from anywhere else. */
  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** A sentence. */
  static Answer sentence(int code, String text) {
    return new Answer(code, TEXT, (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** An object as the page's scripts read it. */
  static Answer json(int code, Object object) {
    return json(code, Json.COMPACT.toJson(object));
  }

  /** What is JSON already. */
  static Answer json(int code, String json) {
    return new Answer(code, JSON, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends it, without its body to who asked for none. */
  void send(HttpExchange exchange) throws IOException {
    protect(exchange.getResponseHeaders(), type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(code, -1);
      return;
    }
    exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  /** Headers of every answer. */
  static void protect(Headers headers, String type) {
    headers.set("Content-Type", type);
    headers.set("Content-Security-Policy", POLICY);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cache-Control", "no-store");
  }
}
