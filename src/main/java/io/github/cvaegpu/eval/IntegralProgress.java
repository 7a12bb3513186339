// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * How far {@link ExactLikelihood} is. How many levels there will be shows in the last of them, and
 * how much one sums is known when it begins, but for what lies beyond the edges of what it kept.
 *
 * @param part images that are integrated together, from 1
 * @param parts how many such there are
 * @param level of the spacing, from 0
 * @param done sums of the level that are done
 * @param sums of the level: a tile's for an image each
 */
public record IntegralProgress(int part, int parts, int level, long done, long sums) {}
