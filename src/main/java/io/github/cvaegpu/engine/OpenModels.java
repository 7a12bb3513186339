// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** The models of an accelerator that are yet to be closed. For any number of threads. */
public final class OpenModels implements AutoCloseable {
  private final Set<VaeModel> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean isClosed;

  /**
   * Refuses a further model where the accelerator is closed.
   *
   * @throws IllegalStateException if it is
   */
  public synchronized void requireOpen() {
    if (isClosed) {
      throw new IllegalStateException("the accelerator is closed");
    }
  }

  /** Keeps a model until it is closed. */
  public synchronized void add(VaeModel model) {
    open.add(model);
  }

  /** Forgets a model that is being closed. */
  public synchronized void remove(VaeModel model) {
    open.remove(model);
  }

  /** Closes all, those too that come after one that fails; throws what the first one threw. */
  @Override
  public void close() {
    List<VaeModel> left;
    synchronized (this) {
      isClosed = true;
      left = new ArrayList<>(open);
    }
    RuntimeException first = null;
    for (VaeModel model : left) {
      try {
        model.close();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
