// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import io.github.cvaegpu.InputException;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1JobSpec;
import io.kubernetes.client.openapi.models.V1PodFailurePolicyRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The manifest for Kubernetes, read by the classes that are made from its published API, which take
 * no field that the API does not have. No cluster has seen it.
 */
class KubernetesJobTest {
  private static KubernetesJob job(String sweep, String path, ClusterTask task) {
    return new KubernetesJob(
        Path.of(sweep), "registry.local:5000/cvae-gpu:0.3", "mine", path, task);
  }

  private static KubernetesJob golden() {
    return job(
        "/home/me/sweeps/First One",
        "sweeps/it's one",
        new ClusterTask(
            new TaskArray(60, 4),
            8,
            2,
            1,
            true,
            "4G",
            List.of("--engine", "cuda", "--offline"),
            List.of("--offline")));
  }

  private static KubernetesJob plain(String sweep) {
    return job(
        sweep,
        null,
        new ClusterTask(new TaskArray(6, 1), null, 1, 0, false, null, List.of(), List.of()));
  }

  private static JsonElement json(String yaml) {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    return new Gson().toJsonTree(new Yaml(new SafeConstructor(options)).<Object>load(yaml));
  }

  private static V1Job valid(String yaml) throws IOException {
    JsonElement json = json(yaml);
    V1Job.validateJsonElement(json);
    return V1Job.fromJson(json.toString());
  }

  @Test
  void theManifestIsTheOneThatIsKept() throws IOException {
    Path kept = Path.of("test-data", "sweep", "job.yaml");
    assumeTrue(Files.exists(kept), "the kept manifest is not here");
    assertEquals(Files.readString(kept), golden().manifest());
  }

  @Test
  void thePublishedApiTakesIt() throws IOException {
    V1JobSpec spec = valid(golden().manifest()).getSpec();
    assertEquals("Indexed", spec.getCompletionMode());
    assertEquals(15, spec.getCompletions());
    assertEquals(8, spec.getParallelism());
    assertEquals(5, spec.getBackoffLimitPerIndex());
    var pod = spec.getTemplate().getSpec();
    assertEquals("Never", pod.getRestartPolicy());
    assertEquals(120, pod.getTerminationGracePeriodSeconds());
    V1Container container = pod.getContainers().getFirst();
    assertEquals(
        List.of(
            "sweep",
            "--out",
            "/sweep",
            "--shard",
            "$(JOB_COMPLETION_INDEX)/15",
            "--parallel",
            "4",
            "--engine",
            "cuda",
            "--offline"),
        container.getArgs());
    var limits = container.getResources().getLimits();
    assertEquals("1", limits.get("nvidia.com/gpu").toSuffixedString());
    assertEquals("4Gi", limits.get("memory").toSuffixedString());
    assertEquals("sweeps/it's one", container.getVolumeMounts().getFirst().getSubPath());
    assertEquals("mine", pod.getVolumes().getFirst().getPersistentVolumeClaim().getClaimName());
  }

  @Test
  void whatIsNotAskedForIsLeftOut() throws IOException {
    V1JobSpec spec = valid(plain("/sweep").manifest()).getSpec();
    assertEquals(6, spec.getParallelism());
    V1Container container = spec.getTemplate().getSpec().getContainers().getFirst();
    assertEquals(
        List.of("sweep", "--out", "/sweep", "--index", "$(JOB_COMPLETION_INDEX)", "--threads", "1"),
        container.getArgs());
    assertEquals(List.of("cpu"), List.copyOf(container.getResources().getRequests().keySet()));
    assertTrue(
        container.getResources().getLimits() == null
            || container.getResources().getLimits().isEmpty());
    assertNull(container.getVolumeMounts().getFirst().getSubPath());
  }

  /** Each rule's codes are in order, as the API has it, and no code is in two. */
  @Test
  void theExitCodesSayWhatIsTriedAgain() throws IOException {
    List<V1PodFailurePolicyRule> rules =
        valid(golden().manifest()).getSpec().getPodFailurePolicy().getRules();
    assertEquals(
        List.of("Ignore", "FailIndex", "Count", "Ignore"),
        rules.stream().map(V1PodFailurePolicyRule::getAction).toList());
    assertEquals(
        List.of(List.of(2, 3), List.of(75), List.of(130, 143)),
        rules.stream()
            .filter(rule -> rule.getOnExitCodes() != null)
            .map(rule -> rule.getOnExitCodes().getValues())
            .toList());
  }

  private static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of("completionMode:", "completionsMode:"),
        Arguments.of("backoffLimitPerIndex:", "backoffLimitPerTask:"),
        Arguments.of("onExitCodes:", "onExitCode:"),
        Arguments.of("operator: In", "operators: In"),
        Arguments.of("mountPath:", "path:"),
        Arguments.of("claimName:", "name:"),
        Arguments.of("terminationGracePeriodSeconds:", "gracePeriodSeconds:"));
  }

  /** Or the check would be none. */
  @ParameterizedTest
  @MethodSource("mistakes")
  void theCheckFindsAMistake(String right, String wrong) {
    String manifest = golden().manifest();
    assertTrue(manifest.contains(right));
    assertThrows(
        IllegalArgumentException.class, () -> valid(manifest.replaceFirst(right, wrong)), wrong);
  }

  @ParameterizedTest
  @CsvSource({
    "/sweeps/First One, first-one",
    "/sweeps/2026, 2026",
    "/sweeps/true, true",
    "/sweeps/..., sweep",
    "/, sweep",
    "/sweeps/a-very-long-name-that-goes-on-and-on-until-it-ends-somewhere,"
        + " a-very-long-name-that-goes-on-and-on-until-it"
  })
  void theJobIsCalledAsTheFolder(String sweep, String name) throws IOException {
    assertEquals(name, valid(plain(sweep).manifest()).getMetadata().getName());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "two words", "a\nb", "-x", "\"x\""})
  void aNameThatIsNoImagesIsRefused(String image) {
    ClusterTask task =
        new ClusterTask(new TaskArray(6, 1), 1, 1, 0, false, null, List.of(), List.of());
    String sentence =
        assertThrows(
                InputException.class,
                () -> new KubernetesJob(Path.of("/x"), image, "mine", null, task))
            .getMessage();
    assertTrue(sentence.startsWith("--kubernetes names a container's image"), sentence);
  }

  @ParameterizedTest
  @CsvSource({
    "Mine, , --claim names a PersistentVolumeClaim",
    "mine, /top, --claim-path is a path in the claim",
    "mine, a/../../b, --claim-path is a path in the claim"
  })
  void aPlaceThatIsNoneIsRefused(String claim, String path, String start) {
    ClusterTask task =
        new ClusterTask(new TaskArray(6, 1), 1, 1, 0, false, null, List.of(), List.of());
    String sentence =
        assertThrows(
                InputException.class,
                () -> new KubernetesJob(Path.of("/x"), "image", claim, path, task))
            .getMessage();
    assertTrue(sentence.startsWith(start), sentence);
  }

  @ParameterizedTest
  @ValueSource(strings = {"4", "4Gi", "0G", "lots"})
  void memoryIsANumberAndAUnit(String memory) {
    String sentence =
        assertThrows(
                InputException.class,
                () ->
                    new ClusterTask(
                        new TaskArray(6, 1), 1, 1, 0, false, memory, List.of(), List.of()))
            .getMessage();
    assertEquals(
        "--memory is a number and M or G, as in 4G, and not '%s'.".formatted(memory), sentence);
  }
}
