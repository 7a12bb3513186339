// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;

/**
 * What fused kernels may be launched with.
 *
 * @param hasClusters whether in clusters
 * @param beginsEarly whether before the grid before has ended, in a graph too
 * @param sharedBytes dynamic shared memory of a block, at most
 */
record Capacity(boolean hasClusters, boolean beginsEarly, int sharedBytes) {
  private static final int FIRST_WITH_CLUSTERS = 90;

  /** The CUDA that brought graphs edges over which a node can begin early: 12.3. */
  private static final int FIRST_WITH_EARLY_NODES = 12_030;

  /**
   * That of our kernels on a GPU: both have to know clusters. Code that a driver has made of PTX
   * for older GPUs does not, whatever it runs on.
   */
  static Capacity of(Device device, KernelModule module) {
    boolean hasClusters =
        device.capability() >= FIRST_WITH_CLUSTERS
            && module.kernel("fused_update_grey_32_32").madeFor() >= FIRST_WITH_CLUSTERS;
    return new Capacity(
        hasClusters,
        hasClusters && Device.driverNumber() >= FIRST_WITH_EARLY_NODES,
        device.attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  }
}
