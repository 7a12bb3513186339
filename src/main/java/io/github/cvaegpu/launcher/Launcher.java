// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

/** Entry point. */
public final class Launcher {
  private Launcher() {}

  public static void main(String[] args) {
    System.out.println("launcher");
  }
}
