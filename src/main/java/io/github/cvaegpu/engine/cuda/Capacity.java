// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;

/**
 * What fused kernels may be launched with.
 *
 * @param hasClusters whether in clusters, and before the grid before has ended
 * @param sharedBytes dynamic shared memory of a block, at most
 */
record Capacity(boolean hasClusters, int sharedBytes) {
  private static final int FIRST_WITH_CLUSTERS = 90;

  /**
   * That of our kernels on a GPU: both have to know clusters. Code that a driver has made of PTX
   * for older GPUs does not, whatever it runs on.
   */
  static Capacity of(Device device, KernelModule module) {
    return new Capacity(
        device.capability() >= FIRST_WITH_CLUSTERS
            && module.kernel("fused_update_grey_32_32").madeFor() >= FIRST_WITH_CLUSTERS,
        device.attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  }
}
