// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;

/**
 * The bits of a short training by the step in Java, here and as a program that prints them: another
 * JVM can be told how to run it.
 */
public final class JavaBits {
  private static final long SEED = 11;
  private static final int BATCH = 64;

  /** So many that the JIT compiler has compiled every loop before the last. */
  private static final int EPOCHS = 20;

  private JavaBits() {}

  /** What a training is of; each has loops that no other has. */
  public enum Case {
    /** The study's. */
    STUDY,
    /** Tanh in place of ReLU. */
    TANH,
    /** A continuous Bernoulli. */
    CONTINUOUS_BERNOULLI,
    /** A Gaussian whose standard deviation is given. */
    GAUSSIAN,
    /** One whose standard deviation is learned. */
    LEARNED_SIGMA;

    private Activation activation() {
      return this == TANH ? Activation.TANH : Activation.RELU;
    }

    private Objective objective() {
      return switch (this) {
        case STUDY, TANH -> Objective.study();
        case CONTINUOUS_BERNOULLI -> new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY);
        case GAUSSIAN -> Objective.gaussian(Sigma.of(0.3));
        case LEARNED_SIGMA -> Objective.gaussian(Sigma.LEARNED);
      };
    }
  }

  /** Prints the checksum of each case. */
  public static void main(String[] arguments) {
    for (Case of : Case.values()) {
      System.out.println(sha256(of));
    }
  }

  /** SHA-256 of parameters and moments after a hundred steps, on two threads. */
  public static String sha256(Case of) {
    ImageSet images = TinyImages.draw(TinyImages.TRAIN, 1);
    var shape = new VaeShape(images.imageSize(), List.of(20, 10), 5, of.activation());
    var layout = new ParameterLayout(shape, of.objective());
    var settings = new TrainingSettings(of.objective(), SEED, BATCH, 1e-2);
    try (var engine = CpuAccelerator.inJava(2);
        var trainee = engine.trainee(shape, settings, images)) {
      trainee.restore(TrainingState.initial(InitialWeights.draw(layout, SEED)));
      var controller = new PiController(PiRule.defaults());
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        trainee.trainEpoch(
            BatchOrder.shuffled(SEED, epoch, images.size(), BATCH),
            controller,
            (step, rl, kl, beta) -> true);
      }
      return sha256(trainee.state());
    }
  }

  private static String sha256(TrainingState state) {
    MessageDigest digest = Digests.sha256();
    for (float[] values : List.of(state.parameters(), state.firstMoment(), state.secondMoment())) {
      ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
      bytes.asFloatBuffer().put(values);
      digest.update(bytes);
    }
    return Digests.hex(digest);
  }
}
