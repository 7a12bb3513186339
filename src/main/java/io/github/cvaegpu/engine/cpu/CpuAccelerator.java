// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.engine.OpenModels;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.CpuLibrary;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.Optional;

/**
 * The engine for processors, in float32: the step of native/cpu where this machine can load it,
 * else the one in plain Java. Each gives bits of its own, the same on all processors.
 *
 * <p>Bit-identical for any number of threads. Each model has a {@link ThreadTeam} of its own, so
 * that models can be used at the same time; its threads wait asleep while it is not used.
 */
public final class CpuAccelerator implements Accelerator {
  /** Most threads that share a step. */
  public static final int MAX_THREADS = ThreadTeam.MAX_THREADS;

  private final int threads;
  private final Optional<CpuLibrary> library;
  private final boolean keepsGradients;
  private final OpenModels models = new OpenModels();

  private final SharedPixels pixels = new SharedPixels();

  /**
   * @param threads of each model, from 1 to {@value #MAX_THREADS}
   */
  public CpuAccelerator(int threads) {
    this(threads, CpuLibraries.get().library(), false);
  }

  /** Threads to take where nobody says how many: those that {@link Processors} counts. */
  public static int defaultThreads() {
    return Math.min(MAX_THREADS, Processors.ofThisProcess().threads());
  }

  /** With a library of native/cpu, whose steps keep their gradients. */
  CpuAccelerator(int threads, CpuLibrary library) {
    this(threads, Optional.of(library), true);
  }

  /** With the step in Java. */
  static CpuAccelerator inJava(int threads) {
    return new CpuAccelerator(threads, Optional.empty(), true);
  }

  private CpuAccelerator(int threads, Optional<CpuLibrary> library, boolean keepsGradients) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("threads: " + threads);
    }
    this.threads = threads;
    this.library = library;
    this.keepsGradients = keepsGradients;
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo(
        "cpu",
        CpuInfo.modelName(),
        library.isPresent() ? EngineInfo.NATIVE_STEP : EngineInfo.JAVA_STEP,
        threads,
        "float32",
        library.map(CpuLibrary::isa).orElse(""));
  }

  @Override
  public VaeModel model(VaeShape shape, Objective objective, float[] parameters) {
    models.requireOpen();
    VaeModel model = newModel(shape, objective, parameters);
    models.add(model);
    return model;
  }

  private VaeModel newModel(VaeShape shape, Objective objective, float[] parameters) {
    int size = new ParameterLayout(shape, objective).size();
    ModelArguments.requireLength("parameters", size, parameters);
    if (library.isPresent()) {
      var model = new NativeModel(this, library.get(), shape, objective, KlTerm.weighted(), 0);
      model.write(NativeModel.PARAMETERS, parameters);
      return model;
    }
    var model = new JavaModel(this, shape, objective);
    model.parameters().overwrite(parameters);
    return model;
  }

  @Override
  public Trainee trainee(VaeShape shape, TrainingSettings settings, ImageSet images) {
    models.requireOpen();
    ModelArguments.requireFits(shape, images);
    Trainee trainee =
        library.isPresent()
            ? new NativeTrainee(this, library.get(), shape, settings, images)
            : new JavaTrainee(this, shape, settings, images);
    models.add(trainee);
    return trainee;
  }

  int threads() {
    return threads;
  }

  SharedPixels pixels() {
    return pixels;
  }

  boolean keepsGradients() {
    return keepsGradients;
  }

  /** Forgets a model that is being closed. */
  void forget(VaeModel model) {
    models.remove(model);
  }

  @Override
  public void close() {
    models.close();
  }
}
