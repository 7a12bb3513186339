// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import java.util.Random;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasPointerMode;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The emulator's cuBLAS against sums in double. */
@OnEmulator
class EmulatedCublasTest {
  private static final int N = cublasOperation.CUBLAS_OP_N;
  private static final int T = cublasOperation.CUBLAS_OP_T;

  private final Random random = new Random(1);
  private final cublasHandle handle = new cublasHandle();
  private TestDevice device;

  @BeforeEach
  void open() {
    Emulator.load();
    device = new TestDevice();
    JCublas2.setExceptionsEnabled(true);
    JCublas2.cublasCreate(handle);
  }

  @AfterEach
  void close() {
    JCublas2.cublasDestroy(handle);
    device.close();
  }

  private float[] values(int count) {
    return TestDevice.sequence(count, i -> random.nextGaussian());
  }

  /** A column-major matrix, perhaps with a gap between columns. */
  private static final class Matrix {
    private final float[] values;
    private final int leadingDimension;
    private final boolean transposed;

    Matrix(float[] values, int leadingDimension, boolean transposed) {
      this.values = values;
      this.leadingDimension = leadingDimension;
      this.transposed = transposed;
    }

    double at(int row, int column) {
      int index = transposed ? row * leadingDimension + column : column * leadingDimension + row;
      return values[index];
    }

    int operation() {
      return transposed ? T : N;
    }
  }

  private Matrix matrix(int rows, int columns, boolean transposed, int gap) {
    int down = transposed ? columns : rows;
    int across = transposed ? rows : columns;
    return new Matrix(values((down + gap) * across), down + gap, transposed);
  }

  @Test
  void productsAreRightForAllShapesAndTransposes() {
    int[][] shapes = {{1, 1, 1}, {3, 5, 7}, {37, 1, 203}, {50, 128, 400}, {13, 96, 2}, {5, 4, 0}};
    for (int[] shape : shapes) {
      for (int bits = 0; bits < 4; bits++) {
        checkProduct(shape[0], shape[1], shape[2], (bits & 1) != 0, (bits & 2) != 0);
      }
    }
  }

  private void checkProduct(int m, int n, int k, boolean transposeA, boolean transposeB) {
    Matrix a = matrix(m, k, transposeA, 3);
    Matrix b = matrix(k, n, transposeB, 1);
    Matrix c = matrix(m, n, false, 2);
    float alpha = 0.75f;
    float beta = -1.5f;
    CUdeviceptr result = device.floats(c.values);
    sgemm(m, n, k, alpha, a, b, beta, result, c.leadingDimension);
    float[] actual = device.readFloats(result, c.values.length);
    for (int column = 0; column < n; column++) {
      for (int row = 0; row < c.leadingDimension; row++) {
        double expected = c.at(row, column);
        double scale = Math.abs(expected);
        if (row < m) {
          double sum = 0;
          double size = 0;
          for (int i = 0; i < k; i++) {
            sum += a.at(row, i) * b.at(i, column);
            size += Math.abs(a.at(row, i) * b.at(i, column));
          }
          expected = alpha * sum + beta * expected;
          scale = alpha * size + Math.abs(beta) * scale;
        }
        assertEquals(
            expected,
            actual[column * c.leadingDimension + row],
            1e-6 * scale,
            String.format(
                Locale.ROOT,
                "%d x %d x %d, %b %b: %d,%d",
                m,
                n,
                k,
                transposeA,
                transposeB,
                row,
                column));
      }
    }
  }

  private void sgemm(
      int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, CUdeviceptr c, int ldc) {
    JCublas2.cublasSgemm(
        handle,
        a.operation(),
        b.operation(),
        m,
        n,
        k,
        Pointer.to(new float[] {alpha}),
        a.values.length == 0 ? new CUdeviceptr() : device.floats(a.values),
        a.leadingDimension,
        b.values.length == 0 ? new CUdeviceptr() : device.floats(b.values),
        b.leadingDimension,
        Pointer.to(new float[] {beta}),
        c,
        ldc);
  }

  private void identityProduct(CUdeviceptr a, CUdeviceptr c, float beta, int n) {
    float[] identity = new float[n * n];
    for (int i = 0; i < n; i++) {
      identity[i * n + i] = 1;
    }
    JCublas2.cublasSgemm(
        handle,
        N,
        N,
        n,
        n,
        n,
        Pointer.to(new float[] {1}),
        a,
        n,
        device.floats(identity),
        n,
        Pointer.to(new float[] {beta}),
        c,
        n);
  }

  @Test
  void withBetaZeroTheResultIsNotRead() {
    CUdeviceptr c = device.allocate(16);
    identityProduct(device.floats(1, 2, 3, 4), c, 0, 2);
    assertArrayEquals(new float[] {1, 2, 3, 4}, device.readFloats(c, 4));
    CUdeviceptr fresh = device.allocate(16);
    identityProduct(device.floats(1, 2, 3, 4), fresh, 1, 2);
    assertTrue(Float.isNaN(device.readFloats(fresh, 4)[0]), "beta 1 reads it");
  }

  @Test
  void tf32KeepsTenBitsOfTheOperands() {
    float fine = 1 + 0x1p-12f;
    CUdeviceptr c = device.allocate(4);
    identityProduct(device.floats(fine), c, 0, 1);
    assertEquals(fine, device.readFloats(c, 1)[0]);
    JCublas2.cublasSetMathMode(handle, cublasMath.CUBLAS_TF32_TENSOR_OP_MATH);
    identityProduct(device.floats(fine), c, 0, 1);
    assertEquals(1, device.readFloats(c, 1)[0]);
    identityProduct(device.floats(1 + 0x1p-10f), c, 0, 1);
    assertEquals(1 + 0x1p-10f, device.readFloats(c, 1)[0]);
  }

  @Test
  void scalarsMayBeOnTheDevice() {
    JCublas2.cublasSetPointerMode(handle, cublasPointerMode.CUBLAS_POINTER_MODE_DEVICE);
    CUdeviceptr alpha = device.floats(2);
    CUdeviceptr beta = device.floats(0);
    CUdeviceptr c = device.allocate(4);
    JCublas2.cublasSgemm(
        handle, N, N, 1, 1, 1, alpha, device.floats(3), 1, device.floats(5), 1, beta, c, 1);
    assertEquals(30, device.readFloats(c, 1)[0]);
  }

  @Test
  void batchesAreProductsAtStrides() {
    CUdeviceptr a = device.floats(1, 2, 3);
    CUdeviceptr b = device.floats(10, 20, 30);
    CUdeviceptr c = device.floats(0, 0, 0, 0, 0);
    JCublas2.cublasSgemmStridedBatched(
        handle,
        N,
        N,
        1,
        1,
        1,
        Pointer.to(new float[] {1}),
        a,
        1,
        1,
        b,
        1,
        1,
        Pointer.to(new float[] {0}),
        c,
        1,
        2,
        3);
    assertArrayEquals(new float[] {10, 0, 40, 0, 90}, device.readFloats(c, 5));
  }

  @Test
  void productsGoToTheStreamAndIntoItsGraph() {
    CUstream stream = new CUstream();
    JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    CUdeviceptr a = device.floats(3);
    CUdeviceptr c = device.floats(0);
    JCublas2.cublasSetStream(handle, new cudaStream_t(stream));
    CUdeviceptr one = device.floats(1);
    JCudaDriver.cuStreamBeginCapture(
        stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    JCublas2.cublasSgemm(
        handle,
        N,
        N,
        1,
        1,
        1,
        Pointer.to(new float[] {1}),
        a,
        1,
        one,
        1,
        Pointer.to(new float[] {1}),
        c,
        1);
    CUgraph graph = new CUgraph();
    JCudaDriver.cuStreamEndCapture(stream, graph);
    assertEquals(0, device.readFloats(c, 1)[0]);
    CUgraphExec exec = new CUgraphExec();
    JCudaDriver.cuGraphInstantiate(exec, graph, 0);
    for (int i = 0; i < 4; i++) {
      JCudaDriver.cuGraphLaunch(exec, stream);
    }
    JCudaDriver.cuStreamSynchronize(stream);
    assertEquals(12, device.readFloats(c, 1)[0]);
  }

  @Test
  void aMatrixBeyondItsMemoryIsReported() {
    CUdeviceptr a = device.floats(1, 2, 3);
    identityProduct(a, device.allocate(16), 0, 2);
    var failure = assertThrows(CudaException.class, JCudaDriver::cuCtxSynchronize);
    assertEquals("CUDA_ERROR_ILLEGAL_ADDRESS", failure.getMessage());
  }

  @Test
  void impossibleSizesAreRefused() {
    CUdeviceptr any = device.allocate(64);
    Pointer one = Pointer.to(new float[] {1});
    var refused =
        assertThrows(
            CudaException.class,
            () -> JCublas2.cublasSgemm(handle, N, N, 3, 1, 1, one, any, 2, any, 1, one, any, 3));
    assertEquals("CUBLAS_STATUS_INVALID_VALUE", refused.getMessage());
    assertEquals(
        "an invalid value",
        JCublas2.cublasGetStatusString(cublasStatus.CUBLAS_STATUS_INVALID_VALUE));
  }
}
