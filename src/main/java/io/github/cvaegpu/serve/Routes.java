// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.report.RunView;
import io.github.cvaegpu.report.Theme;
import io.github.cvaegpu.train.StopRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is answered to which request. */
final class Routes implements HttpHandler {
  private static final Pattern OF_RUN = Pattern.compile("/api/runs/([0-9a-f]{16})/([a-z]+)");

  /** As many as can be told apart, with colours and names. */
  static final int MOST_SHOWN = 24;

  private final Access access;
  private final Assets assets = new Assets();
  private final RunIndex index;
  private final ModelViews models;
  private final Streams streams;

  /** Keeps a connection open with events. */
  @FunctionalInterface
  interface Streams {
    /** Sends events until the page is gone; false if there are too many already. */
    boolean open(HttpExchange exchange, List<String> shown) throws IOException;
  }

  Routes(Access access, RunIndex index, ModelViews models, Streams streams) {
    this.access = access;
    this.index = index;
    this.models = models;
    this.streams = streams;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      Optional<Answer> refusal = refusal(exchange, path);
      if (refusal.isPresent()) {
        refusal.get().send(exchange);
      } else if (path.equals("/api/events") && !exchange.getRequestMethod().equals("HEAD")) {
        if (!streams.open(exchange, shown(exchange))) {
          Answer.sentence(503, "Too many pages are open.").send(exchange);
        }
      } else {
        answer(exchange, path).send(exchange);
      }
    }
  }

  private Optional<Answer> refusal(HttpExchange exchange, String path) {
    if (!access.isForThis(exchange.getRequestHeaders())) {
      return Optional.of(
          Answer.sentence(
              403, "This server does not answer to that name: see serve --help about --host."));
    }
    if (path == null
        || (path.startsWith("/api/") && Access.isOfAnotherSite(exchange.getRequestHeaders()))) {
      return Optional.of(Answer.sentence(403, "Another site may not ask this."));
    }
    Set<String> methods = path.endsWith("/stop") ? Set.of("POST") : Set.of("GET", "HEAD");
    if (!methods.contains(exchange.getRequestMethod())) {
      exchange
          .getResponseHeaders()
          .set("Allow", String.join(", ", methods.stream().sorted().toList()));
      return Optional.of(Answer.sentence(405, "This cannot be done here."));
    }
    return Optional.empty();
  }

  private Answer answer(HttpExchange exchange, String path) {
    Matcher ofRun = OF_RUN.matcher(path);
    if (!ofRun.matches()) {
      return assets.at(path).orElseGet(Routes::nothing);
    }
    String id = ofRun.group(1);
    Optional<Path> folder = index.folder(id);
    if (folder.isEmpty()) {
      return nothing();
    }
    try {
      return switch (ofRun.group(2)) {
        case "tables" -> Answer.json(200, new Tables(RunView.tables(Run.readRecord(folder.get()))));
        case "model" -> model(models.of(id, folder.get(), asks(exchange, "renew=1")));
        case "explorer" ->
            view(id, folder.get())
                .filter(view -> view.data() != null)
                .map(view -> Answer.json(200, view.data()))
                .orElseGet(Routes::nothing);
        case "picture" -> picture(exchange, id, folder.get());
        case "stop" -> stop(exchange, id, folder.get());
        default -> nothing();
      };
    } catch (InputException e) {
      return Answer.sentence(409, e.getMessage());
    } catch (UncheckedIOException e) {
      return Answer.sentence(500, "Something could not be read: " + e.getCause() + ".");
    }
  }

  private static Answer nothing() {
    return Answer.sentence(404, "There is nothing here.");
  }

  private record Tables(String html) {}

  private static boolean asks(HttpExchange exchange, String what) {
    String query = Objects.requireNonNullElse(exchange.getRequestURI().getQuery(), "");
    return List.of(query.split("&", -1)).contains(what);
  }

  private static List<String> shown(HttpExchange exchange) {
    String query = Objects.requireNonNullElse(exchange.getRequestURI().getQuery(), "");
    return query.startsWith("runs=")
        ? Arrays.stream(query.substring("runs=".length()).split(",", -1))
            .distinct()
            .limit(MOST_SHOWN)
            .toList()
        : List.of();
  }

  // ---- a run's model ---------------------------------------------------------------------------

  /** The names are those of the page's JSON. */
  private record Model(
      boolean making,
      Long step,
      String explorer,
      boolean hasData,
      boolean hasPictures,
      List<String> notes) {}

  private static Answer model(ModelViews.Made made) {
    if (made.problem().isPresent()) {
      return Answer.sentence(409, made.problem().get());
    }
    if (made.view().isEmpty()) {
      return Answer.json(202, new Model(true, null, null, false, false, List.of()));
    }
    ModelView view = made.view().get();
    return Answer.json(
        200,
        new Model(
            false,
            view.step(),
            view.explorer(),
            view.data() != null,
            !view.pictures().isEmpty(),
            view.notes()));
  }

  private Optional<ModelView> view(String id, Path folder) {
    return models.of(id, folder, false).view();
  }

  private Answer picture(HttpExchange exchange, String id, Path folder) {
    Theme theme = asks(exchange, "theme=dark") ? Theme.DARK : Theme.LIGHT;
    return view(id, folder)
        .map(view -> view.pictures().get(theme))
        .map(png -> new Answer(200, Answer.PNG, png))
        .orElseGet(Routes::nothing);
  }

  // ---- stopping a run --------------------------------------------------------------------------

  private Answer stop(HttpExchange exchange, String id, Path folder) {
    if (!access.mayStop()) {
      return Answer.sentence(403, "Runs can be stopped from here only with serve --allow-stop.");
    }
    if (!access.allowsStop(exchange.getRequestHeaders())) {
      return Answer.sentence(
          403, "The page does not know the token: open the address that serve has printed.");
    }
    RunState state = index.lookAgain(id).map(RunRow::state).orElse(RunState.READING);
    if (state != RunState.TRAINING) {
      return Answer.sentence(
          409,
          "No process is training here: the run is %s."
              .formatted(state.name().toLowerCase(Locale.ROOT)));
    }
    StopRequest.make(folder);
    index.lookAgain(id);
    return Answer.sentence(202, "The run was asked to stop.");
  }
}
