// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.data.Binarization;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Split;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.LearningRate;
import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that decides what a run computes, but the images. Two runs of one plan on the same
 * images and one kind of engine are bit-identical; what may differ without changing the numbers
 * (threads, where the files are) is not here.
 *
 * @param rule what decides beta
 * @param objective what is trained for
 * @param network the network
 * @param schedule how long and in which steps
 * @param seed where all random numbers come from
 * @param validation which of the training images are held out to score; null for none
 */
public record TrainingPlan(
    BetaRule rule,
    Objective objective,
    NetworkSettings network,
    Schedule schedule,
    long seed,
    @AbsentIfNull Validation validation) {

  /** Refuses a part that is missing, with an {@link InputException}: a file's plan may lack any. */
  public TrainingPlan {
    if (rule == null || objective == null || network == null || schedule == null) {
      throw new InputException("A plan needs a rule, an objective, a network and a schedule.");
    }
    rule.requireObjective(objective);
    if (objective.learnsSigma() && !objective.sigma().equals(Sigma.LEARNED)) {
      throw new InputException("A sigma that is learned is 1 before the first step.");
    }
  }

  /** A plan that trains on all training images. */
  public TrainingPlan(
      BetaRule rule, Objective objective, NetworkSettings network, Schedule schedule, long seed) {
    this(rule, objective, network, schedule, seed, null);
  }

  /** What is trained where nothing else is asked for. */
  public static TrainingPlan defaults() {
    return new TrainingPlan(
        HoldRule.defaults(), Objective.study(), NetworkSettings.study(), Schedule.defaults(), 0);
  }

  /** Passes over the training set. */
  public int epochs() {
    return schedule.epochs();
  }

  /** Images in a batch. */
  public int batchSize() {
    return schedule.batchSize();
  }

  /**
   * Steps of the whole run.
   *
   * @param images to train with, see {@link #trainingImages(int)}
   */
  public long steps(int images) {
    return (long) epochs() * batches(images);
  }

  /**
   * Steps of an epoch.
   *
   * @param images to train with
   */
  public int batches(int images) {
    return Math.ceilDiv(images, batchSize());
  }

  /** How many images of a training set are trained on: all but those that are held out. */
  public int trainingImages(int images) {
    return validation == null ? images : images - validation.heldOut(images);
  }

  /** The images of a training set that are trained on, in its order. */
  public ImageSet trainingImages(ImageSet train) {
    return validation == null ? train : validation.trainedOn(train, seed);
  }

  /** The images of a training set that are held out to be scored, in its order; empty of none. */
  public Optional<ImageSet> validationImages(ImageSet train) {
    return Optional.ofNullable(validation).map(part -> part.heldOut(train, seed));
  }

  /**
   * Images to look at, as a model of this plan is given them: where {@linkplain
   * io.github.cvaegpu.model.Targets#isDrawn targets are drawn} those of the standard draw, else as
   * they are. An image's draw depends on its place: of a set that is picked of another, the whole
   * one is to be drawn.
   */
  public ImageSet given(ImageSet images) {
    return objective.targets().isDrawn() ? Binarization.standard(images) : images;
  }

  /** The same of both parts of a dataset, whose name and checksums stay. */
  public Dataset given(Dataset dataset) {
    return objective.targets().isDrawn()
        ? dataset.with(given(dataset.train()), given(dataset.test()))
        : dataset;
  }

  /**
   * A part of what was trained on, as this plan divides it.
   *
   * @param dataset the run's own, as it is or as it is {@linkplain #given(Dataset) given}: of
   *     another, nothing was held out
   * @throws InputException if it is of validation images, of which there are none
   */
  public ImageSet images(Dataset dataset, Split split) {
    return switch (split) {
      case TEST -> dataset.test();
      case TRAIN -> trainingImages(dataset.train());
      case VALIDATION ->
          validationImages(dataset.train())
              .orElseThrow(
                  () ->
                      new InputException(
                          "The model was trained without --validation, so there are no validation"
                              + " images: take --split test or train."));
    };
  }

  /** When a run stops early, if it may. */
  public Optional<Patience> patience() {
    return Optional.ofNullable(validation).map(Validation::patience);
  }

  /** Adam's step size, before its schedule. */
  public double learningRate() {
    return schedule.learningRate();
  }

  /**
   * Adam's step size at each step.
   *
   * @param images to train with
   */
  public LearningRate learningRate(int images) {
    return new LearningRate(learningRate(), schedule.rateSchedule(), batches(images));
  }

  /** Latent dimensions. */
  public int latent() {
    return network.latent();
  }

  /** Hidden widths of the encoder. */
  public List<Integer> hidden() {
    return network.hidden();
  }

  /** The network for images of a size, in pixels. */
  public VaeShape shape(int inputs) {
    return network.shape(inputs);
  }

  /**
   * What the reconstruction loss is counted from to tell how large it is, nats per image.
   *
   * @param inputs pixels of an image
   */
  public double lossOrigin(int inputs) {
    return inputs * objective.likelihood().origin(objective.deviation());
  }

  /**
   * What decides beta, before a run's first step.
   *
   * @param inputs pixels of an image
   * @throws InputException if that is another program's
   */
  public BetaController controller(int inputs) {
    return rule.start(lossOrigin(inputs));
  }

  /**
   * Where each parameter of the network is.
   *
   * @param inputs pixels of an image
   */
  public ParameterLayout layout(int inputs) {
    return new ParameterLayout(shape(inputs), objective);
  }

  /**
   * What an engine has to know of the plan.
   *
   * @param images to train with
   */
  public TrainingSettings settings(int images) {
    return new TrainingSettings(objective, rule.klTerm(), seed, batchSize(), learningRate(images));
  }

  /**
   * A model on a device to be trained by this plan, to be closed. Its parameters are yet to be
   * restored, and where images are drawn anew for each epoch those of the first are yet to be
   * given.
   *
   * @param train the whole training set, of which it gets what is trained on
   * @throws io.github.cvaegpu.engine.EngineException if there is too little memory
   */
  public Trainee trainee(Accelerator accelerator, ImageSet train) {
    ImageSet images = trainingImages(train);
    return accelerator.trainee(shape(train.imageSize()), settings(images.size()), images);
  }

  /** This plan with something else that decides beta. */
  public TrainingPlan withRule(BetaRule other) {
    return new TrainingPlan(other, objective, network, schedule, seed, validation);
  }

  /** This plan with something else that is trained for. */
  public TrainingPlan withObjective(Objective other) {
    return new TrainingPlan(rule, other, network, schedule, seed, validation);
  }

  /** This plan with a learning rate that goes otherwise from step to step. */
  public TrainingPlan withRates(RateSchedule rates) {
    var other =
        new Schedule(schedule.epochs(), schedule.batchSize(), schedule.learningRate(), rates);
    return new TrainingPlan(rule, objective, network, other, seed, validation);
  }

  /** This plan with another number of epochs, which may change between the parts of one run. */
  public TrainingPlan withEpochs(int number) {
    return new TrainingPlan(
        rule, objective, network, schedule.withEpochs(number), seed, validation);
  }

  /** This plan with another seed. */
  public TrainingPlan withSeed(long other) {
    return new TrainingPlan(rule, objective, network, schedule, other, validation);
  }

  /** This plan with other images held out; null for none. */
  public TrainingPlan withValidation(Validation other) {
    return new TrainingPlan(rule, objective, network, schedule, seed, other);
  }

  /** This plan without a reason to stop before its last epoch. */
  public TrainingPlan withoutPatience() {
    return validation == null ? this : withValidation(validation.withoutPatience());
  }

  /**
   * The settings in which another plan differs, apart from those that may change between the parts
   * of one run: each by its name in {@code run.json}, with both values.
   */
  public List<String> differences(TrainingPlan other) {
    return differences(
        Json.PRETTY.toJsonTree(withEpochs(other.epochs())).getAsJsonObject(),
        Json.PRETTY.toJsonTree(other).getAsJsonObject());
  }

  private static List<String> differences(JsonObject one, JsonObject other) {
    List<String> differences = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>(one.keySet());
    names.addAll(other.keySet());
    for (String name : names) {
      JsonElement here = one.get(name);
      JsonElement there = other.get(name);
      if (isOfSameKind(here, there)) {
        differences.addAll(differences(here.getAsJsonObject(), there.getAsJsonObject()));
      } else if (!Objects.equals(here, there)) {
        differences.add("%s %s against %s".formatted(name, orNone(here), orNone(there)));
      }
    }
    return differences;
  }

  /** A setting that only some plans have. */
  private static String orNone(JsonElement setting) {
    return setting == null ? "none" : setting.toString();
  }

  /** Two rules have nothing to compare but their names. */
  private static boolean isOfSameKind(JsonElement one, JsonElement other) {
    return one instanceof JsonObject here
        && other instanceof JsonObject there
        && here.keySet().equals(there.keySet());
  }

  /**
   * Refuses a plan that this program cannot train by, before anything is made for it.
   *
   * @throws InputException if what decides beta is another program's
   */
  public void requireController() {
    rule.start();
  }

  /**
   * Refuses images that this plan cannot be trained on.
   *
   * @param train the whole training set
   * @throws InputException if a batch is larger than what is trained on, or nothing would be left
   *     to train or to validate on
   */
  public void requireFits(ImageSet train) {
    int images = trainingImages(train.size());
    if (batchSize() > images) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A batch of %d does not fit the %d training images%s: take a smaller one.",
              batchSize(),
              images,
              validation == null ? "" : " that validation leaves"));
    }
    RateSchedule rates = schedule.rateSchedule();
    if (rates instanceof RateSchedule.Cosine cosine
        && cosine.warmUpSteps() >= (long) cosine.epochs() * batches(images)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A warm-up of %d steps leaves none of the cosine's %d: take fewer.",
              cosine.warmUpSteps(),
              (long) cosine.epochs() * batches(images)));
    }
  }
}
