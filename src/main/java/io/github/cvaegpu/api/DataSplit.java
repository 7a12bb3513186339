// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.PlainName;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.DownloadListener;
import io.github.cvaegpu.data.Reading;
import io.github.cvaegpu.data.Resolution;
import java.util.List;
import java.util.OptionalDouble;

/** Images to train on, and held-out ones of the same size to measure by. */
public final class DataSplit {
  private final Dataset dataset;
  private final DataChoice choice;
  private final List<String> warnings;

  private DataSplit(Dataset dataset, DataChoice choice, List<String> warnings) {
    this.dataset = dataset;
    this.choice = choice;
    this.warnings = List.copyOf(warnings);
  }

  /**
   * A dataset by its name, or what is at a path, as {@code --data} takes them. MNIST and its kin
   * are downloaded where they are not there yet.
   *
   * @param nameOrPath {@code mnist}, {@code fashion-mnist}, {@code kmnist}, {@code synthetic},
   *     {@code sprites}, or a folder or a file with a training and a test part
   * @throws CvaeGpuException if it cannot be had
   */
  public static DataSplit load(String nameOrPath) {
    return load(nameOrPath, OptionalDouble.empty());
  }

  /**
   * Images of one part at a path, of which some are held out: always the same ones.
   *
   * @param path a folder or a file
   * @param testPart the part that is held out, above 0 and below 1
   * @throws CvaeGpuException if it cannot be read, or has a test part of its own
   */
  public static DataSplit load(String path, double testPart) {
    return load(path, OptionalDouble.of(testPart));
  }

  private static DataSplit load(String nameOrPath, OptionalDouble testPart) {
    return CvaeGpuException.translating(
        () -> {
          testPart.ifPresent(Reading::requireTestPart);
          var choice = DataChoice.of(nameOrPath, new Reading(testPart.orElse(0), null, false));
          if (choice.equals(DataChoice.AUTO)) {
            throw new InputException(
                "\"auto\" may turn out to be digits that the program draws: name a dataset.");
          }
          var loader = new DatasetLoader(DataLocations.fromEnvironment());
          Resolution found = loader.load(choice, DownloadListener.SILENT);
          return new DataSplit(found.dataset(), choice, found.warnings());
        });
  }

  /**
   * Images of the calling program's own. A run on them can be continued only with the same ones.
   *
   * @param name for people, e.g. in a run's record: up to 60 letters, digits, spaces and signs of
   *     {@code ._+-}
   * @param train to train on
   * @param test held out, of the same size
   * @throws CvaeGpuException if they are of another size
   */
  public static DataSplit of(String name, Images train, Images test) {
    return CvaeGpuException.translating(
        () -> {
          PlainName.require("A name of images", name);
          return new DataSplit(
              Dataset.inMemory(name, train.set(), test.set()),
              new DataChoice.InMemory(name),
              List.of());
        });
  }

  /** To train on. */
  public Images train() {
    return new Images(dataset.train(), warnings);
  }

  /** Held out. */
  public Images test() {
    return new Images(dataset.test(), warnings);
  }

  /** A dataset's name, or that of a folder or a file. */
  public String name() {
    return dataset.name();
  }

  /** What is to be known of how they were read, complete sentences. */
  public List<String> warnings() {
    return warnings;
  }

  Dataset dataset() {
    return dataset;
  }

  DataChoice choice() {
    return choice;
  }
}
