// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.control.OwnRule;
import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.Schedule;
import io.github.cvaegpu.train.TrainingPlan;
import io.github.cvaegpu.train.Validation;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;

/**
 * What to train: everything that decides a run's numbers, but the images. Without another word it
 * is what {@code train} does: the study's network, 784-400-50 and two latent dimensions for MNIST,
 * 200 epochs in batches of 128 by Adam at a learning rate of 0.001, seed 0. Cannot be changed: the
 * methods that change something give another plan.
 *
 * <p>Each refuses with a {@link CvaeGpuException} what no run can use, or {@link Training#begin}
 * does where that depends on the images.
 */
public final class Plan {
  private final TrainingPlan plan;

  /** Makes one in its first state, by what losses are counted from. */
  private final DoubleFunction<BetaController> controller;

  private Plan(TrainingPlan plan, DoubleFunction<BetaController> controller) {
    this.plan = plan;
    this.controller = controller;
  }

  private static Plan by(Supplier<BetaRule> rule) {
    return of(() -> TrainingPlan.defaults().withRule(rule.get()));
  }

  private static Plan of(Supplier<TrainingPlan> plan) {
    TrainingPlan checked = CvaeGpuException.translating(plan);
    return new Plan(checked, checked.rule()::start);
  }

  /**
   * A KL divergence that is held at a set point by this program's own controller, which has no
   * knobs. Its law, and what it is compared with, are in docs/controllers.md.
   *
   * @param nats per image, above 0
   */
  public static Plan holdingKl(double nats) {
    return by(() -> new HoldRule(nats));
  }

  /**
   * A beta-VAE: Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained
   * Variational Framework", ICLR 2017; with a beta of 1 the VAE of Kingma and Welling, ICLR 2014.
   *
   * @param beta constant weight of the KL divergence, 0 or more
   */
  public static Plan betaVae(double beta) {
    return by(() -> new ConstantRule(beta));
  }

  /**
   * A controller of the calling program's own.
   *
   * @param name what runs are recorded with: up to 60 letters, digits, spaces and signs of {@code
   *     ._+-}
   * @param setPoint KL divergence that it is to hold, by which it is judged; empty if it holds none
   * @param controller makes one in its first state, for each training
   */
  public static Plan controlledBy(
      String name, OptionalDouble setPoint, Supplier<? extends Controller> controller) {
    TrainingPlan checked =
        CvaeGpuException.translating(
            () -> TrainingPlan.defaults().withRule(new OwnRule(name, setPoint)));
    return new Plan(checked, lossOrigin -> new OwnController(controller.get()));
  }

  /**
   * The settings of a run, by whichever rule of this program it was trained.
   *
   * @param folder its run directory
   * @throws CvaeGpuException if there is none, or its controller was another program's
   */
  public static Plan like(Path folder) {
    return of(
        () -> {
          TrainingPlan plan = RunDirectory.readRecord(folder).plan();
          plan.requireController();
          return plan;
        });
  }

  /** Passes over the training images. */
  public Plan withEpochs(int epochs) {
    return with(() -> plan.withEpochs(epochs));
  }

  /** Images in a batch. */
  public Plan withBatchSize(int size) {
    return with(() -> scheduled(size, plan.learningRate(), plan.schedule().rates()));
  }

  /** Adam's step size. */
  public Plan withLearningRate(double rate) {
    return with(() -> scheduled(plan.batchSize(), rate, plan.schedule().rates()));
  }

  /**
   * A learning rate that rises linearly to the plan's and then falls by a cosine, over the epochs
   * that the plan has now.
   *
   * @param warmUpSteps steps in which it rises, 0 for none
   * @param end what it falls to, 0 or more
   */
  public Plan withCosine(long warmUpSteps, double end) {
    return with(
        () ->
            scheduled(
                plan.batchSize(),
                plan.learningRate(),
                new RateSchedule.Cosine(warmUpSteps, end, plan.epochs())));
  }

  /**
   * Training images that are held out, and scored after each epoch.
   *
   * @param fraction of the training images, between 0 and 1
   */
  public Plan withValidation(double fraction) {
    return with(() -> plan.withValidation(new Validation(fraction, plan.patience().orElse(null))));
  }

  /**
   * A run that stops early, and keeps its best epoch's model as {@code best.safetensors}.
   *
   * @param epochs that in a row brought the validation images no better ELBO, from 1
   * @throws IllegalStateException if the plan has no {@linkplain #withValidation validation images}
   */
  public Plan withPatience(int epochs) {
    Validation validation = plan.validation();
    if (validation == null) {
      throw new IllegalStateException("no validation images");
    }
    return with(
        () ->
            plan.withValidation(
                new Validation(
                    validation.fraction(), new Patience(epochs, Patience.Measure.ELBO))));
  }

  /** Widths of the encoder's hidden layers, in order; the decoder has them reversed. */
  public Plan withHidden(int... widths) {
    List<Integer> hidden = Arrays.stream(widths).boxed().toList();
    return with(() -> networked(new NetworkSettings(hidden, plan.latent(), activation())));
  }

  /** Latent dimensions. */
  public Plan withLatent(int dimensions) {
    return with(() -> networked(new NetworkSettings(plan.hidden(), dimensions, activation())));
  }

  /** Hidden layers with the hyperbolic tangent in place of ReLU. */
  public Plan withTanh() {
    return with(
        () -> networked(new NetworkSettings(plan.hidden(), plan.latent(), Activation.TANH)));
  }

  /**
   * Another likelihood of the pixels than the Bernoulli of their intensities. Losses and ELBOs
   * under different ones cannot be compared. Each is defined in docs/likelihoods.md; the continuous
   * Bernoulli is that of Loaiza-Ganem and Cunningham, NeurIPS 2019.
   *
   * @param name {@code bernoulli}, {@code bernoulli-binarized}, {@code continuous-bernoulli} or
   *     {@code gaussian}, the last with a standard deviation of 1
   */
  public Plan withLikelihood(String name) {
    return with(() -> plan.withObjective(Objective.named(name)));
  }

  /**
   * A Gaussian likelihood of the pixels.
   *
   * @param sigma its standard deviation, as a part of the way from black to white
   */
  public Plan withGaussian(double sigma) {
    return with(() -> plan.withObjective(Objective.gaussian(Sigma.of(sigma))));
  }

  /** A Gaussian likelihood of the pixels, whose standard deviation is learned. */
  public Plan withLearnedGaussian() {
    return with(() -> plan.withObjective(Objective.gaussian(Sigma.LEARNED)));
  }

  private Activation activation() {
    return plan.network().activation();
  }

  /** Where all random numbers come from. */
  public Plan withSeed(long seed) {
    return with(() -> plan.withSeed(seed));
  }

  private Plan with(Supplier<TrainingPlan> other) {
    return new Plan(CvaeGpuException.translating(other), controller);
  }

  private TrainingPlan scheduled(int batchSize, double learningRate, RateSchedule rates) {
    return new TrainingPlan(
        plan.rule(),
        plan.objective(),
        plan.network(),
        new Schedule(plan.epochs(), batchSize, learningRate, rates),
        plan.seed(),
        plan.validation());
  }

  private TrainingPlan networked(NetworkSettings network) {
    return new TrainingPlan(
        plan.rule(), plan.objective(), network, plan.schedule(), plan.seed(), plan.validation());
  }

  TrainingPlan plan() {
    return plan;
  }

  /**
   * What decides beta, before a first step.
   *
   * @param inputs pixels of an image
   */
  BetaController startController(int inputs) {
    return controller.apply(plan.lossOrigin(inputs));
  }

  /** What decides beta, for people. */
  @Override
  public String toString() {
    return plan.rule().title();
  }
}
