// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * A row-major matrix of floats on the GPU.
 *
 * @param data its first element
 * @param columns elements of a row
 */
record DeviceMatrix(DevicePointer data, int columns) {
  static DeviceMatrix allocate(DeviceMemory memory, int rows, int columns) {
    return new DeviceMatrix(memory.floats((long) rows * columns), columns);
  }
}
