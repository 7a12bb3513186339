// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.List;
import java.util.Optional;

/**
 * Where images come from: a format of folders or files, a published dataset, or the program itself.
 * {@link ImageSources} asks one after the other; another format is another class, and a line in
 * {@link DatasetLoader}.
 */
interface ImageSource {
  /** The names of datasets that it answers to; none if it reads what lies at a path and no more. */
  List<String> names();

  /** What it reads at a path; empty if it is asked for by a name alone. */
  Optional<Layout> layout();

  /**
   * Whether this source is meant. Of what lies at a path, looks at names and kinds of files at
   * most: damage is for {@link #read} to find.
   */
  boolean recognises(DataChoice choice);

  /**
   * Reads what it recognised.
   *
   * @param choice for which {@link #recognises} holds
   * @param listener hears of downloads
   * @return the images, by {@link DataChoice#reading()} but for the part to hold out, which is not
   *     made here; checksums and their keys are the same for the same bytes for good, since runs
   *     are told by them which images they are of
   * @throws io.github.cvaegpu.InputException if it cannot be used, or not be had
   */
  Parts read(DataChoice choice, DownloadListener listener);

  /**
   * What a source reads at a path, for sentences.
   *
   * @param place what has to be there, e.g. "a folder of four IDX files"
   * @param files what is looked for in it, e.g. the names of those files; empty if it is no folder
   */
  record Layout(String place, Optional<String> files) {}
}
