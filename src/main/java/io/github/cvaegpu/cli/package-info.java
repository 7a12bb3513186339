// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: one class a command, with its options, its progress, its sentences and its exit
 * codes.
 *
 * <p>{@link CvaeGpu} lists the commands; {@link TrainCommand} is the way to a training. Commands
 * turn options into the plans of the floors below and print what comes back. The top floor: it may
 * use all others, and none uses it.
 */
package io.github.cvaegpu.cli;
