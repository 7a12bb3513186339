// SPDX-License-Identifier: Apache-2.0
/**
 * A local page of all runs in a folder, found by their files: a table, curves that grow while a run
 * of any process trains, and what the report has of one run.
 *
 * <p>{@link RunServer} answers requests, {@link RunIndex} knows the runs, {@link LiveRuns} their
 * curves. It reads runs and writes nothing but the request to stop one. It must not be in a process
 * that trains: to close a log that the process has locked gives the lock up.
 */
package io.github.cvaegpu.serve;
