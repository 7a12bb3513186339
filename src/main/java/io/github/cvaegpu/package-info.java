// SPDX-License-Identifier: Apache-2.0
/**
 * What every floor of the house may use: the program's name and version, the sentences with which
 * it refuses bad input, and how it opens files, reads what the jar carries and shows text of
 * others.
 *
 * <p>A reader who wants to know what the program does starts in {@code cli}; {@code docs/design.md}
 * draws the house. Nothing here knows of any other package.
 */
package io.github.cvaegpu;
