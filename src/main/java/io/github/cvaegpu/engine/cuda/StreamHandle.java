// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import jcuda.driver.CUstream;

/** The driver's handle of a stream, whose number can be had. */
final class StreamHandle extends CUstream {
  /** The number. */
  long address() {
    return getNativePointer();
  }
}
