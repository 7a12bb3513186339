// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;

/**
 * Numbers for the HTML page, small enough to be in it: JSON with base64 of little-endian words.
 * charts.js and explorer.js read them.
 */
final class Embedded {
  private static final int LEVELS = 0xFFFF;

  /** Weights have 12 bits: from -2047 to 2047 times a row's scale. */
  private static final int WEIGHT_REACH = 2047;

  private static final int WEIGHT_ZERO = 2048;

  private Embedded() {}

  /**
   * A curve: of each bucket of steps its smallest and its largest value, as 65,536 steps of the
   * curve's range.
   *
   * @param bucket steps of a bucket
   * @param length steps
   * @param low the smallest value of all
   * @param high the largest
   * @param smallest of each bucket
   * @param largest of each bucket; null where a bucket is one step
   */
  record Curve(int bucket, int length, double low, double high, String smallest, String largest) {
    /**
     * Packs a curve.
     *
     * @param values not empty
     * @param most words that it may take
     */
    static Curve of(float[] values, int most) {
      int bucket = values.length <= most ? 1 : Math.ceilDiv(2 * values.length, Math.max(2, most));
      float low = Float.POSITIVE_INFINITY;
      float high = Float.NEGATIVE_INFINITY;
      for (float value : values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      int buckets = Math.ceilDiv(values.length, bucket);
      float[] smallest = new float[buckets];
      float[] largest = new float[buckets];
      for (int b = 0; b < buckets; b++) {
        smallest[b] = Float.POSITIVE_INFINITY;
        largest[b] = Float.NEGATIVE_INFINITY;
        for (int i = b * bucket; i < Math.min(values.length, (b + 1) * bucket); i++) {
          smallest[b] = Math.min(smallest[b], values[i]);
          largest[b] = Math.max(largest[b], values[i]);
        }
      }
      return new Curve(
          bucket,
          values.length,
          low,
          high,
          words(smallest, low, high),
          bucket == 1 ? null : words(largest, low, high));
    }
  }

  /**
   * Values of a range.
   *
   * @param low the smallest
   * @param high the largest
   * @param words each value as one of 65,536 steps between
   */
  record Range(double low, double high, String words) {
    static Range of(float[] values) {
      float low = Float.POSITIVE_INFINITY;
      float high = Float.NEGATIVE_INFINITY;
      for (float value : values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      return new Range(low, high, Embedded.words(values, low, high));
    }
  }

  /**
   * A decoder.
   *
   * @param activation the {@link Activation} of the layers before the last, by its text
   * @param likelihood the {@link Likelihood} that the last layer's outputs are for, by its text
   * @param layers latent first
   */
  record Decoder(String activation, String likelihood, List<Layer> layers) {
    static Decoder of(Likelihood likelihood, ParameterLayout layout, float[] parameters) {
      return new Decoder(
          layout.shape().activation().text(),
          likelihood.text(),
          layout.decoder().stream().map(layer -> Layer.of(layer, parameters)).toList());
    }
  }

  /**
   * A layer of a decoder.
   *
   * @param in inputs
   * @param out outputs
   * @param weights (out, in) in 12 bits each, two in three bytes
   * @param scales (out) what a row's weights are multiples of, as floats
   * @param bias (out) as floats
   */
  record Layer(int in, int out, String weights, String scales, String bias) {
    static Layer of(Linear layer, float[] parameters) {
      int count = layer.weightSize();
      byte[] packed = new byte[Math.ceilDiv(count, 2) * 3];
      float[] scales = new float[layer.out()];
      for (int o = 0; o < layer.out(); o++) {
        int row = layer.weight() + o * layer.in();
        float largest = 0;
        for (int i = 0; i < layer.in(); i++) {
          largest = Math.max(largest, Math.abs(parameters[row + i]));
        }
        scales[o] = largest / WEIGHT_REACH;
        for (int i = 0; i < layer.in(); i++) {
          int multiple = largest > 0 ? Math.round(parameters[row + i] / scales[o]) : 0;
          put(packed, o * layer.in() + i, multiple + WEIGHT_ZERO);
        }
      }
      float[] bias = new float[layer.out()];
      System.arraycopy(parameters, layer.bias(), bias, 0, bias.length);
      return new Layer(
          layer.in(), layer.out(), base64(packed), base64(floats(scales)), base64(floats(bias)));
    }

    /** The first of two words in the low bits of their three bytes. */
    private static void put(byte[] packed, int index, int word) {
      int at = index / 2 * 3;
      if (index % 2 == 0) {
        packed[at] = (byte) word;
        packed[at + 1] |= (byte) (word >> 8);
      } else {
        packed[at + 1] |= (byte) (word << 4);
        packed[at + 2] = (byte) (word >> 4);
      }
    }
  }

  private static String words(float[] values, float low, float high) {
    ByteBuffer words =
        ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    double range = (double) high - low;
    for (float value : values) {
      words.putShort((short) (range > 0 ? Math.round((value - low) / range * LEVELS) : 0));
    }
    return base64(words.array());
  }

  private static byte[] floats(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
