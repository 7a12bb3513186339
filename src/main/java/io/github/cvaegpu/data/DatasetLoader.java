// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Spelling;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the dataset that {@code --data} asks for: in a folder, in the cache, on the web, or by
 * drawing it.
 */
public final class DatasetLoader {
  /** MNIST if it can be had, else synthetic digits. */
  public static final String AUTO = "auto";

  /** Digits drawn by the program. */
  public static final String SYNTHETIC = "synthetic";

  private final DataLocations locations;
  private final List<PublishedDataset> published;
  private final Downloader.Timing timing;

  /** A loader of the published datasets. */
  public DatasetLoader(DataLocations locations) {
    this(locations, PublishedDataset.ALL, Downloader.Timing.DEFAULT);
  }

  /** A loader of other datasets, the first of which is what {@code auto} means. */
  DatasetLoader(
      DataLocations locations, List<PublishedDataset> published, Downloader.Timing timing) {
    this.locations = locations;
    this.published = List.copyOf(published);
    this.timing = timing;
  }

  /** Names of the datasets that can be downloaded. */
  public List<String> downloadable() {
    return published.stream().map(PublishedDataset::name).toList();
  }

  /**
   * Where a downloadable dataset is cached, whether or not it is there.
   *
   * @throws InputException if there is no dataset of that name
   */
  public Path folder(String name) {
    return locations.cache().resolve(find(name).name());
  }

  /**
   * Loads what {@code --data} names.
   *
   * <p>{@code auto} is MNIST: from the folder that {@code CVAE_GPU_DATA} names, else from the
   * cache, else downloaded; where it cannot be had, synthetic digits with the reasons. A published
   * name is the same without the last resort. Anything with a path separator, and the name of any
   * existing folder, is a folder of four IDX files.
   *
   * @param data {@code auto}, {@code mnist}, {@code fashion-mnist}, {@code kmnist}, {@code
   *     synthetic} or a folder
   * @param listener hears of downloads
   * @throws InputException if the data cannot be had
   */
  public Resolution load(String data, DownloadListener listener) {
    if (data.equals(AUTO)) {
      return auto(listener);
    }
    if (data.equals(SYNTHETIC)) {
      return found(SyntheticDigits.standard());
    }
    if (downloadable().contains(data)) {
      return found(named(find(data), listener));
    }
    if (isPath(data)) {
      return found(new DataFolder(Path.of(data)).read(published));
    }
    throw unknown(data, Stream.concat(Stream.of(AUTO, SYNTHETIC), downloadable().stream()));
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
    PublishedDataset dataset = find(name);
    try {
      return cachedOrDownloaded(dataset, force, listener);
    } catch (Downloader.FailedException e) {
      throw unavailable(dataset, e);
    }
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
    PublishedDataset dataset = find(name);
    Path folder = folder(name);
    if (Stream.of(DataFile.values()).allMatch(file -> file.in(folder).isEmpty())) {
      return Optional.empty();
    }
    var contents = new EnumMap<DataFile, IdxFile>(DataFile.class);
    List<String> problems = readCache(dataset, contents, EnumSet.allOf(DataFile.class));
    if (contents.size() < DataFile.values().length) {
      throw new InputException(
          problems.isEmpty()
              ? "The folder %s holds only a part of %s.".formatted(folder, name)
              : String.join("; ", problems) + ".");
    }
    return Optional.of(new DataFolder(folder).dataset(name, Dataset.Status.VERIFIED, contents));
  }

  /**
   * The dataset in the folder that {@code CVAE_GPU_DATA} names; empty if the variable is not set.
   *
   * @throws InputException if it names no usable folder
   */
  public Optional<Dataset> fromEnvironmentFolder() {
    return locations
        .environmentFolder()
        .map(
            folder -> {
              try {
                return new DataFolder(folder).read(published);
              } catch (InputException e) {
                throw new InputException(
                    "%s (the environment variable %s names it)."
                        .formatted(withoutFullStop(e.getMessage()), DataLocations.FOLDER_VARIABLE),
                    e);
              }
            });
  }

  /** What {@code --data} says, made good for any working directory: a folder becomes absolute. */
  public static String absolute(String data) {
    boolean isName =
        data.equals(AUTO)
            || data.equals(SYNTHETIC)
            || PublishedDataset.ALL.stream().anyMatch(dataset -> dataset.name().equals(data));
    return isName || !isPath(data) ? data : Path.of(data).toAbsolutePath().normalize().toString();
  }

  private Resolution auto(DownloadListener listener) {
    Optional<Dataset> own = fromEnvironmentFolder();
    if (own.isPresent()) {
      return found(own.get());
    }
    try {
      return found(cachedOrDownloaded(published.getFirst(), false, listener));
    } catch (Downloader.FailedException e) {
      Dataset digits = SyntheticDigits.standard();
      return new Resolution(digits.withStatus(Dataset.Status.SYNTHETIC_FALLBACK), e.reasons());
    }
  }

  private Dataset named(PublishedDataset dataset, DownloadListener listener) {
    // The variable names MNIST's folder; another dataset's name does not mean that folder.
    if (dataset.equals(published.getFirst())) {
      Optional<Dataset> own = fromEnvironmentFolder();
      if (own.isPresent()) {
        if (!own.get().name().equals(dataset.name())
            || own.get().status() != Dataset.Status.VERIFIED) {
          throw new InputException(
              "The folder %s, which the environment variable %s names, does not hold %s but %s."
                  .formatted(
                      own.get().origin(),
                      DataLocations.FOLDER_VARIABLE,
                      dataset.name(),
                      own.get().status() == Dataset.Status.VERIFIED
                          ? own.get().name()
                          : "other images"));
        }
        return own.get();
      }
    }
    return fetch(dataset.name(), false, listener);
  }

  private Dataset cachedOrDownloaded(
      PublishedDataset dataset, boolean force, DownloadListener listener)
      throws Downloader.FailedException {
    var contents = new EnumMap<DataFile, IdxFile>(DataFile.class);
    Set<DataFile> wanted = EnumSet.allOf(DataFile.class);
    List<String> problems = new ArrayList<>();
    if (!force) {
      problems.addAll(readCache(dataset, contents, wanted));
      wanted.removeAll(contents.keySet());
    }
    if (!wanted.isEmpty()) {
      try {
        download(dataset, force, wanted, contents, listener);
      } catch (Downloader.FailedException e) {
        // What is wrong in the cache comes first: it may be all that the user has to mend.
        problems.addAll(e.reasons());
        throw new Downloader.FailedException(problems, e);
      }
    }
    return new DataFolder(folder(dataset.name()))
        .dataset(dataset.name(), Dataset.Status.VERIFIED, contents);
  }

  private void download(
      PublishedDataset dataset,
      boolean force,
      Set<DataFile> wanted,
      Map<DataFile, IdxFile> contents,
      DownloadListener listener)
      throws Downloader.FailedException {
    Path folder = folder(dataset.name());
    if (locations.offline()) {
      throw failed("%s is not in %s and downloads are forbidden", dataset.name(), folder, null);
    }
    try {
      FolderLock lock = FolderLock.acquire(folder, listener);
      try (var downloader = new Downloader(timing)) {
        if (!force) {
          // Another process may have brought them while this one waited for the lock.
          readCache(dataset, contents, wanted);
          wanted.removeAll(contents.keySet());
        }
        downloader.fetch(dataset, wanted, folder, listener);
      } finally {
        lock.release();
      }
    } catch (IOException e) {
      throw failed("%s cannot be written (%s)", folder, e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed("The download of %s to %s was interrupted", dataset.name(), folder, e);
    }
    for (DataFile file : wanted) {
      new DataFolder(folder)
          .readPublished(dataset, file)
          .ifPresent(content -> contents.put(file, content));
    }
  }

  private static Downloader.FailedException failed(
      String format, Object first, Object second, Throwable cause) {
    return new Downloader.FailedException(List.of(format.formatted(first, second)), cause);
  }

  /**
   * Reads those wanted files that are in the cache and whole; returns what is wrong with others.
   */
  private List<String> readCache(
      PublishedDataset dataset, Map<DataFile, IdxFile> contents, Set<DataFile> wanted) {
    var folder = new DataFolder(folder(dataset.name()));
    List<String> problems = new ArrayList<>();
    for (DataFile file : wanted) {
      try {
        folder.readPublished(dataset, file).ifPresent(content -> contents.put(file, content));
      } catch (InputException e) {
        problems.add(withoutFullStop(e.getMessage()));
      }
    }
    return problems;
  }

  private PublishedDataset find(String name) {
    return published.stream()
        .filter(dataset -> dataset.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(name, downloadable().stream()));
  }

  private DataUnavailableException unavailable(
      PublishedDataset dataset, Downloader.FailedException e) {
    return new DataUnavailableException(
        "%s cannot be had: %s; its files %s can be put into %s by hand, from %s."
            .formatted(
                dataset.name(),
                String.join("; ", e.reasons()),
                DataFile.GZIP_NAMES,
                folder(dataset.name()),
                dataset.mirrors().stream().map(Object::toString).collect(Collectors.joining(", "))),
        e);
  }

  private static boolean isPath(String data) {
    try {
      // The empty path is the working directory, which nobody means by --data "".
      return !data.isEmpty()
          && (data.contains("/") || data.contains(File.separator) || Files.exists(Path.of(data)));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static InputException unknown(String word, Stream<String> names) {
    List<String> known = names.toList();
    String list = String.join(", ", known);
    String unknown = "\"%s\" is not a dataset, and there is no folder of that name".formatted(word);
    return new InputException(
        Spelling.nearest(word, known)
            .map(nearest -> "%s; did you mean \"%s\" (of %s)?".formatted(unknown, nearest, list))
            .orElse("%s; the datasets are %s.".formatted(unknown, list)));
  }

  private static Resolution found(Dataset dataset) {
    return new Resolution(dataset, List.of());
  }

  private static String withoutFullStop(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }
}
