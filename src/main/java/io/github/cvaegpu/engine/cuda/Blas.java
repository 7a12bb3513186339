// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.EngineException;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/**
 * cuBLAS on one stream, for the products of linear layers.
 *
 * <p>Our matrices are row-major, those of cuBLAS column-major. A row-major (r, c) matrix is, byte
 * for byte, the transpose of a column-major (r, c) one with leading dimension c. So each product is
 * asked for transposed, with the factors swapped:
 *
 * <pre>
 *   y  = x W^T    as  y^T  = W x^T       (out, rows) = (out, in) (in, rows)
 *   dx = dy W     as  dx^T = W^T dy^T    (in, rows)  = (in, out) (out, rows)
 *   dW = dy^T x   as  dW^T = x^T dy      (in, out)   = (in, rows) (rows, out)
 * </pre>
 *
 * <p>The workspace is given, not cuBLAS's own: a captured product must not allocate, and two
 * streams that shared one would have bits that depend on their timing.
 */
final class Blas implements AutoCloseable {
  /** Name of the function in messages and profiles. */
  static final String SGEMM = "cublasSgemm";

  /** What NVIDIA recommends for GPUs from Hopper on; older ones need less. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  private static final int AS_IT_IS = cublasOperation.CUBLAS_OP_N;
  private static final int TRANSPOSED = cublasOperation.CUBLAS_OP_T;

  private final CudaStream stream;
  private final cublasHandle handle = new cublasHandle();
  private final Pointer one = Pointer.to(new float[] {1});
  private final Pointer zero = Pointer.to(new float[] {0});

  Blas(DeviceMemory memory, CudaStream stream, Precision precision) {
    this.stream = stream;
    // Before the handle, which would have to be given back where there is no memory.
    DevicePointer workspace = memory.fixedBytes(WORKSPACE_BYTES);
    Check.blas(JCublas2.cublasCreate(handle), "cublasCreate");
    try {
      setUp(workspace, precision);
    } catch (EngineException e) {
      JCublas2.cublasDestroy(handle);
      throw e;
    }
  }

  private void setUp(DevicePointer workspace, Precision precision) {
    Check.blas(
        JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle())), "cublasSetStream");
    Check.blas(
        JCublas2.cublasSetWorkspace(handle, workspace, WORKSPACE_BYTES),
        "cublasSetWorkspace",
        WORKSPACE_BYTES + " bytes");
    int mode =
        precision == Precision.TF32
            ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH
            : cublasMath.CUBLAS_DEFAULT_MATH;
    Check.blas(
        JCublas2.cublasSetMathMode(handle, mode), "cublasSetMathMode", cublasMath.stringFor(mode));
  }

  /** cuBLAS's version, e.g. {@code 12.9.1}. */
  static String version() {
    var handle = new cublasHandle();
    Check.blas(JCublas2.cublasCreate(handle), "cublasCreate");
    int[] version = new int[1];
    try {
      Check.blas(JCublas2.cublasGetVersion(handle, version), "cublasGetVersion");
    } finally {
      Check.blas(JCublas2.cublasDestroy(handle), "cublasDestroy");
    }
    int number = version[0];
    return number / 10_000 + "." + number % 10_000 / 100 + "." + number % 100;
  }

  /** y = x W^T. */
  void forward(CudaLayer layer, DeviceMatrix x, int rows, DeviceMatrix y) {
    int in = layer.in();
    int out = layer.out();
    sgemm(TRANSPOSED, AS_IT_IS, out, rows, in, layer.weight(), in, x.data(), in, y.data(), out);
  }

  /** dx = dy W. */
  void backwardInput(CudaLayer layer, DeviceMatrix dy, int rows, DeviceMatrix dx) {
    int in = layer.in();
    int out = layer.out();
    sgemm(AS_IT_IS, AS_IT_IS, in, rows, out, layer.weight(), in, dy.data(), out, dx.data(), in);
  }

  /**
   * dW = dy^T x.
   *
   * @param gradient the layer in the array of gradients
   */
  void backwardWeight(CudaLayer gradient, DeviceMatrix dy, DeviceMatrix x, int rows) {
    int in = gradient.in();
    int out = gradient.out();
    sgemm(AS_IT_IS, TRANSPOSED, in, out, rows, x.data(), in, dy.data(), out, gradient.weight(), in);
  }

  private void sgemm(
      int operationA,
      int operationB,
      int m,
      int n,
      int k,
      DevicePointer a,
      int lda,
      DevicePointer b,
      int ldb,
      DevicePointer c,
      int ldc) {
    Check.blas(
        JCublas2.cublasSgemm(
            handle, operationA, operationB, m, n, k, one, a, lda, b, ldb, zero, c, ldc),
        SGEMM,
        cublasOperation.stringFor(operationA),
        cublasOperation.stringFor(operationB),
        "m " + m,
        "n " + n,
        "k " + k,
        "lda " + lda,
        "ldb " + ldb,
        "ldc " + ldc);
    stream.launched(
        () ->
            new Launch(
                SGEMM,
                String.format(Locale.ROOT, "m %d, n %d, k %d", m, n, k),
                Work.product(m, n, k)));
  }

  @Override
  public void close() {
    Check.blas(JCublas2.cublasDestroy(handle), "cublasDestroy");
  }
}
