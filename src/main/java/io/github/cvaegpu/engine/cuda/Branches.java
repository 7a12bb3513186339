// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * The streams that a step is made on, and what multiplies there.
 *
 * @param main the critical path: forward, backward, update
 * @param host what the host has a part in
 * @param gradients gradients by parameters, which only the update waits for
 * @param products products on the main branch
 * @param sideProducts products on the branch of gradients
 */
record Branches(
    CudaStream main,
    CudaStream host,
    CudaStream gradients,
    Products products,
    Products sideProducts) {
  /** The same work, one launch after the other. */
  Branches onMain() {
    return new Branches(main, main, main, products, products);
  }
}
