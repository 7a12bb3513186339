// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.Color;
import java.util.List;

/** Colours that people with any kind of colour vision can tell apart, on light and on dark. */
final class Palette {
  /** Of M. Okabe, K. Ito, "Color universal design", 2008. */
  private static final List<String> MODELS =
      List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9");

  /** The same with its blue lightened; the other blue is then the light grey that is left over. */
  private static final List<String> MODELS_IN_THE_DARK =
      List.of("#56b4e9", "#e8772a", "#1fb98c", "#cc79a7", "#e69f00", "#c9cdd2");

  /** The "muted" scheme of P. Tol, "Colour schemes", SRON technical note, 2021, and a grey. */
  private static final List<String> LABELS =
      List.of(
          "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255",
          "#aa4499", "#888888");

  /** The same hues; those that the dark would swallow are lightened. */
  private static final List<String> LABELS_IN_THE_DARK =
      List.of(
          "#8a80f0", "#88ccee", "#44aa99", "#3fa35e", "#a8a83a", "#ddcc77", "#dd7788", "#e0559a",
          "#c07ad6", "#a0a0a0");

  /** From a value that is not wanted to one that is: the wanted ones stand out from the paper. */
  private static final List<String> RAMP = List.of("#e6cda4", "#5aa6a0", "#12386b");

  private static final List<String> RAMP_IN_THE_DARK = List.of("#5d4a30", "#3b9a94", "#d9f1ff");

  private Palette() {}

  /** Colour of the i-th model, as CSS has it. */
  static String model(int i, Theme theme) {
    List<String> models = models(theme);
    return models.get(i % models.size());
  }

  /** Colours of models from the first, as CSS has them. */
  static List<String> models(Theme theme) {
    return theme == Theme.DARK ? MODELS_IN_THE_DARK : MODELS;
  }

  /** Colour of a label, as CSS has it; labels beyond nine share colours. */
  static String label(int label, Theme theme) {
    List<String> labels = labels(theme);
    return labels.get(label % labels.size());
  }

  /** Colours of the labels from 0, as CSS has them. */
  static List<String> labels(Theme theme) {
    return theme == Theme.DARK ? LABELS_IN_THE_DARK : LABELS;
  }

  /** Colours at equal distances from the least to the most wanted value, as CSS has them. */
  static List<String> ramp(Theme theme) {
    return theme == Theme.DARK ? RAMP_IN_THE_DARK : RAMP;
  }

  /**
   * A colour of the {@link #ramp}, between its own ones as far as the script mixes them.
   *
   * @param wanted from 0 to 1
   */
  static Color ramp(double wanted, Theme theme) {
    List<String> ramp = ramp(theme);
    double at = Math.clamp(wanted, 0.0, 1.0) * (ramp.size() - 1);
    int below = Math.min(ramp.size() - 2, (int) at);
    Color low = awt(ramp.get(below));
    Color high = awt(ramp.get(below + 1));
    double share = at - below;
    return new Color(
        mixed(low.getRed(), high.getRed(), share),
        mixed(low.getGreen(), high.getGreen(), share),
        mixed(low.getBlue(), high.getBlue(), share));
  }

  private static int mixed(int low, int high, double share) {
    return (int) Math.round(low + share * (high - low));
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
