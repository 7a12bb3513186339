// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.ForgetfulController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the CUDA engine does where the GPU, or who else uses it, lets it down. */
@ExtendWith(OnGpu.class)
class CudaFaultsTest {
  private static final long SEED = 7;
  private static final VaeShape SHAPE = new VaeShape(35, List.of(11), 2);
  private static final int BATCH = 4;

  /** Nine whole batches and a smaller one. */
  private static final ImageSet IMAGES = RandomImages.of(9 * BATCH + 3, 5, 7, 0.4, SEED);

  @BeforeEach
  void onlyOnTheEmulator() {
    assumeFalse(OnGpu.isReal(), "a real GPU does not fail when a test would like it to");
  }

  @AfterEach
  void plantNothing() {
    Map.of(
            "FAIL", "",
            "LOSE", "",
            "COMPUTE_MODE", "default",
            "TAKEN_MB", "0",
            "LAUNCH_BLOCKING", "0",
            "DELAY_US", "0",
            "CAPABILITY", "90",
            "MULTIPROCESSORS", "16")
        .forEach(Emulator::configure);
  }

  private static TrainingSettings settings() {
    return new TrainingSettings(Objective.study(), SEED, BATCH, 1e-3);
  }

  private static CudaAccelerator.Options of(StepKind kind) {
    return CudaAccelerator.Options.standard(Map.of()).with(kind, Tune.OFF);
  }

  private static CudaAccelerator.Options patient(CudaAccelerator.Options options, long millis) {
    return new CudaAccelerator.Options(
        options.stepsAhead(),
        options.stepsALaunch(),
        options.isCaptured(),
        options.large(),
        Duration.ofMillis(millis),
        options.kind(),
        options.tune(),
        options.keepsGradients());
  }

  private static Trainee trainee(CudaAccelerator accelerator) {
    Trainee trainee = accelerator.trainee(SHAPE, settings(), IMAGES);
    trainee.restore(TrainingState.initial(InitialWeights.draw(new ParameterLayout(SHAPE), SEED)));
    return trainee;
  }

  private static void train(Trainee trainee) {
    BatchOrder order = BatchOrder.shuffled(SEED, 0, IMAGES.size(), BATCH);
    trainee.trainEpoch(order, new ConstantRule(1).start(), (step, rl, kl, beta) -> true);
  }

  /** Parameters after an epoch. */
  private static float[] trained(CudaAccelerator.Options options) {
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, options);
        Trainee trainee = trainee(accelerator)) {
      train(trainee);
      return trainee.state().parameters();
    }
  }

  // ---- launches that block ---------------------------------------------------------------------

  @Test
  void onlyTheVariableOfCudaBlocksLaunches() {
    for (String value : List.of("1", "2", " 1")) {
      assertTrue(CudaAccelerator.blocksLaunches(Map.of("CUDA_LAUNCH_BLOCKING", value)), value);
    }
    for (String value : List.of("", "0", " ")) {
      assertFalse(CudaAccelerator.blocksLaunches(Map.of("CUDA_LAUNCH_BLOCKING", value)), value);
    }
    assertFalse(CudaAccelerator.blocksLaunches(Map.of()));
  }

  /** A step whose launch waits for its end must have its beta before it is launched. */
  @ParameterizedTest
  @EnumSource(names = {"FUSED", "CUBLAS"})
  void launchesThatBlockTrainToTheSameBits(StepKind kind) {
    float[] expected = trained(of(kind));
    Emulator.configure("LAUNCH_BLOCKING", "1");
    CudaAccelerator.Options ahead = patient(of(kind), 300);
    var failure = assertThrows(EngineException.class, () -> trained(ahead));
    assertTrue(failure.getMessage().contains("got no beta"), failure.getMessage());

    Map<String, String> environment = Map.of("CUDA_LAUNCH_BLOCKING", "1");
    for (Tune tune : List.of(Tune.OFF, Tune.FORCE)) {
      CudaAccelerator.Options blocking =
          CudaAccelerator.Options.standard(environment).with(kind, tune);
      assertArrayEquals(expected, trained(patient(blocking, 5000)), tune.toString());
    }
  }

  // ---- closing after a failure -----------------------------------------------------------------

  /**
   * The steps that are still under way when nobody answers any more store into the mailbox: it may
   * not be gone before they are done. The model beside it works on.
   */
  @ParameterizedTest
  @EnumSource(names = {"FUSED", "CUBLAS"})
  void closingWaitsForWhatAFailureHasLeftUnderWay(StepKind kind) {
    try (var accelerator =
            new CudaAccelerator(Precision.FLOAT32, patient(of(kind).ahead(4, 1), 200));
        Trainee other = trainee(accelerator)) {
      Trainee trainee = trainee(accelerator);
      Emulator.configure("DELAY_US", "100000");
      var failure =
          assertThrows(
              EngineException.class,
              () ->
                  trainee.trainEpoch(
                      BatchOrder.shuffled(SEED, 0, IMAGES.size(), BATCH),
                      new SleepyController(2, 1500),
                      (step, rl, kl, beta) -> true));
      assertTrue(failure.getMessage().contains("got no beta"), failure.getMessage());
      assertFalse(failure instanceof DeviceLostException);
      trainee.close();
      Emulator.configure("DELAY_US", "0");
      train(other);
    }
  }

  /** Falls asleep once. */
  private static final class SleepyController extends ForgetfulController {
    private final int when;
    private final long millis;
    private int asked;

    SleepyController(int when, long millis) {
      this.when = when;
      this.millis = millis;
    }

    @Override
    public double next(StepFeedback last) {
      if (++asked == when) {
        try {
          Thread.sleep(millis);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return 1;
    }
  }

  // ---- too little memory -----------------------------------------------------------------------

  /** Wherever the making of a model fails, all is given back, and the accelerator works on. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cuMemAlloc", "cuMemHostAlloc", "cuMemHostGetDevicePointer", "cuStreamCreate",
        "cuEventCreate", "cuGraphInstantiate", "cuGraphUpload", "cublasCreate"
      })
  void whatAModelHasIsGivenBackWhereverItsMakingFails(String call) {
    float[] parameters = InitialWeights.draw(new ParameterLayout(SHAPE), SEED);
    for (StepKind kind : List.of(StepKind.FUSED, StepKind.CUBLAS)) {
      try (var accelerator = new CudaAccelerator(Precision.FLOAT32, of(kind))) {
        long before = Emulator.held();
        int failures = 0;
        for (int nth = 1; nth == failures + 1; nth++) {
          Emulator.configure("FAIL", call + ":" + nth + ":2");
          try (Trainee whole = accelerator.trainee(SHAPE, settings(), IMAGES)) {
            train(whole);
          } catch (EngineException e) {
            failures++;
            assertTrue(e.getMessage().contains(call + "("), e.getMessage());
            assertEquals(0, e.getSuppressed().length, e.toString());
          }
          assertEquals(before, Emulator.held(), call + " " + nth);
          assertEquals(0, accelerator.pixels().count());
        }
        assertTrue(failures > 0, call + " is not called");
        Emulator.configure("FAIL", "cuMemAlloc:3:2");
        assertThrows(
            EngineException.class, () -> accelerator.model(SHAPE, Objective.study(), parameters));
        assertEquals(before, Emulator.held());
        Emulator.configure("FAIL", "");
        try (VaeModel model = accelerator.model(SHAPE, Objective.study(), parameters)) {
          model.decode(new float[2], 1, new float[35]);
        }
      }
    }
  }

  @Test
  void theSentenceOfTooLittleMemorySaysHowMuchThereIs() {
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, of(StepKind.AUTO))) {
      Emulator.configure("TAKEN_MB", "4090");
      var failure =
          assertThrows(EngineException.class, () -> accelerator.trainee(SHAPE, settings(), IMAGES));
      String message = failure.getMessage();
      assertTrue(
          message.matches(
              "cuMemAlloc\\(33554432 bytes\\) failed: the GPU has too little free memory, . MB of"
                  + " 4,096 MB, and this model holds 0 MB of it already\\. Every model needs that"
                  + " much, whatever its size: end other programs that use the GPU .*"),
          message);
      Emulator.configure("TAKEN_MB", "4060");
      message =
          assertThrows(
                  EngineException.class,
                  () ->
                      accelerator.trainee(
                          new VaeShape(35, List.of(4000, 2000), 2), settings(), IMAGES))
              .getMessage();
      assertTrue(message.contains(" already. Take a smaller --batch or smaller --hidden"), message);
    }
  }

  // ---- a GPU that may not be used --------------------------------------------------------------

  private static String refusal() {
    return assertThrows(
            EngineException.class,
            () -> new CudaAccelerator(Precision.FLOAT32, of(StepKind.AUTO)).close())
        .getMessage();
  }

  /** Lets go of the primary context, which is kept for the process, as only a failure does. */
  private static void loseTheContext() {
    var accelerator = new CudaAccelerator(Precision.FLOAT32, of(StepKind.AUTO));
    Trainee trainee = trainee(accelerator);
    Emulator.configure("LOSE", "1:999");
    assertThrows(DeviceLostException.class, () -> train(trainee));
    assertThrows(EngineException.class, accelerator::close);
  }

  @Test
  void aGpuThatAnotherProgramHasIsASentence() {
    loseTheContext();
    Emulator.configure("COMPUTE_MODE", "exclusive");
    assertTrue(refusal().contains("compute mode exclusive process, and another program has it"));
    Emulator.configure("COMPUTE_MODE", "prohibited");
    assertTrue(refusal().contains("compute mode prohibited, in which no program may use it"));
    Emulator.configure("COMPUTE_MODE", "default");
    Emulator.configure("FAIL", "cuCtxCreate:1:46");
    assertTrue(refusal().contains("not available at the moment"));
    Emulator.configure("FAIL", "cuCtxCreate:1:999");
    String unknown = refusal();
    assertTrue(unknown.contains("cannot be opened: unknown error (CUDA_ERROR_UNKNOWN)"), unknown);
    trained(of(StepKind.AUTO));
  }

  @Test
  void aGpuThatIsTooOldIsASentence() {
    Emulator.configure("CAPABILITY", "70");
    String sentence = refusal();
    assertTrue(
        sentence.contains("has compute capability 7.0, and the CUDA engine needs 7.5 or newer"),
        sentence);
    Emulator.configure("CAPABILITY", "75");
    trained(of(StepKind.AUTO));
  }

  /** A slice of a GPU is a GPU with less of everything. */
  @Test
  void aSliceOfAGpuGivesTheSameBits() {
    float[] expected = trained(of(StepKind.AUTO));
    Emulator.configure("MULTIPROCESSORS", "2");
    Emulator.configure("TAKEN_MB", "3584");
    assertArrayEquals(expected, trained(of(StepKind.AUTO)));
  }

  /** All blocks of a cluster run at once: where they do not fit, each works alone. */
  @Test
  void aGpuTooSmallForClustersGivesTheSameBits() {
    float[] expected = trained(of(StepKind.FUSED));
    Emulator.configure("MULTIPROCESSORS", "1");
    for (Tune tune : List.of(Tune.OFF, Tune.FORCE)) {
      var options = CudaAccelerator.Options.standard(Map.of()).with(StepKind.FUSED, tune);
      assertArrayEquals(expected, trained(options), tune.toString());
    }
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, of(StepKind.FUSED));
        Trainee trainee = trainee(accelerator)) {
      String tuning = trainee.info().tuning();
      assertTrue(tuning.startsWith("first 32x32/4 in 1, "), tuning);
    }
  }

  // ---- a GPU that is lost ----------------------------------------------------------------------

  /**
   * Whatever it is said to be: it is known as lost, at once, and what the engine would give now is
   * refused. A further accelerator begins anew, where the driver lets it.
   */
  @ParameterizedTest
  @ValueSource(ints = {46, 214, 220, 700, 702, 714, 715, 716, 717, 718, 719, 999})
  void aGpuThatIsLostIsKnownAsLost(int code) {
    float[] expected = trained(of(StepKind.AUTO));
    for (int kernel : new int[] {1, 8, 50}) {
      var accelerator = new CudaAccelerator(Precision.FLOAT32, of(StepKind.CUBLAS));
      Trainee trainee = trainee(accelerator);
      Emulator.configure("LOSE", kernel + ":" + code);
      var failure = assertThrows(DeviceLostException.class, () -> train(trainee));
      assertTrue(failure.getMessage().startsWith("cu"), failure.getMessage());
      assertTrue(failure.getMessage().contains("lost"), failure.getMessage());
      assertThrows(EngineException.class, trainee::state);
      assertThrows(EngineException.class, accelerator::close);
    }
    assertArrayEquals(expected, trained(of(StepKind.AUTO)));
  }

  /** cuBLAS does not say that the GPU is lost; nor may its words hide it. */
  @Test
  void aLossThatCublasMeetsFirstIsALossToo() {
    var accelerator = new CudaAccelerator(Precision.FLOAT32, of(StepKind.AUTO));
    float[] parameters = InitialWeights.draw(new ParameterLayout(SHAPE), SEED);
    var options = of(StepKind.AUTO);
    accelerator.close();
    var byBlas =
        new CudaAccelerator.Options(
            1, 1, true, 0, options.patience(), StepKind.CUBLAS, Tune.OFF, false);
    var other = new CudaAccelerator(Precision.FLOAT32, byBlas);
    VaeModel model = other.model(SHAPE, Objective.study(), parameters);
    // Two layers, a product and a bias each: the first one's loss is there when the second begins.
    Emulator.configure("LAUNCH_BLOCKING", "1");
    Emulator.configure("LOSE", "1:214");
    var failure =
        assertThrows(DeviceLostException.class, () -> model.decode(new float[2], 1, new float[35]));
    assertTrue(failure.getMessage().contains("CUDA_ERROR_ECC_UNCORRECTABLE"), failure.getMessage());
    assertThrows(EngineException.class, other::close);
  }

  // ---- one process, several accelerators -------------------------------------------------------

  /**
   * cuBLAS may not get over the end of the primary context, see the emulator's, so that is kept;
   * and models hold nothing beyond their own time.
   */
  @Test
  void acceleratorsFollowEachOtherInOneContext() {
    float[] first = trained(of(StepKind.CUBLAS));
    long held = heldWhenOpen();
    assertArrayEquals(first, trained(of(StepKind.CUBLAS)));
    assertEquals(held, heldWhenOpen());
  }

  private static long heldWhenOpen() {
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, of(StepKind.AUTO))) {
      assertInstanceOf(CudaAccelerator.class, accelerator);
      JCudaDriver.cuCtxSynchronize();
      return Emulator.held();
    }
  }
}
