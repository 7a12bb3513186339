// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.Resources;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The kernels in the jar: their sources and, if the build had nvcc, what it made of them. */
final class KernelSources {
  /** What is compiled; it includes all others. */
  static final String MAIN = "module.cu";

  /** One kernel, for who wants to see whether a compiler works: all of them take it ten seconds. */
  static final String SMALL = "adam.cu";

  static final List<String> FILES =
      List.of(
          MAIN,
          "activation.cuh",
          "adam.cu",
          "adam.cuh",
          "device.cuh",
          "fused_linear.cu",
          "fused_middle.cu",
          "fused_update.cu",
          "gather.cu",
          "gemm.cuh",
          "latent.cu",
          "latent.cuh",
          "likelihood.cuh",
          "linear.cu",
          "loss.cu",
          "mailbox.cu",
          "mailbox.cuh",
          "philox.cuh",
          "reduce.cuh",
          "relu.cuh",
          "step.cuh",
          "targets.cuh");

  private static final String FOLDER = "io/github/cvaegpu/kernels/";
  private static final String FAT_BINARY = "kernels.fatbin";

  private KernelSources() {}

  /** The sources' texts by file name. */
  static Map<String, String> texts() {
    Map<String, String> texts = new TreeMap<>();
    for (String file : FILES) {
      byte[] bytes =
          read(file)
              .orElseThrow(() -> new IllegalStateException("the jar has no kernel source " + file));
      texts.put(file, new String(bytes, StandardCharsets.UTF_8));
    }
    return texts;
  }

  /** SHA-256 over names and texts of sources, and over what a compiler is told. */
  static String sha256(Map<String, String> texts, List<String> options) {
    MessageDigest digest = Digests.sha256();
    texts.forEach(
        (name, text) -> {
          digest.update(name.getBytes(StandardCharsets.UTF_8));
          digest.update(text.getBytes(StandardCharsets.UTF_8));
        });
    options.forEach(option -> digest.update(option.getBytes(StandardCharsets.UTF_8)));
    return Digests.hex(digest);
  }

  /** nvcc's code for all GPUs, if the build had nvcc. */
  static Optional<byte[]> fatBinary() {
    return read(FAT_BINARY);
  }

  private static Optional<byte[]> read(String file) {
    return Resources.read(FOLDER + file);
  }
}
