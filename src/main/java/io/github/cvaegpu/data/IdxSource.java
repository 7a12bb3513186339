// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Folders of IDX files, the user's own. One whose files all have published checksums is that
 * dataset, wherever it lies.
 */
final class IdxSource implements ImageSource {
  private final List<PublishedDataset> published;

  /**
   * @param published datasets that a folder may turn out to hold
   */
  IdxSource(List<PublishedDataset> published) {
    this.published = List.copyOf(published);
  }

  @Override
  public List<String> names() {
    return List.of();
  }

  @Override
  public Optional<Layout> layout() {
    String files =
        Stream.of(IdxPart.values()).map(IdxPart::idxName).collect(Collectors.joining(", "));
    return Optional.of(
        new Layout("a folder of four IDX files", Optional.of(files + ", each plain or with .gz")));
  }

  @Override
  public boolean recognises(DataChoice choice) {
    return choice instanceof DataChoice.At at
        && Files.isDirectory(at.path())
        && Stream.of(IdxPart.values()).anyMatch(part -> part.in(at.path()).isPresent());
  }

  @Override
  public Parts read(DataChoice choice, DownloadListener listener) {
    Path folder = ((DataChoice.At) choice).path();
    String what = "%s is a folder of IDX files".formatted(folder);
    choice.reading().requireNoResize(what);
    choice.reading().requireNoSkipping(what);
    return new IdxFolder(folder).read(published);
  }
}
