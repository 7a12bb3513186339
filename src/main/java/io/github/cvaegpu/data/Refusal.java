// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.io.IOException;

/** Why a file was refused: a phrase that goes after the file's path or URL. */
final class Refusal extends IOException {
  private static final long serialVersionUID = 1L;

  Refusal(String phrase) {
    super(phrase);
  }
}
