// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MlflowSettingsTest {
  private final List<String> warnings = new ArrayList<>();

  private Optional<MlflowSettings> of(String... variables) {
    Map<String, String> environment = new HashMap<>();
    for (int i = 0; i < variables.length; i += 2) {
      environment.put("MLFLOW_" + variables[i], variables[i + 1]);
    }
    return MlflowSettings.of(environment, warnings::add);
  }

  @Test
  void withoutAServerThereIsNothing() {
    assertEquals(Optional.empty(), of());
    assertEquals(Optional.empty(), of("TRACKING_URI", " ", "EXPERIMENT_NAME", "x"));
    assertEquals(List.of(), warnings);
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:5000, http://localhost:5000",
    "https://host.example/, https://host.example",
    "HTTPS://host.example/a/b//, HTTPS://host.example/a/b",
    "http://u:p%40ss@host:1/x?q=secret#f, http://host:1/x",
    "' http://[::1]:5000 ', http://[::1]:5000",
  })
  void theServerIsThatOfTheUri(String value, String server) {
    assertEquals(server, of("TRACKING_URI", value).orElseThrow().server().toString());
    assertEquals(List.of(), warnings);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "file:///tmp/mlruns | a store by file:",
        "sqlite:///x.db | a store by sqlite:",
        "databricks://profile | a store by databricks:",
        "mlruns | a folder",
        "/home/me/mlruns | a folder",
      })
  void otherStoresAreLeftWithASentence(String value, String what) {
    assertEquals(Optional.empty(), of("TRACKING_URI", value));
    assertEquals(
        List.of(
            "MLFLOW_TRACKING_URI names "
                + what
                + ", and only servers at http:// or https:// are written to; the run goes on"
                + " without MLflow."),
        warnings);
  }

  @ParameterizedTest
  @CsvSource({"http://u:secret@", "http://", "http:secret", "ht tp://secret", "http://a secret"})
  void noUrlOfAServerIsSaidWithoutItsText(String value) {
    assertEquals(Optional.empty(), of("TRACKING_URI", value));
    assertEquals(
        List.of("MLFLOW_TRACKING_URI is no URL of a server; the run goes on without MLflow."),
        warnings);
  }

  @Test
  void aUserOrATokenIsTheHeader() {
    String uri = "http://url:word@host";
    String basic = "Basic YW5uOnNlY3JldDpvbmU="; // ann:secret:one
    assertEquals("Basic dXJsOndvcmQ=", authorization("TRACKING_URI", uri));
    assertEquals(
        basic,
        authorization(
            "TRACKING_URI",
            uri,
            "TRACKING_USERNAME",
            "ann",
            "TRACKING_PASSWORD",
            "secret:one",
            "TRACKING_TOKEN",
            "t"));
    assertEquals("Bearer t", authorization("TRACKING_URI", uri, "TRACKING_TOKEN", "t"));
    // One without the other is none, as to MLflow's client.
    assertEquals(
        "Bearer t",
        authorization("TRACKING_URI", uri, "TRACKING_USERNAME", "ann", "TRACKING_TOKEN", "t"));
    assertTrue(of("TRACKING_URI", "http://host").orElseThrow().authorization().isEmpty());
  }

  private String authorization(String... variables) {
    return of(variables).orElseThrow().authorization().orElseThrow();
  }

  @Test
  void settingsShowNoSecret() {
    MlflowSettings settings =
        of("TRACKING_URI", "http://u:secret@host", "TRACKING_TOKEN", "secret").orElseThrow();
    assertFalse(settings.toString().contains("secret"), settings.toString());
    assertFalse(new Mlflow(settings).name().contains("secret"));
  }

  @Test
  void namesAreRead() {
    MlflowSettings plain = of("TRACKING_URI", "http://host").orElseThrow();
    assertEquals(Optional.empty(), plain.experiment());
    assertEquals("0", plain.experimentId());
    assertEquals(Optional.empty(), plain.runName());
    MlflowSettings named =
        of(
                "TRACKING_URI",
                "http://host",
                "EXPERIMENT_NAME",
                "digits",
                "EXPERIMENT_ID",
                "7",
                "RUN_NAME",
                "first")
            .orElseThrow();
    assertEquals(Optional.of("digits"), named.experiment());
    assertEquals("7", named.experimentId());
    assertEquals(Optional.of("first"), named.runName());
  }
}
