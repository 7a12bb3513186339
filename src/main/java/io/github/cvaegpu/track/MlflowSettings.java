// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.Printable;
import io.github.cvaegpu.train.NamedPlan;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What MLflow's environment variables say, with the meaning that its own client gives them.
 *
 * @param server the tracking server, without a user's name and password and without a slash at its
 *     end
 * @param authorization the header of that name, with a password or a token; empty for none
 * @param experiment where the run goes, by name
 * @param experimentId where the run goes if no name is given
 * @param runName the run's; empty for that of its folder
 */
public record MlflowSettings(
    URI server,
    Optional<String> authorization,
    Optional<String> experiment,
    String experimentId,
    Optional<String> runName) {

  static final String URI_VARIABLE = "MLFLOW_TRACKING_URI";

  /** The experiment that every server has. */
  private static final String DEFAULT_ID = "0";

  /**
   * Reads the variables.
   *
   * @param environment environment variables
   * @param warn told, in a sentence without secrets, why there is nothing to write to
   * @return empty where no server is named, or none that this program can speak to
   */
  public static Optional<MlflowSettings> of(
      Map<String, String> environment, Consumer<String> warn) {
    Optional<String> text = value(environment, URI_VARIABLE);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      var uri = new URI(text.get());
      String scheme = uri.getScheme();
      if (!"http".equalsIgnoreCase(scheme) && !"https".equalsIgnoreCase(scheme)) {
        warn.accept(
            (URI_VARIABLE
                    + " names %s, and only servers at http:// or https:// are written to; the run"
                    + " goes on without MLflow.")
                .formatted(
                    scheme == null ? "a folder" : "a store by " + Printable.text(scheme) + ":"));
        return Optional.empty();
      }
      if (uri.getHost() == null) {
        throw new URISyntaxException("", "it names no host");
      }
      // Neither the user's name and password nor what follows a question mark.
      var server =
          new URI(
              scheme,
              null,
              uri.getHost(),
              uri.getPort(),
              uri.getPath() == null ? "" : uri.getPath().replaceFirst("/+$", ""),
              null,
              null);
      return Optional.of(
          new MlflowSettings(
              server,
              authorization(environment, Optional.ofNullable(uri.getUserInfo())),
              value(environment, "MLFLOW_EXPERIMENT_NAME"),
              value(environment, "MLFLOW_EXPERIMENT_ID").orElse(DEFAULT_ID),
              value(environment, "MLFLOW_RUN_NAME")));
    } catch (URISyntaxException e) {
      // Its message may repeat the value.
      warn.accept(URI_VARIABLE + " is no URL of a server; the run goes on without MLflow.");
      return Optional.empty();
    }
  }

  private static Optional<String> authorization(
      Map<String, String> environment, Optional<String> userInfo) {
    Optional<String> user = value(environment, "MLFLOW_TRACKING_USERNAME");
    Optional<String> password = value(environment, "MLFLOW_TRACKING_PASSWORD");
    if (user.isPresent() && password.isPresent()) {
      return Optional.of(basic(user.get() + ":" + password.get()));
    }
    return value(environment, "MLFLOW_TRACKING_TOKEN")
        .map(token -> "Bearer " + token)
        .or(() -> userInfo.map(MlflowSettings::basic));
  }

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<String> value(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  /** The same for one of several runs: where they have a name in common, it is before its own. */
  MlflowSettings of(NamedPlan run) {
    return new MlflowSettings(
        server,
        authorization,
        experiment,
        experimentId,
        runName.map(common -> common + "/" + run.name()));
  }

  /** Without the authorization: settings may be printed. */
  @Override
  public String toString() {
    return "MLflow at " + server;
  }
}
