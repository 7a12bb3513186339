// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * A launch, for people.
 *
 * @param name the kernel's, or cuBLAS's function
 * @param shape its grid and block, or the product's sizes
 * @param work what it has to do
 */
record Launch(String name, String shape, Work work) {}
