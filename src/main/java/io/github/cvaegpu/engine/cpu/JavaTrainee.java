// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.engine.StepSink;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Member;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;

/** A model that is trained on the CPU: beside a model's memory, gradients and Adam's moments. */
final class JavaTrainee extends JavaModel implements Trainee {
  private final TrainingSettings settings;
  private final Network gradients;
  private final Network firstMoment;
  private final Network secondMoment;
  private final TrainingStep training;
  private ImageSet images;
  private StepFeedback last = StepFeedback.NONE;
  private boolean stopped;

  JavaTrainee(
      CpuAccelerator accelerator, VaeShape shape, TrainingSettings settings, ImageSet images) {
    super(accelerator, shape, settings.objective());
    this.settings = settings;
    this.images = images;
    var layout = new ParameterLayout(shape, settings.objective());
    gradients = new Network(layout);
    firstMoment = new Network(layout);
    secondMoment = new Network(layout);
    training =
        new TrainingStep(
            shape, images, settings, team(), parameters(), gradients, firstMoment, secondMoment);
  }

  @Override
  public int trainEpoch(BatchOrder order, BetaController controller, StepSink sink) {
    requireOpen();
    ModelArguments.requireTrains(settings, images, order);
    if (!last.isFinite()) {
      return 0;
    }
    long before = last.step();
    stopped = false;
    team()
        .run(
            member -> {
              for (int batch = order.firstBatch(); batch < order.batches(); batch++) {
                if (member.isLead()) {
                  training.begin(order, batch, last.step(), (float) controller.next(last));
                }
                member.barrier();
                training.run(member);
                report(member, sink);
                if (stopped) {
                  return;
                }
              }
            });
    return (int) (last.step() - before);
  }

  private void report(Member member, StepSink sink) {
    if (member.isLead()) {
      long step = last.step();
      float rl = training.reconstructionLoss();
      float kl = training.klDivergence();
      last = new StepFeedback(step + 1, rl, kl);
      stopped = !sink.accept(step, rl, kl, training.klWeight());
      stopped |= !last.isFinite();
    }
    member.barrier();
  }

  @Override
  public void replaceImages(ImageSet others) {
    requireOpen();
    ModelArguments.requireReplaces(settings, images, others);
    images = others;
    training.images(others);
  }

  @Override
  public TrainingState state() {
    requireOpen();
    return new TrainingState(parameters().copy(), firstMoment.copy(), secondMoment.copy(), last);
  }

  @Override
  public void restore(TrainingState state) {
    requireOpen();
    // All of them first: what is refused leaves the state as it is.
    parameters().requireFits(state.parameters());
    firstMoment.requireFits(state.firstMoment());
    secondMoment.requireFits(state.secondMoment());
    parameters().overwrite(state.parameters());
    firstMoment.overwrite(state.firstMoment());
    secondMoment.overwrite(state.secondMoment());
    last = state.last();
  }

  /** The gradients of the last step, in the layout's order. */
  float[] gradients() {
    return gradients.copy();
  }
}
