// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * What an engine computes on.
 *
 * @param engine {@code cpu}
 * @param device the processor's name
 * @param library the matrix library, its version and the kernels it chose
 * @param threads threads in use
 * @param precision {@code float32}
 */
public record EngineInfo(
    String engine, String device, String library, int threads, String precision) {}
