// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Targets;
import java.util.EnumMap;
import java.util.Map;

/**
 * The launches of the kernels of {@code kernels/}, a class a file. What the kernels compute, with
 * which shapes, and why they are launched so is said in their sources; numbers that both sides need
 * are stated on both, and KernelConstantsTest compares them.
 */
record Kernels(
    GatherLaunches gather,
    LinearLaunches linear,
    LatentLaunches latent,
    Map<Likelihood, LossLaunches> losses,
    AdamLaunches adam,
    MailboxLaunches mailbox,
    FusedKernels fused,
    Capacity capacity) {

  /** Those of a module that has been loaded on a device. */
  Kernels(Device device, KernelModule module) {
    this(
        new GatherLaunches(module),
        new LinearLaunches(module),
        new LatentLaunches(module),
        losses(module),
        new AdamLaunches(module),
        new MailboxLaunches(module),
        new FusedKernels(module),
        Capacity.of(device, module));
  }

  /** Those of every likelihood, so that one without kernels is found when a module is loaded. */
  private static Map<Likelihood, LossLaunches> losses(KernelModule module) {
    Map<Likelihood, LossLaunches> losses = new EnumMap<>(Likelihood.class);
    for (Likelihood likelihood : Likelihood.values()) {
      losses.put(likelihood, new LossLaunches(module, likelihood));
    }
    return losses;
  }

  /** What makes pixels into what they stand for. */
  GatherLaunches gather(Targets targets) {
    return switch (targets) {
      case GREY -> gather;
    };
  }

  LossLaunches loss(Likelihood likelihood) {
    return losses.get(likelihood);
  }
}
