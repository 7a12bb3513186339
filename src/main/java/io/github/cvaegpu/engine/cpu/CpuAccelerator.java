// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.OpenModels;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.foreign.OpenBlas;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;

/**
 * The engine for processors: OpenBLAS for the dense matrix products, the Vector API for everything
 * else, in float32.
 *
 * <p>Bit-identical for one to eight threads: see {@link ThreadTeam}. Each model has a team of its
 * own, so that models can be used at the same time; its threads wait asleep while it is not used.
 */
public final class CpuAccelerator implements Accelerator {
  /** Most threads that share a step. */
  public static final int MAX_THREADS = ThreadTeam.LANES;

  private final int threads;
  private final Gemm gemm;
  private final OpenModels models = new OpenModels();

  /**
   * @param threads of each model, from 1 to {@value #MAX_THREADS}
   */
  public CpuAccelerator(int threads) {
    this(threads, OpenBlas.get()::sgemm);
  }

  CpuAccelerator(int threads, Gemm gemm) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("threads: " + threads);
    }
    this.threads = threads;
    this.gemm = gemm;
  }

  @Override
  public EngineInfo info() {
    OpenBlas blas = OpenBlas.get();
    return new EngineInfo(
        "cpu",
        CpuInfo.modelName(),
        "%s (%s kernels)".formatted(blas.version(), blas.coreName()),
        threads,
        "float32");
  }

  @Override
  public VaeModel model(VaeShape shape, Objective objective, float[] parameters) {
    models.requireOpen();
    var model = new CpuModel(this, shape, objective);
    model.parameters().overwrite(parameters);
    models.add(model);
    return model;
  }

  @Override
  public CpuTrainee trainee(VaeShape shape, TrainingSettings settings, ImageSet images) {
    models.requireOpen();
    var trainee = new CpuTrainee(this, shape, settings, images);
    models.add(trainee);
    return trainee;
  }

  int threads() {
    return threads;
  }

  Gemm gemm() {
    return gemm;
  }

  /** Forgets a model that is being closed. */
  void forget(CpuModel model) {
    models.remove(model);
  }

  @Override
  public void close() {
    models.close();
  }
}
