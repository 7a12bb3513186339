// SPDX-License-Identifier: Apache-2.0
/**
 * The jar's main class, which finds a Java that can run the program and runs it there as a child.
 *
 * <p>{@link Launcher} tells how. Compiled for Java 11, because it has to start on the Java that a
 * user happens to have; it uses nothing of the program, and of this package the program uses only
 * how the two talk to each other.
 */
package io.github.cvaegpu.launcher;
