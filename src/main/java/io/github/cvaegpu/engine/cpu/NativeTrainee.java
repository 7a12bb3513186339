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
import io.github.cvaegpu.foreign.CpuLibrary;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.RandomPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A model that is trained by native/cpu: a call a step, by each thread. */
final class NativeTrainee extends NativeModel implements Trainee {
  private static final int FIRST_MOMENT = 1;
  private static final int SECOND_MOMENT = 2;
  private static final int GRADIENTS = 3;

  private final TrainingSettings settings;

  /** Reconstruction loss and KL divergence of the last step. */
  private final MemorySegment losses = Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, 2);

  private ImageSet images;
  private StepFeedback last = StepFeedback.NONE;
  private boolean stopped;

  /** In the images that it trains on with others; null if it has its own. */
  private SharedPixels.Share share;

  /** All pixels of the images; of images that will be replaced, its own. */
  private final MemorySegment pixels;

  /** The images of the epoch in its order. */
  private final MemorySegment order;

  // The step at hand, set by the lead before the others pass its barrier.
  private int rows;
  private MemorySegment batchOrder;

  /** Beta, or what the KL term has in place of it. */
  private float number;

  private AdamStep adam;

  NativeTrainee(
      CpuAccelerator accelerator,
      CpuLibrary library,
      VaeShape shape,
      TrainingSettings settings,
      ImageSet images) {
    super(
        accelerator, library, shape, settings.objective(), settings.klTerm(), settings.batchSize());
    this.settings = settings;
    this.images = images;
    try {
      boolean isDrawn = settings.objective().targets().isDrawn();
      if (isDrawn) {
        pixels = SharedPixels.copied(library, images, arena());
      } else {
        share = accelerator.pixels().of(library, images);
        pixels = share.bytes();
      }
      order = Arena.ofAuto().allocate(ValueLayout.JAVA_INT, images.size());
    } catch (Throwable e) {
      close();
      throw e;
    }
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
    int[] all = order.images();
    MemorySegment.copy(all, 0, this.order, ValueLayout.JAVA_INT, 0, all.length);
    team().run(member -> trainEpoch(member, order, controller, sink));
    return (int) (last.step() - before);
  }

  private void trainEpoch(
      Member member, BatchOrder batches, BetaController controller, StepSink sink) {
    for (int batch = batches.firstBatch(); batch < batches.batches(); batch++) {
      if (member.isLead()) {
        if (batch > batches.firstBatch()) {
          report(sink);
        }
        if (!stopped) {
          begin(batches, batch, (float) controller.next(last));
        }
      }
      // One barrier a step here: the step has its own behind each of its phases.
      member.barrier();
      if (stopped) {
        return;
      }
      step(member);
    }
    if (member.isLead() && batches.firstBatch() < batches.batches()) {
      report(sink);
    }
  }

  private void begin(BatchOrder batches, int batch, float newNumber) {
    rows = batches.size(batch);
    batchOrder = order.asSlice((long) batch * batches.batchSize() * Integer.BYTES);
    number = newNumber;
    adam = AdamStep.of(last.step() + 1, settings.learningRate().at(last.step()));
  }

  private void step(Member member) {
    library()
        .step(
            model(),
            member.index(),
            rows,
            pixels,
            batchOrder,
            settings.seed(),
            RandomPurpose.TRAINING_NOISE.id(),
            (int) last.step(),
            number,
            adam.stepSize(),
            adam.rootScale(),
            member.isLead() ? losses : MemorySegment.NULL);
  }

  private void report(StepSink sink) {
    long step = last.step();
    float rl = losses.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
    float kl = losses.getAtIndex(ValueLayout.JAVA_FLOAT, 1);
    last = new StepFeedback(step + 1, rl, kl);
    stopped = !sink.accept(step, rl, kl, settings.klTerm().weight(number, kl));
    stopped |= !last.isFinite();
  }

  @Override
  void giveBack() {
    if (share != null) {
      share.close();
    }
    super.giveBack();
  }

  /** Nanoseconds of each phase since they were last asked for; from the first time on. */
  long[] phaseTimes() {
    return library().times(model());
  }

  /** The gradients of the last step, in the layout's order, where they are kept. */
  float[] gradients() {
    return read(GRADIENTS);
  }

  @Override
  public void replaceImages(ImageSet others) {
    requireOpen();
    ModelArguments.requireReplaces(settings, images, others);
    byte[] bytes = others.pixels();
    MemorySegment.copy(bytes, 0, pixels, ValueLayout.JAVA_BYTE, 0, bytes.length);
    images = others;
  }

  @Override
  public TrainingState state() {
    requireOpen();
    return new TrainingState(read(PARAMETERS), read(FIRST_MOMENT), read(SECOND_MOMENT), last);
  }

  @Override
  public void restore(TrainingState state) {
    requireOpen();
    // All of them first: what is refused leaves the state as it is.
    ModelArguments.requireLength("parameters", layout().size(), state.parameters());
    ModelArguments.requireLength("first moments", layout().size(), state.firstMoment());
    ModelArguments.requireLength("second moments", layout().size(), state.secondMoment());
    write(PARAMETERS, state.parameters());
    write(FIRST_MOMENT, state.firstMoment());
    write(SECOND_MOMENT, state.secondMoment());
    last = state.last();
  }
}
