// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import jcuda.Pointer;

/** Some fused steps in chosen variants, without a trainee around them. */
final class FusedSteps {
  private static final long SEED = 11;

  private final VaeShape shape;
  private final ImageSet images;
  private final int rows;

  /**
   * @param height of the images
   * @param width of the images
   * @param rows images of a batch
   */
  FusedSteps(int height, int width, List<Integer> hidden, int latent, int rows) {
    shape = new VaeShape(height * width, hidden, latent);
    this.rows = rows;
    images = RandomImages.of(2 * rows, height, width, 0.3, SEED);
  }

  VaeShape shape() {
    return shape;
  }

  /** All that two steps leave: parameters, moments, the second one's gradients, both losses. */
  List<float[]> two(Gpu gpu, CudaStream stream, StepVariants variants) {
    return two(
        gpu,
        stream,
        variants,
        step -> {
          step.launch();
          stream.synchronize();
          step.launch();
        });
  }

  /** The same of two steps that are one graph. */
  List<float[]> twoCaptured(Gpu gpu, StepVariants variants) {
    return two(
        gpu,
        gpu.stream,
        variants,
        step -> {
          try (var graph = new StepGraph(gpu.stream, Step.times(2, step))) {
            graph.launch();
            gpu.stream.synchronize();
          }
        });
  }

  private List<float[]> two(
      Gpu gpu, CudaStream stream, StepVariants variants, Consumer<Step> launches) {
    try (var memory = new DeviceMemory();
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30))) {
      var layout = new ParameterLayout(shape);
      var network = new CudaNetwork(memory, layout);
      var trained = TrainedNetwork.allocate(memory, network);
      DeviceMemory.upload(network.address(), InitialWeights.draw(layout, SEED));
      DeviceMemory.upload(trained.firstMoment(), new float[layout.size()]);
      DeviceMemory.upload(trained.secondMoment(), new float[layout.size()]);
      DevicePointer pixels = memory.bytes((long) images.size() * shape.inputs());
      DeviceMemory.upload(
          pixels, Pointer.to(images.pixels()), (long) images.size() * shape.inputs());
      var settings = new TrainingSettings(Objective.study(), SEED, rows, 1e-3);
      StepInput input = StepInput.allocate(memory, mailbox, pixels, images.size(), settings);
      int[] order = IntStream.range(0, images.size()).map(i -> images.size() - 1 - i).toArray();
      DeviceMemory.upload(input.order(), Pointer.to(order), (long) order.length * Integer.BYTES);
      input.state().set(0, 0);
      FusedBuffers buffers = FusedBuffers.allocate(memory, input, shape, rows);
      var step =
          new FusedStep(
              gpu.kernels,
              memory,
              trained,
              buffers,
              settings,
              variants,
              stream,
              rows,
              true,
              LaunchObserver.NONE);
      List<float[]> left = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        mailbox.putBeta(i, 0.5f + i);
      }
      launches.accept(step);
      stream.synchronize();
      for (int i = 0; i < 2; i++) {
        left.add(new float[] {mailbox.reconstructionLoss(i), mailbox.klDivergence(i)});
      }
      for (DevicePointer array :
          List.of(
              network.address(),
              trained.firstMoment(),
              trained.secondMoment(),
              trained.gradients().address())) {
        float[] floats = new float[layout.size()];
        DeviceMemory.download(array, floats);
        left.add(floats);
      }
      return left;
    }
  }

  /** Whether two results are the same bits. */
  static boolean isSame(List<float[]> one, List<float[]> other) {
    return IntStream.range(0, one.size())
        .allMatch(i -> Arrays.equals(bits(one.get(i)), bits(other.get(i))));
  }

  private static int[] bits(float[] floats) {
    return IntStream.range(0, floats.length).map(i -> Float.floatToRawIntBits(floats[i])).toArray();
  }

  /** What is taken where clusters of all sizes fit. */
  static StepVariants standard(Capacity capacity, VaeShape shape) {
    return StepVariants.standard(
        LinearVariant.all(capacity.hasClusters()).getFirst(),
        MiddleVariant.all(capacity, shape).getFirst(),
        capacity);
  }

  /** A standard, and each other choice that there is in place of one of its own. */
  static List<StepVariants> oneByOne(Capacity capacity, VaeShape shape) {
    StepVariants standard = standard(capacity, shape);
    List<StepVariants> all = new ArrayList<>(List.of(standard));
    for (LinearVariant linear : LinearVariant.all(capacity.hasClusters())) {
      all.add(standard.withFirst(linear).withOutput(linear).withBack(linear));
    }
    for (MiddleVariant middle : MiddleVariant.all(capacity, shape)) {
      all.add(standard.withMiddleForward(middle).withMiddleBackward(middle));
    }
    for (UpdateVariant update : UpdateVariant.ALL) {
      all.add(standard.withUpdate(update));
    }
    all.add(standard.withProgrammatic(false));
    return all;
  }
}
