// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.io.IOException;
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

/** A published dataset by its name: in the environment's folder, in the cache or on the web. */
final class PublishedSource implements ImageSource {
  private final PublishedDataset dataset;
  private final Path folder;
  private final boolean offline;
  private final Downloader.Timing timing;
  private final Optional<EnvironmentFolder> own;

  /**
   * @param dataset which
   * @param locations where the cache is, and whether downloads are forbidden
   * @param timing how patient a download is
   * @param own the folder that goes before the cache, if there is one
   */
  PublishedSource(
      PublishedDataset dataset,
      DataLocations locations,
      Downloader.Timing timing,
      Optional<EnvironmentFolder> own) {
    this.dataset = dataset;
    folder = locations.cache().resolve(dataset.name());
    offline = locations.offline();
    this.timing = timing;
    this.own = own;
  }

  String name() {
    return dataset.name();
  }

  /** Where the dataset is cached, whether or not it is there. */
  Path folder() {
    return folder;
  }

  @Override
  public List<String> names() {
    return List.of(name());
  }

  @Override
  public Optional<Layout> layout() {
    return Optional.empty();
  }

  @Override
  public boolean recognises(DataChoice choice) {
    return choice.equals(new DataChoice.Named(name()));
  }

  @Override
  public Parts read(DataChoice choice, DownloadListener listener) {
    return Parts.of(own.isPresent() ? own.get().read(name()) : fetch(false, listener));
  }

  /**
   * Makes sure that the cache has it.
   *
   * @param force whether to download files that are there already
   * @throws DataUnavailableException if it cannot be had
   */
  Dataset fetch(boolean force, DownloadListener listener) {
    try {
      return cachedOrDownloaded(force, listener);
    } catch (Downloader.FailedException e) {
      throw unavailable(e);
    }
  }

  /**
   * The dataset in the cache, without a download.
   *
   * @return empty if the cache has no file of it
   * @throws InputException if the cache has a part of it only, or files with wrong bytes
   */
  Optional<Dataset> cached() {
    if (Stream.of(IdxPart.values()).allMatch(part -> part.in(folder).isEmpty())) {
      return Optional.empty();
    }
    var contents = new EnumMap<IdxPart, IdxFile>(IdxPart.class);
    List<String> problems = readCache(contents, EnumSet.allOf(IdxPart.class));
    if (contents.size() < IdxPart.values().length) {
      throw new InputException(
          problems.isEmpty()
              ? "The folder %s holds only a part of %s.".formatted(folder, name())
              : String.join("; ", problems) + ".");
    }
    return Optional.of(verified(contents));
  }

  /** What the cache has, and what it lacks from the web. */
  Dataset cachedOrDownloaded(boolean force, DownloadListener listener)
      throws Downloader.FailedException {
    var contents = new EnumMap<IdxPart, IdxFile>(IdxPart.class);
    Set<IdxPart> wanted = EnumSet.allOf(IdxPart.class);
    List<String> problems = new ArrayList<>();
    if (!force) {
      problems.addAll(readCache(contents, wanted));
      wanted.removeAll(contents.keySet());
    }
    if (!wanted.isEmpty()) {
      try {
        download(force, wanted, contents, listener);
      } catch (Downloader.FailedException e) {
        // What is wrong in the cache comes first: it may be all that the user has to mend.
        problems.addAll(e.reasons());
        throw new Downloader.FailedException(problems, e);
      }
    }
    return verified(contents);
  }

  private Dataset verified(Map<IdxPart, IdxFile> contents) {
    return new IdxFolder(folder).dataset(name(), Dataset.Status.VERIFIED, contents);
  }

  private void download(
      boolean force, Set<IdxPart> wanted, Map<IdxPart, IdxFile> contents, DownloadListener listener)
      throws Downloader.FailedException {
    if (offline) {
      throw failed("%s is not in %s and downloads are forbidden", name(), folder, null);
    }
    try {
      FolderLock lock = FolderLock.acquire(folder, listener);
      try (var downloader = new Downloader(timing)) {
        if (!force) {
          // Another process may have brought them while this one waited for the lock.
          readCache(contents, wanted);
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
      throw failed("The download of %s to %s was interrupted", name(), folder, e);
    }
    for (IdxPart part : wanted) {
      new IdxFolder(folder)
          .readPublished(dataset, part)
          .ifPresent(content -> contents.put(part, content));
    }
  }

  private static Downloader.FailedException failed(
      String format, Object first, Object second, Throwable cause) {
    return new Downloader.FailedException(List.of(format.formatted(first, second)), cause);
  }

  /**
   * Reads those wanted files that are in the cache and whole; returns what is wrong with others.
   */
  private List<String> readCache(Map<IdxPart, IdxFile> contents, Set<IdxPart> wanted) {
    var cache = new IdxFolder(folder);
    List<String> problems = new ArrayList<>();
    for (IdxPart part : wanted) {
      try {
        cache.readPublished(dataset, part).ifPresent(content -> contents.put(part, content));
      } catch (InputException e) {
        problems.add(e.phrase());
      }
    }
    return problems;
  }

  private DataUnavailableException unavailable(Downloader.FailedException e) {
    return new DataUnavailableException(
        "%s cannot be had: %s; its files %s can be put into %s by hand, from %s."
            .formatted(
                name(),
                String.join("; ", e.reasons()),
                IdxPart.GZIP_NAMES,
                folder,
                dataset.mirrors().stream().map(Object::toString).collect(Collectors.joining(", "))),
        e);
  }
}
