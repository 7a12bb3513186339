// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.Color;

/** What a figure is drawn on and with; the page's own colours, light and dark. */
public enum Theme {
  /** For files and print. */
  LIGHT(new Color(0xffffff), new Color(0x333333), new Color(0xe4e4e4), new Color(0xbbbbbb)),
  /** For a page that is read in the dark. */
  DARK(new Color(0x15181c), new Color(0xd5d9de), new Color(0x343a42), new Color(0x5b636d));

  private final Color paper;
  private final Color ink;
  private final Color grid;
  private final Color frame;

  Theme(Color paper, Color ink, Color grid, Color frame) {
    this.paper = paper;
    this.ink = ink;
    this.grid = grid;
    this.frame = frame;
  }

  /** The ground. */
  Color paper() {
    return paper;
  }

  /** The ground, through which a little of what lies below is seen. */
  Color veil() {
    return new Color(paper.getRed(), paper.getGreen(), paper.getBlue(), 230);
  }

  /** Text. */
  Color ink() {
    return ink;
  }

  /** Lines behind the data. */
  Color grid() {
    return grid;
  }

  /** Lines around a box. */
  Color frame() {
    return frame;
  }
}
