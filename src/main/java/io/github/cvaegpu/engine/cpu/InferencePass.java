// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Member;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Phase;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Encoding, decoding and scoring without gradients, in chunks that stay in the cache. */
final class InferencePass {
  /** Rows of a chunk. */
  static final int CAPACITY = 256;

  private final LikelihoodKernels likelihood;
  private final ForwardPass forward;
  private final List<Phase> encode;
  private final List<Phase> decode;
  private final double[] loss = new double[CAPACITY * Block.COLUMN_GROUPS];

  InferencePass(ForwardPass forward, LikelihoodKernels likelihood) {
    this.likelihood = likelihood;
    this.forward = forward;
    encode = forward.hiddenEncoderPhases();
    decode = forward.hiddenDecoderPhases();
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#encode}. */
  void encode(
      ThreadTeam team, ImageSet images, int first, int count, float[] mean, float[] logVariance) {
    int latent = forward.z.columns();
    for (int done = 0; done < count; done += CAPACITY) {
      int start = first + done;
      forward.begin(Math.min(CAPACITY, count - done));
      team.run(
          member -> {
            member.run(lane -> gather(lane, images, start));
            member.run(forward::firstLayer);
            runAll(member, encode);
            member.run(forward::heads);
          });
      for (int r = 0; r < forward.rows(); r++) {
        copyOut(forward.heads.from(r, 0), mean, (done + r) * latent, latent);
        copyOut(forward.heads.from(r, latent), logVariance, (done + r) * latent, latent);
      }
    }
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#decode}. */
  void decode(ThreadTeam team, float[] z, int count, float[] mean) {
    int inputs = forward.logits.columns();
    for (int done = 0; done < count; done += CAPACITY) {
      int rows = Math.min(CAPACITY, count - done);
      takePoints(z, done, rows);
      forward.begin(rows);
      team.run(
          member -> {
            runDecoder(member);
            member.run(this::means);
          });
      copyOut(forward.logits.data(), mean, done * inputs, rows * inputs);
    }
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#reconstructionLoss}. */
  void reconstructionLoss(
      ThreadTeam team,
      ImageSet images,
      int first,
      int count,
      int samples,
      float[] z,
      float[] result) {
    int total = Math.multiplyExact(count, samples);
    for (int done = 0; done < total; done += CAPACITY) {
      int rows = Math.min(CAPACITY, total - done);
      int skipped = done % samples;
      int image = first + done / samples;
      int targets = Math.ceilDiv(skipped + rows, samples);
      takePoints(z, done, rows);
      team.run(
          member -> {
            lead(member, targets);
            member.run(lane -> gatherTargets(lane, images, image));
            lead(member, rows);
            runDecoder(member);
            member.run(lane -> score(lane, samples, skipped));
          });
      for (int r = 0; r < rows; r++) {
        result[done + r] = (float) RowLosses.ofRow(loss, r);
      }
    }
  }

  /** Latent points of a chunk. */
  private void takePoints(float[] z, int first, int rows) {
    int latent = forward.z.columns();
    MemorySegment.copy(
        z, first * latent, forward.z.data(), ValueLayout.JAVA_FLOAT, 0, rows * latent);
  }

  /** All of the decoder but the last layer. */
  private void runDecoder(Member member) {
    member.run(forward::firstDecoderLayer);
    runAll(member, decode);
  }

  private void lead(Member member, int rows) {
    if (member.isLead()) {
      forward.begin(rows);
    }
    member.barrier();
  }

  private static void runAll(Member member, List<Phase> phases) {
    for (Phase phase : phases) {
      member.run(phase);
    }
  }

  private void gather(int lane, ImageSet images, int first) {
    forward.x.gather(lane, forward.rows(), images.pixels(), r -> first + r);
  }

  /** Gathers a lane's rows, with all their pixels, for the loss. */
  private void gatherTargets(int lane, ImageSet images, int first) {
    gather(lane, images, first);
    forward.x.spread(Block.rows(lane, forward.rows(), forward.logits.columns()));
  }

  /** The loss of a lane's block; the gradient comes with it, and nobody needs the logits. */
  private void score(int lane, int samples, int skipped) {
    Block block = forward.output(lane);
    likelihood.lossAndGradient(
        forward.logits,
        forward.outputLayer().bias(),
        forward.x.dense,
        samples,
        skipped,
        block,
        loss,
        Block.columnGroup(lane));
  }

  /** The pixels' means of a lane's block, in the logits' place. */
  private void means(int lane) {
    Block block = forward.output(lane);
    likelihood.mean(forward.logits, forward.outputLayer().bias(), block);
  }

  private static void copyOut(MemorySegment from, float[] to, int at, int count) {
    MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, to, at, count);
  }
}
