// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The proxies that the environment variables {@code https_proxy}, {@code http_proxy} and {@code
 * no_proxy} name, which other programs heed and Java does not. Passwords in them are not used.
 */
public final class EnvironmentProxies extends ProxySelector {
  private static final List<Proxy> NONE = List.of(Proxy.NO_PROXY);

  private final Optional<Proxy> http;
  private final Optional<Proxy> https;
  private final List<String> direct;

  /**
   * @param environment environment variables
   * @throws InputException if one of them names no proxy
   */
  EnvironmentProxies(Map<String, String> environment) {
    // A web server's environment may have HTTP_PROXY from a request's header: only the small one.
    http = proxy(environment, "http_proxy");
    https = proxy(environment, "https_proxy").or(() -> proxy(environment, "HTTPS_PROXY"));
    direct =
        Stream.of("no_proxy", "NO_PROXY")
            .flatMap(name -> Stream.of(environment.getOrDefault(name, "").split(",", -1)))
            .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
            .map(entry -> entry.replaceFirst("^\\*?\\.", ""))
            .filter(entry -> !entry.isEmpty())
            .toList();
  }

  /** The JDK's proxies where its settings name any, else the environment's. */
  public static ProxySelector ofThisProcess() {
    boolean jdk =
        Stream.of("http.proxyHost", "https.proxyHost", "socksProxyHost")
            .anyMatch(name -> System.getProperty(name) != null);
    ProxySelector defaults = ProxySelector.getDefault();
    return defaults != null && (jdk || Boolean.getBoolean("java.net.useSystemProxies"))
        ? defaults
        : new EnvironmentProxies(System.getenv());
  }

  @Override
  public List<Proxy> select(URI uri) {
    String host = uri.getHost();
    if (host == null || isDirect(host.toLowerCase(Locale.ROOT))) {
      return NONE;
    }
    Optional<Proxy> proxy = "https".equals(uri.getScheme()) ? https : http;
    return proxy.map(List::of).orElse(NONE);
  }

  private boolean isDirect(String host) {
    return host.equals("localhost")
        || host.startsWith("127.")
        || host.equals("[::1]")
        || direct.stream()
            .anyMatch(
                entry -> entry.equals("*") || host.equals(entry) || host.endsWith("." + entry));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // There is one proxy at most: no other to turn to.
  }

  private static Optional<Proxy> proxy(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .map(String::strip)
        .filter(value -> !value.isEmpty())
        .map(value -> parse(name, value));
  }

  private static Proxy parse(String name, String value) {
    try {
      URI uri = URI.create(value.contains("://") ? value : "http://" + value);
      if (uri.getHost() != null && "http".equals(uri.getScheme())) {
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
      }
    } catch (IllegalArgumentException e) {
      // Said below, without the value, which may hold a password.
    }
    throw new InputException(
        "The environment variable %s must be like http://HOST:PORT.".formatted(name));
  }
}
