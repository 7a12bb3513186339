// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jcuda.Pointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every kernel is launched with arguments of the sizes that it declares. */
@ExtendWith(OnGpu.class)
class LaunchesTest {
  private static final int ROWS = 3;
  private static final int INPUTS = 7;
  private static final int HIDDEN = 5;
  private static final int LATENT = 2;

  @BeforeEach
  void onlyTheEmulatorTells() {
    assumeFalse(OnGpu.isReal(), "JCuda does not bind what a real driver tells of parameters");
  }

  @Test
  void everyKernelIsLaunchedAsItDeclares() {
    var declared = new DeclaredLaunches();
    try (var gpu = new Gpu(1);
        var mailbox = new Mailbox(gpu.device, Duration.ofSeconds(30));
        var stream = new CudaStream("declared", declared)) {
      launchAll(gpu, mailbox, stream);
      stream.synchronize();
      var fused = new FusedSteps(1, INPUTS, List.of(HIDDEN), LATENT, ROWS);
      for (StepVariants variants : FusedSteps.oneByOne(gpu.kernels.capacity(), fused.shape())) {
        fused.two(gpu, stream, variants);
      }
    }
    Set<String> ours = new TreeSet<>();
    for (String file : KernelSources.FILES) {
      CudaSource.of(file).kernels().forEach(kernel -> ours.add(kernel.name()));
    }
    assertTrue(ours.size() >= 16, ours.toString());
    assertEquals(ours, declared.seen());
  }

  private static void launchAll(Gpu gpu, Mailbox mailbox, CudaStream stream) {
    var shape = new VaeShape(INPUTS, List.of(HIDDEN), LATENT);
    var network = new CudaNetwork(gpu.memory, new ParameterLayout(shape));
    var trained = TrainedNetwork.allocate(gpu.memory, network);
    DeviceMemory.upload(network.address(), gpu.normals(network.layout().size()));
    CudaLayer head = network.headLayer();
    CudaLayer first = network.firstDecoderLayer();
    CudaLayer output = network.outputLayer();
    Activations a = Activations.allocate(gpu.memory, shape, ROWS);
    ActivationGradients g = ActivationGradients.allocate(gpu.memory, shape, ROWS);
    DeviceMatrix h = a.encoded().getLast();
    DeviceMatrix d = a.decoded().getFirst();
    DeviceMatrix dd = g.decoded().getFirst();
    DeviceMatrix noise = DeviceMatrix.allocate(gpu.memory, ROWS, LATENT);
    DevicePointer kl = gpu.memory.floats(ROWS);
    DevicePointer pixels = gpu.memory.bytes(ROWS * INPUTS);
    DeviceMemory.upload(pixels, Pointer.to(new byte[ROWS * INPUTS]), ROWS * INPUTS);
    DevicePointer order = gpu.memory.bytes(ROWS * Integer.BYTES);
    DeviceMemory.upload(order, Pointer.to(new int[ROWS]), ROWS * Integer.BYTES);
    var state = new StepState(gpu.memory);
    state.set(0, 0);
    mailbox.putBeta(0, 1);

    Kernels kernels = gpu.kernels;
    kernels.mailbox().stepBegin(stream, state, mailbox, gpu.rates(1e-3));
    kernels.gather().batch(stream, state, pixels, order, ROWS, ROWS, 1, a.x(), noise);
    kernels.gather().images(stream, pixels, ROWS, a.x());
    CudaLayer input = network.encoder().getFirst();
    for (Activation activation : Activation.values()) {
      kernels.linear(activation).forward(stream, input, a.x(), ROWS, true, h);
      kernels.linear(activation).bias(stream, input, ROWS, true, h);
      kernels
          .latent(activation)
          .forward(stream, head, first, h, noise, ROWS, a.heads(), a.z(), kl, d);
    }
    LinearLaunches linear = kernels.linear(Activation.RELU);
    LatentLaunches latent = kernels.latent(Activation.RELU);
    latent.sampleForward(stream, a.heads(), noise, ROWS, a.z(), kl);
    linear.forwardWithoutBias(stream, output, d, ROWS, a.logits());
    for (Likelihood likelihood : Likelihood.values()) {
      LossLaunches loss = kernels.loss(likelihood).with(gpu.output(1));
      loss.forward(stream, output, a.logits(), a.x(), 1, 0, ROWS, a.loss());
      loss.mean(stream, output, ROWS, a.logits());
      loss.forwardBackward(stream, output, a.x(), ROWS, a.logits(), a.loss());
      loss.logSigmaGradient(stream, a.loss(), ROWS, INPUTS, gpu.output(1));
    }
    DeviceMatrix dh = g.encoded().getLast();
    var weights = new KlWeights(gpu.memory.floats(LATENT), 1);
    latent.distanceWeight(stream, state, kl, ROWS, 1, weights);
    latent.freeBitsWeights(stream, state, a.heads(), ROWS, 1, weights);
    for (Activation activation : Activation.values()) {
      kernels.linear(activation).backwardInput(stream, output, a.logits(), d, ROWS, dd);
      kernels.linear(activation).slope(stream, d, ROWS, dd);
      kernels
          .latent(activation)
          .backward(stream, weights, head, first, dd, a.heads(), noise, h, ROWS, g.heads(), dh);
    }
    latent.sampleBackward(stream, weights, a.heads(), noise, a.z(), ROWS, g.heads());
    var tiles = new GradientTiles.Builder();
    tiles.weight(trained.gradients().outputLayer(), a.logits(), d);
    linear.backwardParameters(stream, tiles.build(gpu.memory), ROWS);
    kernels.mailbox().stepEnd(stream, state, a.loss(), kl, ROWS, mailbox);
    kernels.adam().update(stream, state, trained);
  }

  /** What the driver would read beyond, or not at all. */
  @Test
  void aWrongSizeOrCountOfArgumentsIsFound() {
    try (var gpu = new Gpu(1)) {
      Kernel kernel = gpu.module.kernel("gather_images");
      DevicePointer pixels = gpu.memory.bytes(INPUTS);
      DevicePointer x = gpu.output(INPUTS);
      for (Arguments wrong :
          List.of(
              args().pointer(pixels).i32(INPUTS).pointer(x),
              args().pointer(pixels).i64(INPUTS),
              args().pointer(pixels).i64(INPUTS).pointer(x).i32(0))) {
        var found =
            assertThrows(
                AssertionError.class, () -> kernel.launch(gpu.stream, Work.NONE, 1, 1, 256, wrong));
        assertTrue(found.getMessage().contains("parameters of gather_images"), found.getMessage());
      }
      Arguments right = args().pointer(pixels).i64(INPUTS).pointer(x);
      var found =
          assertThrows(
              AssertionError.class, () -> kernel.launch(gpu.stream, Work.NONE, 2, 1, 128, right));
      assertTrue(found.getMessage().contains("a block of gather_images"), found.getMessage());
      kernel.launch(gpu.stream, Work.NONE, 1, 1, 256, right);
      gpu.stream.synchronize();
    }
  }

  /** A launch that the driver refuses says which; addresses tell nobody anything. */
  @Test
  void aRefusedLaunchNamesItsKernel() {
    try (var gpu = new Gpu(1);
        var stream = new CudaStream("test")) {
      Kernel kernel = gpu.module.kernel("gather_images");
      DevicePointer x = gpu.output(INPUTS);
      var refused =
          assertThrows(
              EngineException.class,
              () ->
                  kernel.launch(
                      stream, Work.NONE, 1, 1, 512, args().pointer(x).i64(INPUTS).pointer(x)));
      assertTrue(
          refused
              .getMessage()
              .startsWith("cuLaunchKernel(gather_images, grid 1 x 1, block 512) failed: "),
          refused.getMessage());
    }
  }
}
