// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes fused steps. */
final class FusedStepFactory implements StepFactory {
  /** See {@link #description}. */
  static final String DESCRIPTION = "fused step";

  private final CudaAccelerator accelerator;
  private final TrainedNetwork network;
  private final FusedBuffers buffers;
  private final TrainingSettings settings;
  private final CudaStream stream;
  private final List<LinearVariant> linear;
  private final List<MiddleVariant> middle;

  /**
   * @param settings how to train; its batches are the largest
   * @param stream where steps begin and end
   */
  FusedStepFactory(
      CudaAccelerator accelerator,
      DeviceMemory memory,
      TrainedNetwork network,
      StepInput input,
      TrainingSettings settings,
      CudaStream stream) {
    this.accelerator = accelerator;
    this.network = network;
    this.settings = settings;
    this.stream = stream;
    buffers = FusedBuffers.allocate(memory, input, shape(), settings.batchSize());
    linear = linear(accelerator.kernels(), settings.objective());
    middle = middle(accelerator.kernels(), shape());
  }

  private VaeShape shape() {
    return network.parameters().layout().shape();
  }

  /** What keeps fused steps from training a network, for a sentence; empty if nothing does. */
  static Optional<String> obstacle(
      CudaAccelerator accelerator, VaeShape shape, TrainingSettings settings) {
    if (accelerator.precision() != Precision.FLOAT32) {
      return Optional.of("products in " + accelerator.precision());
    }
    if (settings.klTerm().isOfBatch()) {
      return Optional.of("a KL term that weighs KL by the batch at hand");
    }
    if (shape.activation() != Activation.RELU) {
      return Optional.of("hidden layers with " + shape.activation().text());
    }
    if (settings.objective().likelihood() != Likelihood.BERNOULLI) {
      return Optional.of("the likelihood " + settings.objective().name());
    }
    if (settings.batchSize() > FusedStep.MOST_ROWS) {
      return Optional.of(
          String.format(Locale.ROOT, "batches of more than %d images", FusedStep.MOST_ROWS));
    }
    if (!MiddleLayers.fits(shape.hidden().size())) {
      return Optional.of(
          String.format(Locale.ROOT, "more than %d hidden layers", MiddleLayers.MOST / 2));
    }
    if (MiddleLayers.weights(shape) > FusedStep.MOST_MIDDLE) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "more than %d weights between the first layer and the last",
              FusedStep.MOST_MIDDLE));
    }
    if (middle(accelerator.kernels(), shape).isEmpty()) {
      return Optional.of("layers too wide for this GPU's shared memory");
    }
    return Optional.empty();
  }

  // A slice of a GPU may be too small for a cluster: then what needs none is left.

  private static List<LinearVariant> linear(Kernels kernels, Objective objective) {
    List<LinearVariant> fitting =
        LinearVariant.all(kernels.capacity().hasClusters()).stream()
            .filter(variant -> kernels.fused().linear().fits(variant, objective))
            .toList();
    return fitting.isEmpty() ? LinearVariant.all(false) : fitting;
  }

  private static List<MiddleVariant> middle(Kernels kernels, VaeShape shape) {
    return MiddleVariant.all(kernels.capacity(), shape).stream()
        .filter(variant -> kernels.fused().middle().fits(variant, shape))
        .toList();
  }

  @Override
  public String description() {
    return DESCRIPTION;
  }

  @Override
  public Optional<String> why() {
    return Optional.empty();
  }

  @Override
  public StepTuning standard() {
    return new StepTuning(
        StepVariants.standard(
            linear.getFirst(), middle.getFirst(), accelerator.kernels().capacity()),
        1,
        accelerator.options().stepsALaunch());
  }

  @Override
  public Choices<StepTuning> choices() {
    Capacity capacity = accelerator.kernels().capacity();
    return new Choices<StepTuning>()
        .add(
            capacity.beginsEarly() ? List.of(true, false) : List.of(false),
            (tuning, choice) -> tuning.with(tuning.variants().withProgrammatic(choice)))
        .add(linear, (tuning, choice) -> tuning.with(tuning.variants().withFirst(choice)))
        .add(linear, (tuning, choice) -> tuning.with(tuning.variants().withOutput(choice)))
        .add(linear, (tuning, choice) -> tuning.with(tuning.variants().withBack(choice)))
        .add(middle, (tuning, choice) -> tuning.with(tuning.variants().withMiddleForward(choice)))
        .add(middle, (tuning, choice) -> tuning.with(tuning.variants().withMiddleBackward(choice)))
        .add(
            UpdateVariant.ALL,
            (tuning, choice) -> tuning.with(tuning.variants().withUpdate(choice)))
        .add(STEPS_A_LAUNCH, StepTuning::withStepsALaunch);
  }

  @Override
  public Step step(int rows, StepTuning tuning, DeviceMemory memory) {
    return new FusedStep(
        accelerator.kernels(),
        memory,
        network,
        buffers,
        settings,
        tuning.variants(),
        stream,
        rows,
        accelerator.options().keepsGradients(),
        accelerator.observer());
  }
}
