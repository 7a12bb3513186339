// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.ReferenceVae;
import io.github.cvaegpu.engine.RelativeNorm;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole steps and inference with each access of each kernel looked at: what one kernel needs of
 * another is ordered by an edge of the step's graph, and what a thread needs of another by a
 * barrier.
 */
@ExtendWith(OnGpu.Checked.class)
class CheckedStepTest {
  private static final long SEED = 5;

  /** What KL adds to the loss. */
  private static KlTerm of(KlTerm.Form form) {
    return switch (form) {
      case WEIGHTED -> KlTerm.weighted();
      case DISTANCE -> new KlTerm.Distance(0.5);
      case FREE_BITS -> new KlTerm.FreeBits(0.1);
    };
  }

  /**
   * Fused steps, and others: with the latent space's fused kernels and the others, products by
   * cuBLAS and by our kernels.
   */
  @ParameterizedTest(name = "{0}, latent {1}, captured {2}, cuBLAS from {3}, {4}")
  @CsvSource({
    "FUSED, 3, true, 0, WEIGHTED",
    "FUSED, 20, false, 0, WEIGHTED",
    "CUBLAS, 3, true, 0, WEIGHTED",
    "CUBLAS, 3, true, 100000, DISTANCE",
    "CUBLAS, 3, false, 1000, FREE_BITS",
    "CUBLAS, 20, true, 0, FREE_BITS",
    "CUBLAS, 20, true, 100000, WEIGHTED",
    "CUBLAS, 20, false, 1000, DISTANCE",
  })
  void trainsLikeTheCpuEngine(
      StepKind kind, int latent, boolean isCaptured, long large, KlTerm.Form form) {
    var shape = new VaeShape(63, List.of(40, 9), latent);
    ImageSet images = RandomImages.of(2 * 37 + 5, 7, 9, 0.3, SEED);
    TrainingState cpu;
    try (var accelerator = new CpuAccelerator(1)) {
      cpu = twoEpochs(accelerator, shape, of(form), images);
    }
    var options =
        new CudaAccelerator.Options(
            8, 2, isCaptured, large, Duration.ofSeconds(60), kind, Tune.OFF, false);
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, options)) {
      TrainingState gpu = twoEpochs(accelerator, shape, of(form), images);
      RelativeNorm.assertNear(
          "parameters",
          new ParameterLayout(shape),
          ReferenceVae.toDouble(cpu.parameters()),
          gpu.parameters(),
          1e-4);
      infer(accelerator, shape, images, gpu.parameters());
    }
  }

  /** Models on threads of their own that share images, kernels and the thread that answers. */
  @Test
  void modelsBesideEachOtherTouchNothingOfEachOther() throws Exception {
    ImageSet images = RandomImages.of(2 * 37 + 5, 7, 9, 0.3, SEED);
    var options = CudaAccelerator.Options.standard(Map.of());
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, options);
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Callable<TrainingState>> work = new ArrayList<>();
      for (KlTerm.Form form : KlTerm.Form.values()) {
        var shape = new VaeShape(63, List.of(20 + work.size(), 9), 3);
        work.add(() -> twoEpochs(accelerator, shape, of(form), images));
      }
      List<Future<TrainingState>> states = threads.invokeAll(work);
      for (int i = 0; i < work.size(); i++) {
        assertArrayEquals(work.get(i).call().parameters(), states.get(i).get().parameters());
      }
    }
  }

  private static TrainingState twoEpochs(
      Accelerator accelerator, VaeShape shape, KlTerm term, ImageSet images) {
    try (Trainee trainee =
        accelerator.trainee(
            shape, new TrainingSettings(Objective.study(), term, SEED, 37, 1e-3), images)) {
      trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), SEED)));
      for (int epoch = 0; epoch < 2; epoch++) {
        trainee.trainEpoch(
            BatchOrder.shuffled(SEED, epoch, images.size(), 37),
            new ConstantRule(1).start(),
            (step, rl, kl, beta) -> true);
      }
      return trainee.state();
    }
  }

  private static void infer(
      Accelerator accelerator, VaeShape shape, ImageSet images, float[] parameters) {
    int count = images.size();
    float[] z = new float[count * shape.latent()];
    try (VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      model.encode(images, 0, count, z, new float[z.length]);
      model.decode(z, count, new float[count * shape.inputs()]);
      model.reconstructionLoss(images, 0, count, 1, z, new float[count]);
    }
  }
}
