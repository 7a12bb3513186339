// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import com.sun.net.httpserver.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which requests are answered. A page of another site that has had its name changed to this
 * machine's address names that site as its host, and is refused; so is a request that a browser
 * says another site has caused.
 */
final class Access {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final int TOKEN_BYTES = 32;

  /** What the page puts the token in: no form and no link of another site can. */
  static final String TOKEN = "X-Cvae-Gpu-Token";

  private final Set<String> own;
  private final Optional<byte[]> token;

  /**
   * @param host what is listened to, as the user has named it
   * @param address the number of that
   * @param token what a request to stop a run has to know; empty if none may
   */
  Access(String host, String address, Optional<String> token) {
    own = Set.copyOf(List.of(host.toLowerCase(Locale.ROOT), address));
    this.token = token.map(text -> text.getBytes(StandardCharsets.US_ASCII));
  }

  /** A token that nobody guesses. */
  static String newToken() {
    byte[] bytes = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Whether there is a way to stop runs. */
  boolean mayStop() {
    return token.isPresent();
  }

  /**
   * Whether a request is for this server under a name that is its own. With any port: a tunnel such
   * as {@code ssh -L} has one of its own at its other end.
   */
  boolean isForThis(Headers request) {
    Optional<String> name = hostName(request.getFirst("Host"));
    return name.isPresent() && (LOOPBACK.contains(name.get()) || isOwn(name.get()));
  }

  private boolean isOwn(String name) {
    String bare = name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
    // Whoever listens to all addresses is reached by any; a number is no name that could be
    // changed.
    boolean isAll = own.contains("0.0.0.0") || own.contains("0:0:0:0:0:0:0:0");
    return own.contains(bare) || (isAll && (name.startsWith("[") || name.matches("[0-9.]+")));
  }

  /** Of a Host header, in lower case and without the port; IPv6 in its brackets. */
  private static Optional<String> hostName(String header) {
    if (header == null || !header.matches("(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")) {
      return Optional.empty();
    }
    int end = header.startsWith("[") ? header.indexOf(']') + 1 : header.indexOf(':');
    return Optional.of((end < 0 ? header : header.substring(0, end)).toLowerCase(Locale.ROOT));
  }

  /** Whether a browser says that another site has caused a request. */
  static boolean isOfAnotherSite(Headers request) {
    String site = request.getFirst("Sec-Fetch-Site");
    return site != null && !site.equals("same-origin") && !site.equals("none");
  }

  /** Whether a request to stop a run is of the page of this server, and knows the token. */
  boolean allowsStop(Headers request) {
    String given = request.getFirst(TOKEN);
    return token.isPresent()
        && given != null
        && ("http://" + request.getFirst("Host")).equals(request.getFirst("Origin"))
        && MessageDigest.isEqual(token.get(), given.getBytes(StandardCharsets.UTF_8));
  }
}
