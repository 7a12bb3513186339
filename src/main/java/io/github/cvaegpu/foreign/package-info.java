// SPDX-License-Identifier: Apache-2.0
/**
 * The world outside the JVM: shared libraries that are found, unpacked and bound, the terminal, and
 * the user's cache.
 *
 * <p>{@link CpuLibraries} and {@link CudaLibraries} are what engines ask for their libraries;
 * {@link OwnFolder} decides which folders code may be loaded from. The lowest floor: it imports
 * none.
 */
package io.github.cvaegpu.foreign;
