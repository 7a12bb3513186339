// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import jcuda.driver.CUfunction;

/** The driver's handle of a kernel, whose number can be had. */
final class FunctionHandle extends CUfunction {
  /** The number. */
  long address() {
    return getNativePointer();
  }
}
