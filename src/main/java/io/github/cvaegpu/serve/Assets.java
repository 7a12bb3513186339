// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.Resources;
import io.github.cvaegpu.report.RunView;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The page and its files, all in memory: those of the report, and the few beside them. */
final class Assets {
  private static final Map<String, String> TYPES =
      Map.of(
          ".css", "text/css; charset=utf-8",
          ".js", "text/javascript; charset=utf-8",
          ".svg", "image/svg+xml");

  private final Map<String, Answer> byPath = new HashMap<>();

  Assets() {
    byPath.put("/", new Answer(200, Answer.HTML, own("serve.html")));
    for (String name :
        new String[] {"page.css", "theme.js", "charts.js", "explorer.js", "uplot/uPlot.min.css"}) {
      put(name, RunView.resource(name));
    }
    put("uplot/uPlot.iife.min.js", RunView.resource("uplot/uPlot.iife.min.js"));
    for (String name : new String[] {"icon.svg", "serve.css", "live.js", "table.js", "serve.js"}) {
      put(name, own(name));
    }
  }

  private void put(String name, byte[] content) {
    String type = TYPES.get(name.substring(name.lastIndexOf('.')));
    byPath.put("/assets/" + name, new Answer(200, type, content));
  }

  private static byte[] own(String name) {
    String path = "io/github/cvaegpu/serve/" + name;
    return Resources.read(path)
        .orElseThrow(() -> new IllegalStateException("the jar has no " + path));
  }

  /** What is at a path; there is nothing at any but a few. */
  Optional<Answer> at(String path) {
    return Optional.ofNullable(byPath.get(path));
  }
}
