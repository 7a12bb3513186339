// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import jcuda.Pointer;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** gather.cu against the pixels' definition and the noise of package random. */
@ExtendWith(OnGpu.Checked.class)
class GatherKernelsTest {
  private static final int BATCH = 2;

  @ParameterizedTest(name = "{0} of a batch size of {1}, {2} x {3} pixels, latent {4}")
  @CsvSource({"1, 1, 3, 1, 1", "7, 7, 10, 5, 3", "37, 40, 28, 28, 2", "5, 96, 29, 7, 64"})
  void gathersTheBatchAndItsNoise(int rows, int batchSize, int height, int width, int latent) {
    // Words beyond 2^31 in the seed and a step that needs more than a byte.
    long seed = 0xF123_4567_89AB_CDEFL;
    long step = 1_000_003;
    int count = BATCH * batchSize + rows;
    ImageSet images = RandomImages.of(count, height, width, 0.5, 3);
    int inputs = images.imageSize();
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = count - 1 - i;
    }
    try (var gpu = new Gpu(1)) {
      DevicePointer pixels = gpu.memory.bytes(images.pixels().length);
      DeviceMemory.upload(pixels, Pointer.to(images.pixels()), images.pixels().length);
      DevicePointer deviceOrder = gpu.memory.bytes((long) count * Integer.BYTES);
      DeviceMemory.upload(deviceOrder, Pointer.to(order), (long) count * Integer.BYTES);
      var state = new StepState(gpu.memory);
      state.set(step, BATCH);
      DeviceMatrix x = gpu.output(rows, inputs);
      DeviceMatrix noise = gpu.output(rows, latent);
      gpu.kernels
          .gather()
          .batch(gpu.stream, state, pixels, deviceOrder, batchSize, rows, seed, x, noise);

      float[] expected = new float[rows * inputs];
      float[] expectedNoise = new float[rows * latent];
      for (int r = 0; r < rows; r++) {
        int image = order[BATCH * batchSize + r];
        for (int c = 0; c < inputs; c++) {
          expected[r * inputs + c] =
              (float) Targets.GREY.of(images.pixels()[image * inputs + c] & 0xFF);
        }
        GaussianNoise.row(
            seed, RandomPurpose.TRAINING_NOISE, (int) step, r, expectedNoise, r * latent, latent);
      }
      assertArrayEquals(expected, gpu.read(x.data(), expected.length));
      float[] actualNoise = gpu.read(noise.data(), expectedNoise.length);
      for (int i = 0; i < actualNoise.length; i++) {
        assertEquals(expectedNoise[i], actualNoise[i], Math.ulp(expectedNoise[i]));
      }
    }
  }

  /** Under all targets that there are: one that the kernels do not know fails here. */
  @ParameterizedTest
  @EnumSource
  void gathersImagesInTheirOrder(Targets targets) {
    ImageSet images = RandomImages.of(11, 7, 9, 0.8, 3);
    try (var gpu = new Gpu(1)) {
      DevicePointer pixels = gpu.memory.bytes(images.pixels().length);
      DeviceMemory.upload(pixels, Pointer.to(images.pixels()), images.pixels().length);
      DeviceMatrix x = gpu.output(11, 63);
      gpu.kernels.gather().images(gpu.stream, pixels, 11, x);
      float[] actual = gpu.read(x.data(), 11 * 63);
      for (int i = 0; i < actual.length; i++) {
        assertEquals((float) targets.of(images.pixels()[i] & 0xFF), actual[i]);
      }
    }
  }
}
