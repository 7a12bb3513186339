// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses what a misspelt word was meant to be. */
public final class Spelling {
  private Spelling() {}

  /**
   * The known word that is nearest, if one is near: two mistakes, or a third of its letters, or
   * only the beginning of it.
   */
  public static Optional<String> nearest(String word, Collection<String> known) {
    String typed = word.toLowerCase(Locale.ROOT);
    return known.stream()
        .filter(
            name ->
                distance(typed, name) <= Math.max(2, name.length() / 3) || startsLike(typed, name))
        .min(
            Comparator.comparingInt((String name) -> distance(typed, name))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static boolean startsLike(String typed, String name) {
    return typed.length() > "--".length() + 1 && name.startsWith(typed);
  }

  /** Levenshtein distance: the fewest letters to insert, delete or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
