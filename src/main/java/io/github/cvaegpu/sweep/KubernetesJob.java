// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.github.cvaegpu.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A sweep as an Indexed Job of Kubernetes: the manifest. Text in it is quoted as JSON has it, which
 * YAML takes as it is.
 *
 * @param sweep the sweep's folder here; its name is the job's
 * @param image of the container, whose entry point is this program
 * @param claim the volume claim that holds the sweep's folder
 * @param pathInClaim where in it; null if the claim's top is the sweep's folder
 * @param task what a task is given
 */
public record KubernetesJob(
    Path sweep, String image, String claim, String pathInClaim, ClusterTask task) {

  /** Indices of a job that may fail one by one, as Kubernetes limits them. */
  public static final int MOST_TASKS = 100_000;

  /** Of those of such a large job, how many are at work. */
  private static final int MOST_AT_ONCE = 10_000;

  /** How often a task is started again: as often as Slurm's script does so. */
  private static final int TRIES = 5;

  /** A pod's name is the job's with the index and five letters, and is a label: 63 letters. */
  private static final int LONGEST_NAME = 45;

  private static final Pattern IMAGE = Pattern.compile("[\\w][\\w./:@-]*");
  private static final Pattern CLAIM = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private static final Gson QUOTED = new GsonBuilder().disableHtmlEscaping().create();

  private static final String MANIFEST =
      """
      # Trains a sweep as an Indexed Job of Kubernetes, 1.33 or newer: kubectl apply -f job.yaml
      # Written by cvae-gpu sweep --kubernetes. It was checked against the published API, and tried on no cluster yet.
      #
      # The claim holds the sweep's folder, with sweep.json, and all machines can write to it. Images that are not made by
      # the program have to be there or in the container's image; --data of the sweep names them as the container sees them.
      apiVersion: batch/v1
      kind: Job
      metadata:
        name: @NAME@
        labels:
          app.kubernetes.io/name: cvae-gpu
      spec:
        completionMode: Indexed
        completions: @TASKS@
        parallelism: @PARALLEL@
        # Of each task: 1 (failed), 75 (try again) and what was killed count.
        backoffLimitPerIndex: @TRIES@
        podFailurePolicy:
          rules:
            # The machine was drained, or the pod had to make room.
            - action: Ignore
              onPodConditions:
                - type: DisruptionTarget
                  status: "True"
            # 2: bad input, 3: the run diverged. Both would be the same again.
            - action: FailIndex
              onExitCodes:
                containerName: train
                operator: In
                values: [2, 3]
            # The GPU was lost, memory or the disk was full: again, but not without end.
            - action: Count
              onExitCodes:
                containerName: train
                operator: In
                values: [75]
            # Stopped from outside, after a checkpoint.
            - action: Ignore
              onExitCodes:
                containerName: train
                operator: In
                values: [130, 143]
        template:
          metadata:
            labels:
              app.kubernetes.io/name: cvae-gpu
          spec:
            restartPolicy: Never
            # SIGTERM has the program write a checkpoint and end; it is killed after so many seconds.
            terminationGracePeriodSeconds: 120
            containers:
              - name: train
                image: @IMAGE@
                # Behind the image's entry point, which is the program.
                args:
      @ARGS@
                resources:
                  requests:
      @REQUESTS@
      @LIMITS@
                volumeMounts:
                  - name: sweep
                    mountPath: /sweep
      @SUBPATH@
            volumes:
              - name: sweep
                persistentVolumeClaim:
                  claimName: @CLAIM@
      """;

  /** Refuses what Kubernetes would. */
  public KubernetesJob {
    if (!IMAGE.matcher(image).matches()) {
      throw new InputException(
          "--kubernetes names a container's image, and '%s' is no name of one.".formatted(image));
    }
    if (!CLAIM.matcher(claim).matches()) {
      throw new InputException(
          "--claim names a PersistentVolumeClaim, and '%s' is no name of one.".formatted(claim));
    }
    boolean leaves =
        pathInClaim != null
            && (pathInClaim.startsWith("/")
                || List.of(pathInClaim.split("/", -1)).contains("..")
                || pathInClaim.isBlank());
    if (leaves) {
      throw new InputException(
          "--claim-path is a path in the claim, as in sweeps/first, and not '%s'."
              .formatted(pathInClaim));
    }
    if (task.atOnce() != null && task.atOnce() > MOST_AT_ONCE) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--parallel %,d is more than the %,d of a job of Kubernetes.",
              task.atOnce(),
              MOST_AT_ONCE));
    }
  }

  /** The manifest. */
  public String manifest() {
    List<String> args = new ArrayList<>(List.of("sweep", "--out", "/sweep"));
    // Kubernetes itself puts the variable in: there is no shell.
    args.addAll(task.array().part("$(JOB_COMPLETION_INDEX)"));
    args.addAll(task.sharing(String.valueOf(task.cpus())));
    args.addAll(task.arguments());
    List<String> requests = new ArrayList<>(List.of("cpu: " + task.cpus()));
    List<String> limits = new ArrayList<>();
    if (task.memory() != null) {
      // Kubernetes' M is a million.
      String memory = "memory: " + task.memory() + "i";
      requests.add(memory);
      limits.add(memory);
    }
    if (task.gpus() > 0) {
      limits.add("nvidia.com/gpu: " + task.gpus());
    }
    int tasks = task.array().tasks();
    int atOnce = Math.min(task.atOnce() == null ? MOST_AT_ONCE : task.atOnce(), tasks);
    return Marks.filled(
        MANIFEST,
        Map.of(
            "NAME", quoted(name()),
            "TASKS", String.valueOf(tasks),
            "PARALLEL", String.valueOf(atOnce),
            "TRIES", String.valueOf(TRIES),
            "IMAGE", quoted(image),
            "CLAIM", quoted(claim),
            "ARGS", lines(12, "- ", args.stream().map(KubernetesJob::quoted).toList()),
            "REQUESTS", lines(14, "", requests),
            "LIMITS",
                limits.isEmpty() ? "" : lines(12, "", List.of("limits:")) + lines(14, "", limits),
            "SUBPATH",
                pathInClaim == null
                    ? ""
                    : lines(14, "", List.of("subPath: " + quoted(pathInClaim)))));
  }

  private static String lines(int indent, String before, List<String> texts) {
    var lines = new StringBuilder();
    for (String text : texts) {
      lines.append(" ".repeat(indent)).append(before).append(text).append('\n');
    }
    return lines.toString();
  }

  /** Whatever YAML would read it as: a number, or a truth. */
  private static String quoted(String text) {
    return QUOTED.toJson(text);
  }

  /** Of the folder's name what a job can be called. */
  private String name() {
    Path last = sweep.getFileName();
    String name =
        (last == null ? "" : last.toString())
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9]+", "-")
            .replaceFirst("^-", "");
    name = name.substring(0, Math.min(name.length(), LONGEST_NAME)).replaceFirst("-$", "");
    return name.isEmpty() ? "sweep" : name;
  }
}
