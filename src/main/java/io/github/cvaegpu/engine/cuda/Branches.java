// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/** The streams that a step is made on, each with what multiplies there. */
final class Branches implements AutoCloseable {
  private final CudaStream main;
  private final CudaStream host;
  private final CudaStream gradients;
  private final Blas mainBlas;
  private final Blas sideBlas;
  private final Products products;
  private final Products sideProducts;

  /**
   * @param large multiplications from which a product goes to cuBLAS
   * @param observer sees each launch
   */
  Branches(
      Kernels kernels,
      DeviceMemory memory,
      Precision precision,
      long large,
      LaunchObserver observer) {
    main = new CudaStream("main", observer);
    host = observer.isSerial() ? main : new CudaStream("host", observer);
    gradients = observer.isSerial() ? main : new CudaStream("gradients", observer);
    mainBlas = new Blas(memory, main, precision);
    sideBlas = new Blas(memory, gradients, precision);
    products = new Products(kernels.linear(), main, mainBlas, large);
    sideProducts = new Products(kernels.linear(), gradients, sideBlas, large);
  }

  /** The critical path: forward, backward, update. */
  CudaStream main() {
    return main;
  }

  /** What the host has a part in. */
  CudaStream host() {
    return host;
  }

  /** Gradients by parameters, which only the update waits for. */
  CudaStream gradients() {
    return gradients;
  }

  /** Products on the main branch. */
  Products products() {
    return products;
  }

  /** Products on the branch of gradients. */
  Products sideProducts() {
    return sideProducts;
  }

  /** cuBLAS's version. */
  String blasVersion() {
    return mainBlas.version();
  }

  @Override
  public void close() {
    sideBlas.close();
    mainBlas.close();
    if (gradients != main) {
      gradients.close();
      host.close();
    }
    main.close();
  }
}
