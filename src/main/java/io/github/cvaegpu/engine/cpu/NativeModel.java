// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.engine.TooLittleMemoryException;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Member;
import io.github.cvaegpu.foreign.CpuLibrary;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;

/** A model in the memory of native/cpu. */
class NativeModel implements VaeModel {
  /** Numbers of the arrays that the library has of a model. */
  static final int PARAMETERS = 0;

  private final CpuAccelerator accelerator;
  private final CpuLibrary library;
  private final VaeShape shape;
  private final Objective objective;
  private final ThreadTeam team;
  private final ParameterLayout layout;
  private final CpuLibrary.Model model;
  private final Arena arena = Arena.ofShared();

  // What is handed over of a chunk.
  private final MemorySegment pixels;
  private final MemorySegment mean;
  private final MemorySegment logVariance;
  private final MemorySegment z;
  private final MemorySegment outputs;
  private final MemorySegment loss;
  private boolean isClosed;

  /**
   * Its parameters are zero.
   *
   * @param klTerm of a training step
   * @param batch images of a training step; 0 if there will be none
   */
  NativeModel(
      CpuAccelerator accelerator,
      CpuLibrary library,
      VaeShape shape,
      Objective objective,
      KlTerm klTerm,
      int batch) {
    this.accelerator = accelerator;
    this.library = library;
    this.shape = shape;
    this.objective = objective;
    int threads = accelerator.threads();
    layout = new ParameterLayout(shape, objective);
    String activation = shape.activation().text();
    int activationNumber =
        library
            .activation(activation)
            .orElseThrow(
                () -> new EngineException("The native step has no activation " + activation + "."));
    String likelihood = objective.likelihood().text();
    int number =
        library
            .likelihood(likelihood)
            .orElseThrow(
                () -> new EngineException("The native step has no likelihood " + likelihood + "."));
    team = new ThreadTeam(threads);
    model =
        library.create(
            shape.inputs(),
            shape.hidden().stream().mapToInt(Integer::intValue).toArray(),
            shape.latent(),
            activationNumber,
            batch,
            accelerator.keepsGradients(),
            threads,
            team.hasProcessors(),
            number,
            (float) StrictMath.log(objective.deviation()),
            objective.learnsSigma(),
            numberOf(klTerm.form()),
            (float) klTerm.given(),
            objective.targets().table());
    if (model == null) {
      team.close();
      throw new TooLittleMemoryException("There is too little memory for the network.");
    }
    long chunk = library.chunk();
    try {
      pixels = arena.allocate(chunk * shape.inputs());
      mean = floats(chunk * shape.latent());
      logVariance = floats(chunk * shape.latent());
      z = floats(chunk * shape.latent());
      outputs = floats(chunk * shape.inputs());
      loss = floats(chunk);
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /** A {@code cvae_kl_term} of model.h. */
  private static int numberOf(KlTerm.Form form) {
    return switch (form) {
      case WEIGHTED -> 0;
      case DISTANCE -> 1;
      case FREE_BITS -> 2;
    };
  }

  private MemorySegment floats(long count) {
    return arena.allocate(ValueLayout.JAVA_FLOAT, count);
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
      ImageSet images, int first, int count, float[] means, float[] logVariances) {
    requireOpen();
    ModelArguments.requireEncodes(shape, objective, images, first, count, means, logVariances);
    int latent = shape.latent();
    for (int done = 0; done < count; done += library.chunk()) {
      int start = first + done;
      int rows = Math.min(library.chunk(), count - done);
      team.run(
          member -> {
            takePixels(member, images, rows, r -> start + r);
            library.encode(model, member.index(), rows, pixels, mean, logVariance);
          });
      copyOut(mean, means, done * latent, rows * latent);
      copyOut(logVariance, logVariances, done * latent, rows * latent);
    }
  }

  @Override
  public final void decode(float[] points, int count, float[] means) {
    requireOpen();
    ModelArguments.requireDecodes(shape, points, count, means);
    for (int done = 0; done < count; done += library.chunk()) {
      int rows = Math.min(library.chunk(), count - done);
      takePoints(points, done, rows);
      team.run(member -> library.decode(model, member.index(), rows, z, outputs));
      copyOut(outputs, means, done * shape.inputs(), rows * shape.inputs());
    }
  }

  @Override
  public final void logits(float[] points, int count, float[] logits, float[] logPartition) {
    requireOpen();
    ModelArguments.requireLogits(shape, points, count, logits, logPartition);
    for (int done = 0; done < count; done += library.chunk()) {
      int rows = Math.min(library.chunk(), count - done);
      takePoints(points, done, rows);
      team.run(member -> library.logits(model, member.index(), rows, z, outputs, loss));
      copyOut(outputs, logits, done * shape.inputs(), rows * shape.inputs());
      copyOut(loss, logPartition, done, rows);
    }
  }

  @Override
  public final void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] points, float[] losses) {
    requireOpen();
    ModelArguments.requireScores(shape, objective, images, first, count, samples, points, losses);
    int total = Math.multiplyExact(count, samples);
    for (int done = 0; done < total; done += library.chunk()) {
      int start = done;
      int rows = Math.min(library.chunk(), total - done);
      takePoints(points, done, rows);
      team.run(
          member -> {
            takePixels(member, images, rows, r -> first + (start + r) / samples);
            library.score(model, member.index(), rows, pixels, z, loss);
          });
      copyOut(loss, losses, done, rows);
    }
  }

  /** Copies a member's share of the images of a batch. */
  private void takePixels(Member member, ImageSet images, int rows, IntUnaryOperator image) {
    int inputs = shape.inputs();
    for (int r = member.firstOf(rows); r < member.endOf(rows); r++) {
      MemorySegment.copy(
          images.pixels(),
          image.applyAsInt(r) * inputs,
          pixels,
          ValueLayout.JAVA_BYTE,
          (long) r * inputs,
          inputs);
    }
  }

  private void takePoints(float[] from, int first, int rows) {
    int latent = shape.latent();
    MemorySegment.copy(from, first * latent, z, ValueLayout.JAVA_FLOAT, 0, rows * latent);
  }

  private static void copyOut(MemorySegment from, float[] to, int at, int count) {
    MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, to, at, count);
  }

  final CpuLibrary library() {
    return library;
  }

  final CpuLibrary.Model model() {
    return model;
  }

  final ParameterLayout layout() {
    return layout;
  }

  /** What is in it is given back when the model is closed. */
  final Arena arena() {
    return arena;
  }

  /** The threads. */
  final ThreadTeam team() {
    return team;
  }

  /** Overwrites an array that the library has of the model. */
  final void write(int which, float[] from) {
    ModelArguments.requireLength("parameters", layout.size(), from);
    library.write(model, which, from);
  }

  /** A copy of an array that the library has of the model. */
  final float[] read(int which) {
    float[] copy = new float[layout.size()];
    library.read(model, which, copy);
    return copy;
  }

  final void requireOpen() {
    if (isClosed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  @Override
  public final void close() {
    accelerator.forget(this);
    if (!isClosed) {
      isClosed = true;
      giveBack();
    }
  }

  /** Gives back what it has outside of Java's heap, and its threads. */
  void giveBack() {
    team.close();
    arena.close();
    library.destroy(model);
  }
}
