// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The values that were asked for last, a few. Not thread-safe, also where it is only asked.
 *
 * @param <K> what they are asked for by
 * @param <V> what is kept
 */
public final class Latest<K, V> extends LinkedHashMap<K, V> {
  private static final long serialVersionUID = 1L;

  private final int most;

  /**
   * @param most how many are kept
   */
  public Latest(int most) {
    super(most, 0.75f, true);
    this.most = most;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
