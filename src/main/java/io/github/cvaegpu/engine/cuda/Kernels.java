// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Targets;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The launches of the kernels of {@code kernels/}, a class a file. What the kernels compute, with
 * which shapes, and why they are launched so is said in their sources; numbers that both sides need
 * are stated on both, and KernelConstantsTest compares them.
 */
record Kernels(
    GatherLaunches gather,
    Map<Activation, LinearLaunches> linears,
    Map<Activation, LatentLaunches> latents,
    Map<Likelihood, LossLaunches> losses,
    AdamLaunches adam,
    MailboxLaunches mailbox,
    FusedKernels fused,
    Capacity capacity) {

  /** Those of a module that has been loaded on a device. */
  Kernels(Device device, KernelModule module) {
    this(
        new GatherLaunches(module),
        each(Activation.class, activation -> new LinearLaunches(module, activation)),
        each(Activation.class, activation -> new LatentLaunches(module, activation)),
        each(Likelihood.class, likelihood -> new LossLaunches(module, likelihood)),
        new AdamLaunches(module),
        new MailboxLaunches(module),
        new FusedKernels(module),
        Capacity.of(device, module));
  }

  /**
   * Those of every constant, so that one without kernels is found when a module is loaded.
   *
   * @param type a likelihood's or an activation's
   */
  private static <K extends Enum<K>, V> Map<K, V> each(Class<K> type, Function<K, V> launches) {
    Map<K, V> all = new EnumMap<>(type);
    for (K constant : type.getEnumConstants()) {
      all.put(constant, launches.apply(constant));
    }
    return all;
  }

  /** What makes pixels into what they stand for. */
  GatherLaunches gather(Targets targets) {
    return switch (targets) {
      case GREY, BINARIZED -> gather;
    };
  }

  LinearLaunches linear(Activation activation) {
    return linears.get(activation);
  }

  LatentLaunches latent(Activation activation) {
    return latents.get(activation);
  }

  LossLaunches loss(Likelihood likelihood) {
    return losses.get(likelihood);
  }
}
