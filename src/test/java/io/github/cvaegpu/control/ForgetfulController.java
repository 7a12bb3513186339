// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

/** A controller of a test's own, which no checkpoint keeps. */
public abstract class ForgetfulController implements BetaController {
  @Override
  public final ControllerMemory memory() {
    return ControllerMemory.EMPTY;
  }

  @Override
  public final void restore(ControllerMemory memory) {
    throw new UnsupportedOperationException();
  }
}
