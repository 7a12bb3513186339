// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.engine.RelativeNorm;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Linear;
import java.util.Arrays;
import java.util.Random;
import jcuda.Pointer;

/** A GPU with our kernels on it, and arrays for tests: outputs are poisoned with NaN. */
final class Gpu implements AutoCloseable {
  /** Rounding errors of a sum of some hundred products in float, relative to its norm. */
  static final double FLOAT_TOLERANCE = 1e-5;

  private final Resources resources = new Resources();
  private final Random random;
  final Device device = resources.add(CudaRuntime.open());
  final DeviceMemory memory = resources.add(new DeviceMemory());
  final KernelModule module = resources.add(KernelImage.load(device));
  final Kernels kernels = new Kernels(device, module);
  final CudaStream stream =
      resources.add(
          new CudaStream("test", OnGpu.isReal() ? LaunchObserver.NONE : new DeclaredLaunches()));
  final Blas blas = resources.add(new Blas(memory, stream, Precision.FLOAT32));

  Gpu(long seed) {
    random = new Random(seed);
  }

  /** Normal random numbers. */
  float[] normals(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** What a hidden layer may have given: of ReLU half of it zeros. */
  float[] activated(Activation activation, int count) {
    float[] values = normals(count);
    for (int i = 0; i < count; i++) {
      values[i] = (float) activation.value(values[i]);
    }
    return values;
  }

  /** An array with content. */
  DevicePointer input(float[] values) {
    DevicePointer pointer = memory.floats(values.length);
    DeviceMemory.upload(pointer, values);
    return pointer;
  }

  /** Learning rates of an epoch's batches. */
  DevicePointer rates(double... values) {
    long size = (long) values.length * Double.BYTES;
    DevicePointer pointer = memory.bytes(size);
    DeviceMemory.upload(pointer, Pointer.to(values), size);
    return pointer;
  }

  /** A matrix with content. */
  DeviceMatrix input(float[] values, int columns) {
    return new DeviceMatrix(input(values), columns);
  }

  /** An array full of NaN. */
  DevicePointer output(int count) {
    float[] poison = new float[count];
    Arrays.fill(poison, Float.NaN);
    return input(poison);
  }

  /** A matrix full of NaN. */
  DeviceMatrix output(int rows, int columns) {
    return new DeviceMatrix(output(rows * columns), columns);
  }

  /** A layer. */
  CudaLayer layer(float[] weight, float[] bias) {
    int out = bias.length;
    int in = weight.length / out;
    return new CudaLayer(new Linear("test", in, out, 0, 0), input(weight), input(bias));
  }

  /** Where the gradients by a layer go, poisoned. */
  CudaLayer gradient(CudaLayer layer) {
    return new CudaLayer(layer.place(), output(layer.place().weightSize()), output(layer.out()));
  }

  /** Products on this GPU's stream: all by cuBLAS, or none. */
  Products products(Activation activation, boolean byBlas) {
    return new Products(kernels.linear(activation), stream, blas, byBlas ? 0 : Long.MAX_VALUE);
  }

  /** What is in an array, after the GPU is done. */
  float[] read(DevicePointer pointer, int count) {
    device.synchronize();
    float[] values = new float[count];
    DeviceMemory.download(pointer, values);
    return values;
  }

  /** Demands that an array on the GPU be near. */
  void assertNear(String what, double[] expected, DevicePointer actual) {
    float[] values = read(actual, expected.length);
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    assertTrue(Arrays.stream(expected).allMatch(Double::isFinite), what);
    RelativeNorm.assertNear(what, expected, doubles, FLOAT_TOLERANCE);
  }

  @Override
  public void close() {
    resources.close();
  }
}
