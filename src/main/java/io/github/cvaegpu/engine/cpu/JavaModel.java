// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;

/** A model on the CPU: parameters, and activations for a chunk of rows. */
class JavaModel implements VaeModel {
  private final CpuAccelerator accelerator;
  private final VaeShape shape;
  private final Objective objective;
  private final ThreadTeam team;
  private final Network parameters;
  private final InferencePass inference;
  private boolean isClosed;

  /** Its parameters are zero. */
  JavaModel(CpuAccelerator accelerator, VaeShape shape, Objective objective) {
    this.accelerator = accelerator;
    this.shape = shape;
    this.objective = objective;
    parameters = new Network(new ParameterLayout(shape, objective));
    team = new ThreadTeam(accelerator.threads());
    inference = new InferencePass(team, shape, objective, parameters);
  }

  @Override
  public final VaeShape shape() {
    return shape;
  }

  @Override
  public final EngineInfo info() {
    return accelerator.info();
  }

  @Override
  public final void encode(
      ImageSet images, int first, int count, float[] mean, float[] logVariance) {
    requireOpen();
    ModelArguments.requireEncodes(shape, objective, images, first, count, mean, logVariance);
    inference.encode(images, first, count, mean, logVariance);
  }

  @Override
  public final void decode(float[] z, int count, float[] mean) {
    requireOpen();
    ModelArguments.requireDecodes(shape, z, count, mean);
    inference.decode(z, count, mean);
  }

  @Override
  public final void logits(float[] z, int count, float[] logits, float[] logPartition) {
    requireOpen();
    ModelArguments.requireLogits(shape, z, count, logits, logPartition);
    inference.logits(z, count, logits, logPartition);
  }

  @Override
  public final void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
    requireOpen();
    ModelArguments.requireScores(shape, objective, images, first, count, samples, z, loss);
    inference.reconstructionLoss(images, first, count, samples, z, loss);
  }

  final Network parameters() {
    return parameters;
  }

  /** The threads. */
  final ThreadTeam team() {
    return team;
  }

  final void requireOpen() {
    if (isClosed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  @Override
  public final void close() {
    isClosed = true;
    accelerator.forget(this);
    team.close();
  }
}
