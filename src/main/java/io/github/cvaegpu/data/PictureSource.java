// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Folders of PNG and JPEG pictures, a sub-folder a class: see {@link PictureFolder}. */
final class PictureSource implements ImageSource {
  /** A label is a byte. */
  private static final int MAX_CLASSES = 256;

  @Override
  public List<String> names() {
    return List.of();
  }

  @Override
  public Optional<Layout> layout() {
    return Optional.of(
        new Layout(
            "a folder of PNG or JPEG pictures", Optional.of("pictures *.png, *.jpg, *.jpeg")));
  }

  @Override
  public boolean recognises(DataChoice choice) {
    return choice instanceof DataChoice.At at
        && Files.isDirectory(at.path())
        && PictureFolder.hasPictures(at.path());
  }

  @Override
  public Parts read(DataChoice choice, DownloadListener listener) {
    Path path = ((DataChoice.At) choice).path();
    PictureFolder folder = PictureFolder.of(path);
    List<String> warnings = new ArrayList<>(folder.warnings());
    List<String> classes = folder.classes();
    if (classes.size() > MAX_CLASSES) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%s has %,d classes, more than the %d that labels tell apart.",
              path,
              classes.size(),
              MAX_CLASSES));
      classes = List.of();
    }
    var reader = new PictureReader(choice.reading(), listener);
    ImageSet train = images(path, reader, folder.train(), classes);
    Optional<ImageSet> test = Optional.empty();
    if (folder.test().isPresent()) {
      test = Optional.of(images(path, reader, folder.test().get(), classes));
    }
    reader.warning().ifPresent(warnings::add);
    return new Parts(
        IdxFolder.name(path),
        path.toString(),
        Dataset.Status.UNVERIFIED,
        train,
        test,
        true,
        Optional.empty(),
        warnings);
  }

  private static ImageSet images(
      Path path, PictureReader reader, List<PictureFolder.Entry> entries, List<String> classes) {
    PictureReader.Stack stack =
        reader.read(path, entries.stream().map(PictureFolder.Entry::file).toList());
    if (classes.isEmpty()) {
      return stack.images();
    }
    int[] read = stack.read().stream().toArray();
    byte[] labels = new byte[read.length];
    for (int i = 0; i < read.length; i++) {
      labels[i] = (byte) classes.indexOf(entries.get(read[i]).className());
    }
    return new ImageSet(
        stack.images().height(), stack.images().width(), stack.images().pixels(), labels);
  }
}
