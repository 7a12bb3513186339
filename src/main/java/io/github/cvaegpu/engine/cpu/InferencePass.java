// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import java.util.Arrays;
import java.util.List;

/** Encoding, decoding and scoring without gradients, in chunks that stay in the cache. */
final class InferencePass {
  /** Rows of a chunk. */
  private static final int CHUNK = 256;

  private final ThreadTeam team;
  private final ForwardPass forward;
  private final List<Scratch> scratch;

  InferencePass(ThreadTeam team, VaeShape shape, Objective objective, Network parameters) {
    this.team = team;
    forward = new ForwardPass(shape, objective.targets(), parameters, CHUNK);
    scratch = Scratch.ofEach(team, shape, objective, parameters, 0);
  }

  /** What is done with a thread's rows of a chunk, of which {@code done} rows came before. */
  @FunctionalInterface
  private interface Rows {
    void run(Scratch scratch, int done, int first, int end);
  }

  private void forEachChunk(int count, Rows rows) {
    for (int done = 0; done < count; done += CHUNK) {
      int before = done;
      int chunk = Math.min(CHUNK, count - done);
      team.run(
          member ->
              rows.run(
                  scratch.get(member.index()), before, member.firstOf(chunk), member.endOf(chunk)));
    }
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#encode}. */
  void encode(ImageSet images, int firstImage, int count, float[] mean, float[] logVariance) {
    forEachChunk(
        count,
        (mine, done, first, end) -> {
          for (int r = first; r < end; r++) {
            forward.gather(images.pixels(), firstImage + done + r, r);
          }
          forward.encode(mine.products(), first, end);
          for (int r = first; r < end; r++) {
            int latent = forward.z[r].length;
            System.arraycopy(forward.heads[r], 0, mean, (done + r) * latent, latent);
            System.arraycopy(forward.heads[r], latent, logVariance, (done + r) * latent, latent);
          }
        });
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#decode}. */
  void decode(float[] z, int count, float[] mean) {
    forEachPoint(
        count,
        z,
        (likelihood, row, point) -> {
          float[] logits = forward.logits[row];
          likelihood.mean(logits);
          System.arraycopy(logits, 0, mean, point * logits.length, logits.length);
        });
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#logits}. */
  void logits(float[] z, int count, float[] logits, float[] logPartition) {
    forEachPoint(
        count,
        z,
        (likelihood, row, point) -> {
          float[] its = forward.logits[row];
          System.arraycopy(its, 0, logits, point * its.length, its.length);
          // The gradient takes the place of the logits, which are copied.
          Arrays.fill(forward.x[row], 0);
          logPartition[point] = (float) likelihood.lossAndGradient(its, forward.x[row]);
        });
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#reconstructionLoss}. */
  void reconstructionLoss(
      ImageSet images, int firstImage, int count, int samples, float[] z, float[] loss) {
    forEachPoint(
        Math.multiplyExact(count, samples),
        z,
        (likelihood, row, point) -> {
          forward.gather(images.pixels(), firstImage + point / samples, row);
          // The gradient comes with it, and nobody needs the logits.
          loss[point] = (float) likelihood.lossAndGradient(forward.logits[row], forward.x[row]);
        });
  }

  /** What is done with a latent point, whose logits are in a row of the chunk. */
  @FunctionalInterface
  private interface Decoded {
    void take(LikelihoodKernel likelihood, int row, int point);
  }

  private void forEachPoint(int count, float[] z, Decoded decoded) {
    forEachChunk(
        count,
        (mine, done, first, end) -> {
          for (int r = first; r < end; r++) {
            int latent = forward.z[r].length;
            System.arraycopy(z, (done + r) * latent, forward.z[r], 0, latent);
          }
          forward.decode(mine.products(), first, end);
          for (int r = first; r < end; r++) {
            decoded.take(mine.likelihood(), r, done + r);
          }
        });
  }
}
