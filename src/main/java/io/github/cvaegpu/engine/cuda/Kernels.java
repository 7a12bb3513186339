// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * The launches of the kernels of {@code kernels/}, a class a file. What the kernels compute, with
 * which shapes, and why they are launched so is said in their sources; numbers that both sides need
 * are stated on both, and KernelConstantsTest compares them.
 */
record Kernels(
    GatherLaunches gather,
    LinearLaunches linear,
    LatentLaunches latent,
    LossLaunches loss,
    AdamLaunches adam,
    MailboxLaunches mailbox) {

  Kernels(KernelModule module) {
    this(
        new GatherLaunches(module),
        new LinearLaunches(module),
        new LatentLaunches(module),
        new LossLaunches(module),
        new AdamLaunches(module),
        new MailboxLaunches(module));
  }
}
