// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Decoder;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A trained model as a file has it: a run's checkpoint, or what was exported of one, which has the
 * parameters and says what they are of, and nothing to train on with.
 */
public final class SavedModel {
  /** The weights' name in a folder of an exported model. */
  public static final String FILE = "model.safetensors";

  private final ParameterLayout layout;
  private final float[] parameters;
  private final TrainingPlan plan;
  private final Checkpoint.Images images;
  private final long steps;
  private final Optional<Checkpoint> checkpoint;

  /**
   * @param layout where each tensor is
   * @param parameters all parameters; not copied
   * @param plan what they were trained by
   * @param images what they were trained on
   * @param steps training steps done
   * @param checkpoint that they are from, if it is known
   */
  SavedModel(
      ParameterLayout layout,
      float[] parameters,
      TrainingPlan plan,
      Checkpoint.Images images,
      long steps,
      Optional<Checkpoint> checkpoint) {
    this.layout = layout;
    this.parameters = parameters;
    this.plan = plan;
    this.images = images;
    this.steps = steps;
    this.checkpoint = checkpoint;
  }

  /** The model of a checkpoint. */
  public static SavedModel of(Checkpoint checkpoint) {
    return new SavedModel(
        checkpoint.layout(),
        checkpoint.state().parameters(),
        checkpoint.plan(),
        checkpoint.images(),
        checkpoint.state().step(),
        Optional.of(checkpoint));
  }

  /**
   * Opens a model. Nothing of it runs, and nothing is allocated for its tensors before their shapes
   * are known to be those of its network.
   *
   * @param path a run directory, a folder with an exported {@value #FILE}, or a safetensors file
   *     that is a checkpoint or an exported model
   * @throws InputException if it is none of these, a run has no checkpoint yet, or the file is
   *     damaged by as much as a bit or holds a value that is not finite
   */
  public static SavedModel open(Path path) {
    if (RegularFile.isTaken(path) && !Files.isDirectory(path)) {
      return read(path);
    }
    Path exported = path.resolve(FILE);
    if (!RegularFile.isTaken(RunDirectory.checkpointFile(path))) {
      if (RegularFile.isTaken(exported)) {
        return read(exported);
      }
      // Which says so where there is no run at all.
      RunDirectory.readRecord(path);
    }
    return of(Checkpoint.read(RunDirectory.checkpointFile(path)));
  }

  private static SavedModel read(Path file) {
    try (var in = SafeTensorsReader.open(file, Links.FOLLOWED, CheckpointFile.MAX_HEADER)) {
      return ModelFile.isOne(in.header())
          ? ModelFile.read(file, in)
          : of(CheckpointFile.read(file, in));
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /**
   * Writes the model as {@value #FILE} has it: a safetensors file of the parameters under PyTorch's
   * names ({@code encoder.0.weight} of [out, in]), which says in its metadata what they are of.
   *
   * @param out needs no buffer
   */
  public void write(OutputStream out) throws IOException {
    ModelFile.write(this, out);
  }

  /** Where each tensor is in the parameters. */
  public ParameterLayout layout() {
    return layout;
  }

  /** The network. */
  public VaeShape shape() {
    return layout.shape();
  }

  /** All parameters, in the layout's order; not a copy. */
  public float[] parameters() {
    return parameters;
  }

  /** SHA-256 of the parameters, as {@code run.json} has it after each epoch. */
  public String parametersSha256() {
    return LayoutTensors.sha256(layout, parameters);
  }

  /** What the model was trained by. */
  public TrainingPlan plan() {
    return plan;
  }

  /** What the model was trained to do, with the standard deviation that it learned, if it did. */
  public Objective objective() {
    return plan.objective().learned(layout, parameters);
  }

  /** Where the random numbers of its training came from. */
  public long seed() {
    return plan.seed();
  }

  /** Training steps done. */
  public long steps() {
    return steps;
  }

  /** What the model was trained on. */
  public Checkpoint.Images images() {
    return images;
  }

  /**
   * Height and width of its images; empty of a checkpoint before format 3 that was trained on a
   * user's own, of which the number of pixels alone is known ({@link VaeShape#inputs}).
   */
  public Optional<ImageSize> size() {
    return Optional.ofNullable(images.size());
  }

  /** The name of the dataset that it was trained on. */
  public String datasetName() {
    return images.name();
  }

  /** SHA-256 of each part of the dataset that it was trained on. */
  public Map<String, String> datasetSha256() {
    return images.sha256();
  }

  /**
   * What {@code --data} has to be for the same images again; empty of an exported model that was
   * trained on a user's own, of which it does not say where they are.
   */
  public Optional<DataChoice> dataToLoad() {
    if (checkpoint.isPresent()) {
      return checkpoint.map(Checkpoint::dataToLoad);
    }
    return images.status() == Dataset.Status.UNVERIFIED
        ? Optional.empty()
        : Optional.of(new DataChoice.Named(images.name()));
  }

  /** The checkpoint, where the model was opened from one. */
  public Optional<Checkpoint> checkpoint() {
    return checkpoint;
  }

  /**
   * Whether images are of the size that the network is for; of height and width too, where they are
   * known.
   */
  public boolean takes(ImageSet set) {
    return images.isOfSize(set, shape().inputs());
  }

  /**
   * Refuses images that the model does not {@linkplain #takes take}.
   *
   * @param what they are, as the subject of a sentence in the plural
   * @throws InputException if they are of another size
   */
  public void requireTakes(String what, ImageSet set) {
    if (!takes(set)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s are of %d x %d pixels, and the model is for %s.",
              what,
              set.height(),
              set.width(),
              size()
                  .map(size -> size.height() + " x " + size.width())
                  .orElse(shape().inputs() + " pixels")));
    }
  }

  /**
   * The model on a device, to be closed.
   *
   * @throws io.github.cvaegpu.engine.EngineException if there is too little memory
   */
  public VaeModel model(Accelerator accelerator) {
    return accelerator.model(shape(), objective(), parameters);
  }

  /** What it is, for messages. */
  @Override
  public String toString() {
    return "%s trained on %s".formatted(shape(), images.name());
  }

  /** The decoder in double precision, for pictures. */
  public Decoder decoder() {
    return new Decoder(objective().likelihood(), layout, parameters);
  }
}
