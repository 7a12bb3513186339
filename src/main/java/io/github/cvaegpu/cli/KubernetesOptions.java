// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.sweep.ClusterTask;
import io.github.cvaegpu.sweep.KubernetesJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that make a sweep an Indexed Job of Kubernetes. */
final class KubernetesOptions {
  @Option(
      names = "--kubernetes",
      paramLabel = "IMAGE",
      description = "Write DIR/kubernetes/job.yaml for a container's image. Default: train.")
  private String image;

  @Option(
      names = "--claim",
      paramLabel = "NAME",
      description = "The volume claim with the sweep's folder. Default: none, it is needed.")
  private String claim;

  @Option(
      names = "--claim-path",
      paramLabel = "PATH",
      description = "The sweep's folder in it. Default: its top.")
  private String path;

  /** Whether it was asked for. */
  boolean isAsked() {
    return image != null;
  }

  /** The options beside it that were given, by name. */
  List<String> given() {
    List<String> given = new ArrayList<>();
    if (claim != null) {
      given.add("--claim");
    }
    if (path != null) {
      given.add("--claim-path");
    }
    return given;
  }

  /** Where the sweep has to be, for the user. */
  String place() {
    return path == null
        ? "at the top of the claim " + claim
        : "in %s of the claim %s".formatted(path, claim);
  }

  /**
   * The job.
   *
   * @param sweep the sweep's folder
   */
  KubernetesJob job(Path sweep, ClusterTask task) {
    if (claim == null) {
      throw new InputException(
          "--kubernetes needs --claim NAME, the PersistentVolumeClaim that has the sweep's"
              + " folder.");
    }
    return new KubernetesJob(sweep.toAbsolutePath().normalize(), image, claim, path, task);
  }
}
