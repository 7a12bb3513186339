// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.util.List;
import java.util.Optional;

/** The digits that the program draws, by their name. */
final class SyntheticSource implements ImageSource {
  @Override
  public List<String> names() {
    return List.of(SyntheticDigits.NAME);
  }

  @Override
  public Optional<Layout> layout() {
    return Optional.empty();
  }

  @Override
  public boolean recognises(DataChoice choice) {
    return choice.equals(new DataChoice.Named(SyntheticDigits.NAME));
  }

  @Override
  public Dataset read(DataChoice choice, DownloadListener listener) {
    return SyntheticDigits.standard();
  }
}
