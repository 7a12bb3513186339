// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.List;
import java.util.Optional;

/** What the program draws itself, by its name. */
final class SyntheticSource implements ImageSource {
  @Override
  public List<String> names() {
    return List.of(SyntheticDigits.NAME, Sprites.NAME);
  }

  @Override
  public Optional<Layout> layout() {
    return Optional.empty();
  }

  @Override
  public boolean recognises(DataChoice choice) {
    return choice instanceof DataChoice.Named named && names().contains(named.name());
  }

  @Override
  public Parts read(DataChoice choice, DownloadListener listener) {
    return Parts.of(
        choice.equals(new DataChoice.Named(Sprites.NAME))
            ? Sprites.standard()
            : SyntheticDigits.standard());
  }
}
