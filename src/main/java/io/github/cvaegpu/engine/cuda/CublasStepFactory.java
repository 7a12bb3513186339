// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TrainingSettings;
import java.util.List;
import java.util.Optional;

/** Makes steps by cuBLAS. */
final class CublasStepFactory implements StepFactory {
  private final CudaAccelerator accelerator;
  private final TrainedNetwork network;
  private final StepBuffers buffers;
  private final TrainingSettings settings;
  private final Branches branches;
  private final String why;
  private final LossLaunches loss;

  /**
   * @param loss the likelihood's launches
   * @param settings how to train; its batches are the largest
   * @param branches three of them
   * @param why not the fused step
   */
  CublasStepFactory(
      CudaAccelerator accelerator,
      LossLaunches loss,
      DeviceMemory memory,
      TrainedNetwork network,
      StepInput input,
      TrainingSettings settings,
      Branches branches,
      String why) {
    this.accelerator = accelerator;
    this.loss = loss;
    this.network = network;
    this.settings = settings;
    this.branches = branches;
    this.why = why;
    buffers = StepBuffers.allocate(memory, input, network.parameters().layout().shape(), settings);
  }

  @Override
  public String description() {
    return "cuBLAS step";
  }

  @Override
  public Optional<String> why() {
    return Optional.of(why);
  }

  @Override
  public StepTuning standard() {
    return new StepTuning(null, 3, accelerator.options().stepsALaunch());
  }

  @Override
  public Choices<StepTuning> choices() {
    return new Choices<StepTuning>()
        .add(List.of(3, 1), StepTuning::withBranches)
        .add(STEPS_A_LAUNCH, StepTuning::withStepsALaunch);
  }

  @Override
  public Step step(int rows, StepTuning tuning, DeviceMemory memory) {
    return new CublasStep(
        accelerator.kernels(),
        loss,
        memory,
        network,
        buffers,
        settings,
        tuning.branches() == 1 ? branches.onMain() : branches,
        rows,
        accelerator.observer());
  }
}
