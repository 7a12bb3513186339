// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.engine.DeviceLostException;

/**
 * The GPU was lost, and the command can be gone on with: what it has done is kept. A command that
 * keeps nothing fails with the {@link DeviceLostException} itself.
 */
final class LostGpuException extends DeviceLostException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message sentences for the user, the last of them how to go on
   */
  LostGpuException(String message, DeviceLostException cause) {
    super(message, cause);
  }
}
