// SPDX-License-Identifier: Apache-2.0
/**
 * Runs as their folders have them, and what is drawn of them: curves, pictures, and the HTML page.
 *
 * <p>{@link Run} reads a folder, {@link HtmlReport} writes the page, and every {@link Figure} is
 * painted by the same code for PNG and SVG. Nothing here trains; models are run to draw what they
 * decode.
 */
package io.github.cvaegpu.report;
