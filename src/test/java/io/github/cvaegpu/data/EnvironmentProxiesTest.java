// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import java.net.Proxy;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentProxiesTest {
  private static String selected(Map<String, String> environment, String url) {
    List<Proxy> proxies = new EnvironmentProxies(environment).select(URI.create(url));
    assertEquals(1, proxies.size());
    Proxy proxy = proxies.getFirst();
    return proxy.equals(Proxy.NO_PROXY) ? "none" : Downloader.hostAndPort(proxy.address());
  }

  @Test
  void eachSchemeHasItsVariable() {
    Map<String, String> both =
        Map.of("https_proxy", "http://one:3128/", "http_proxy", "two", "no_proxy", "");
    assertEquals("one:3128", selected(both, "https://host/file"));
    assertEquals("two:80", selected(both, "http://host/file"));
    assertEquals("none", selected(Map.of("http_proxy", "two:80"), "https://host/file"));
    assertEquals("none", selected(Map.of("https_proxy", " "), "https://host/file"));
  }

  @Test
  void ofTheLargeNamesOnlyThatOfHttpsCounts() {
    Map<String, String> large = Map.of("HTTPS_PROXY", "one:1", "HTTP_PROXY", "two:2");
    assertEquals("one:1", selected(large, "https://host/file"));
    assertEquals("none", selected(large, "http://host/file"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "host.org", ".host.org", "*.org", "other, HOST.ORG ,more", "org"})
  void excludedHostsAreAskedDirectly(String excluded) {
    Map<String, String> environment = Map.of("https_proxy", "one:1", "no_proxy", excluded);
    assertEquals("none", selected(environment, "https://host.org/file"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ost.org", "a.host.org", ",", "host"})
  void othersAreNot(String excluded) {
    Map<String, String> environment = Map.of("https_proxy", "one:1", "NO_PROXY", excluded);
    assertEquals("one:1", selected(environment, "https://host.org/file"));
  }

  @Test
  void thisMachineIsAskedDirectly() {
    Map<String, String> environment = Map.of("http_proxy", "one:1");
    for (String host : List.of("localhost", "127.0.0.1", "[::1]")) {
      assertEquals("none", selected(environment, "http://%s:8080/file".formatted(host)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://", "socks5://secret:1", "http://me:secret word@host", "a b"})
  void aBadValueIsASentenceWithoutThePassword(String value) {
    Map<String, String> environment = Map.of("https_proxy", value);
    var e = assertThrows(InputException.class, () -> new EnvironmentProxies(environment));
    assertEquals(
        "The environment variable https_proxy must be like http://HOST:PORT.", e.getMessage());
    assertFalse(e.getMessage().contains("secret"));
  }
}
