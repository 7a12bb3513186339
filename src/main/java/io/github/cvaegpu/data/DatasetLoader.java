// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the dataset that {@code --data} asks for: in a folder, in the cache, on the web, or by
 * drawing it. The sources of images are listed here.
 */
public final class DatasetLoader {
  /** Every name that {@code --data} may have; it does not depend on where datasets are. */
  static final List<String> NAMES =
      Stream.concat(
              Stream.of(DataChoice.AUTO.text()),
              new DatasetLoader(new DataLocations(Path.of(""), Optional.empty(), true))
                  .sources.names().stream())
          .toList();

  private final Optional<EnvironmentFolder> environment;
  private final List<PublishedSource> published = new ArrayList<>();
  private final ImageSources sources;

  /** A loader of the published datasets. */
  public DatasetLoader(DataLocations locations) {
    this(locations, PublishedDataset.ALL, Downloader.Timing.DEFAULT);
  }

  /** A loader of other datasets, the first of which is what {@code auto} means. */
  DatasetLoader(
      DataLocations locations, List<PublishedDataset> datasets, Downloader.Timing timing) {
    List<ImageSource> formats = formats(datasets);
    environment =
        locations
            .environmentFolder()
            .map(folder -> new EnvironmentFolder(folder, new ImageSources(formats)));
    for (PublishedDataset dataset : datasets) {
      // The variable names MNIST's folder; another dataset's name does not mean that folder.
      published.add(
          new PublishedSource(
              dataset,
              locations,
              timing,
              dataset.equals(datasets.getFirst()) ? environment : Optional.empty()));
    }
    List<ImageSource> all = new ArrayList<>();
    all.add(new SyntheticSource());
    all.addAll(published);
    all.addAll(formats);
    sources = new ImageSources(all);
  }

  /** What reads what lies at a path, in the order in which they are asked. */
  private static List<ImageSource> formats(List<PublishedDataset> datasets) {
    return List.of(new IdxSource(datasets), new PictureSource(), new ArraySource());
  }

  /** Whether this is a folder that would be read as one of pictures. */
  static boolean isFolderOfPictures(DataChoice choice) {
    return formats(List.of()).stream()
        .filter(source -> source.recognises(choice))
        .findFirst()
        .filter(PictureSource.class::isInstance)
        .isPresent();
  }

  /** Names of the datasets that can be downloaded. */
  public List<String> downloadable() {
    return published.stream().map(PublishedSource::name).toList();
  }

  /**
   * Where a downloadable dataset is cached, whether or not it is there.
   *
   * @throws InputException if there is no dataset of that name
   */
  public Path folder(String name) {
    return find(name).folder();
  }

  /**
   * Loads what {@code --data} asks for.
   *
   * <p>{@code auto} is MNIST: from the folder that {@code CVAE_GPU_DATA} names, else from the
   * cache, else downloaded; where it cannot be had, synthetic digits with the reasons. A published
   * name is the same without the last resort. What lies at a path is read by the first source that
   * recognises it.
   *
   * @param choice a dataset's name or a path
   * @param listener hears of downloads
   * @throws InputException if the data cannot be had
   */
  public Resolution load(DataChoice choice, DownloadListener listener) {
    return choice.equals(DataChoice.AUTO)
        ? auto(listener)
        : Resolution.of(sources.read(choice, listener), choice.reading());
  }

  /**
   * Loads images that are not to be trained on, for which one part is enough.
   *
   * <p>Of a dataset of two parts they are those of a split; of one part they are all, or those of a
   * split that {@code --test-part} makes. {@code auto} is MNIST, in whose place nothing is drawn.
   *
   * @param choice a dataset's name or a path
   * @param split which part; empty for the test images, or all where there is one part
   * @param listener hears of downloads
   * @throws InputException if the images cannot be had, or if a split of one part is asked for
   */
  public Input images(DataChoice choice, Optional<Split> split, DownloadListener listener) {
    if (!choice.equals(DataChoice.AUTO)) {
      return Input.of(sources.read(choice, listener), choice.reading(), split);
    }
    return environment.isPresent()
        ? environment.get().images(split)
        : Input.of(Parts.of(published.getFirst().fetch(false, listener)), Reading.PLAIN, split);
  }

  /**
   * Makes sure that the cache has a dataset.
   *
   * @param name one of {@link #downloadable()}
   * @param force whether to download files that are there already
   * @param listener hears of downloads
   * @return the dataset in the cache
   * @throws InputException if there is no dataset of that name
   * @throws DataUnavailableException if it cannot be had
   */
  public Dataset fetch(String name, boolean force, DownloadListener listener) {
    return find(name).fetch(force, listener);
  }

  /**
   * The dataset in the cache, without a download.
   *
   * @param name one of {@link #downloadable()}
   * @return empty if the cache has no file of it
   * @throws InputException if there is no dataset of that name, or the cache has a part of it only,
   *     or files with wrong bytes
   */
  public Optional<Dataset> cached(String name) {
    return find(name).cached();
  }

  /**
   * The dataset in the folder that {@code CVAE_GPU_DATA} names; empty if the variable is not set.
   *
   * @throws InputException if it names no usable folder
   */
  public Optional<Dataset> fromEnvironmentFolder() {
    return environment.map(folder -> folder.read().dataset());
  }

  private Resolution auto(DownloadListener listener) {
    if (environment.isPresent()) {
      return environment.get().read();
    }
    try {
      Dataset mnist = published.getFirst().cachedOrDownloaded(false, listener);
      return new Resolution(mnist, List.of(), List.of());
    } catch (Downloader.FailedException e) {
      Dataset digits = SyntheticDigits.standard();
      return new Resolution(
          digits.withStatus(Dataset.Status.SYNTHETIC_FALLBACK), e.reasons(), List.of());
    }
  }

  private PublishedSource find(String name) {
    return published.stream()
        .filter(source -> source.name().equals(name))
        .findFirst()
        .orElseThrow(() -> ImageSources.unknown(name, downloadable()));
  }
}
