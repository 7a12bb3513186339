// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.Color;
import java.util.List;

/** Colours that people with any kind of colour vision can tell apart. */
final class Palette {
  /** Of M. Okabe, K. Ito, "Color universal design", 2008. */
  private static final List<String> MODELS =
      List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9");

  /** The "muted" scheme of P. Tol, "Colour schemes", SRON technical note, 2021, and a grey. */
  private static final List<String> LABELS =
      List.of(
          "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255",
          "#aa4499", "#888888");

  private Palette() {}

  /** Colour of the i-th model, as CSS has it. */
  static String model(int i) {
    return MODELS.get(i % MODELS.size());
  }

  /** Colour of a label, as CSS has it; labels beyond nine share colours. */
  static String label(int label) {
    return LABELS.get(label % LABELS.size());
  }

  /** Colours of the labels from 0, as CSS has them. */
  static List<String> labels() {
    return LABELS;
  }

  /** A colour of {@link #model} or {@link #label} for AWT. */
  static Color awt(String css) {
    return Color.decode(css);
  }

  static Color translucent(String css, int alpha) {
    Color color = awt(css);
    return new Color(color.getRed(), color.getGreen(), color.getBlue(), alpha);
  }
}
