// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.data.ImageSet;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Supplier;

/**
 * Parts of training sets, each picked once for as long as somebody has it: runs that are trained on
 * the same part have it once in memory, and so do the engines, which share the bytes of one set.
 */
final class SharedParts {
  private static final Map<ImageSet, Map<Part, WeakReference<ImageSet>>> PARTS =
      new WeakHashMap<>();

  private SharedParts() {}

  /**
   * Which part of a set it is.
   *
   * @param seed of the permutation
   * @param heldOut images that are held out
   * @param isHeldOut whether it is those, not the others
   */
  record Part(long seed, int heldOut, boolean isHeldOut) {}

  /**
   * A part of a set.
   *
   * @param indices gives its images, where it has to be picked
   */
  static ImageSet of(ImageSet whole, Part part, Supplier<int[]> indices) {
    // While it is picked, others wait for it rather than pick it too.
    synchronized (PARTS) {
      Map<Part, WeakReference<ImageSet>> known =
          PARTS.computeIfAbsent(whole, set -> new HashMap<>());
      known.values().removeIf(reference -> reference.get() == null);
      WeakReference<ImageSet> reference = known.get(part);
      ImageSet there = reference == null ? null : reference.get();
      if (there == null) {
        there = whole.picked(indices.get());
        known.put(part, new WeakReference<>(there));
      }
      return there;
    }
  }
}
