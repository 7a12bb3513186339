// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ParameterLayoutTest {
  @Test
  void laysOutTheStudysNetwork() {
    var layout = new ParameterLayout(VaeShape.study());
    assertEquals(
        """
        encoder.0.weight [400, 784] 0
        encoder.0.bias [400] 313600
        encoder.2.weight [50, 400] 314000
        encoder.2.bias [50] 334000
        encoder.4.weight [4, 50] 334064
        encoder.4.bias [4] 334272
        decoder.0.weight [50, 2] 334288
        decoder.0.bias [50] 334400
        decoder.2.weight [400, 50] 334464
        decoder.2.bias [400] 354464
        decoder.4.weight [784, 400] 354864
        decoder.4.bias [784] 668464
        """,
        describe(layout));
    assertEquals(669_248, layout.size());
    assertEquals(669_188, layout.parameterCount());
  }

  @Test
  void laysOutOneHiddenLayer() {
    assertEquals(
        """
        encoder.0.weight [7, 23] 0
        encoder.0.bias [7] 176
        encoder.2.weight [2, 7] 192
        encoder.2.bias [2] 208
        decoder.0.weight [7, 1] 224
        decoder.0.bias [7] 240
        decoder.2.weight [23, 7] 256
        decoder.2.bias [23] 432
        """,
        describe(new ParameterLayout(new VaeShape(23, List.of(7), 1))));
  }

  @Test
  void laysOutThreeHiddenLayers() {
    assertEquals(
        """
        encoder.0.weight [13, 5] 0
        encoder.0.bias [13] 80
        encoder.2.weight [11, 13] 96
        encoder.2.bias [11] 240
        encoder.4.weight [3, 11] 256
        encoder.4.bias [3] 304
        encoder.6.weight [20, 3] 320
        encoder.6.bias [20] 384
        decoder.0.weight [3, 10] 416
        decoder.0.bias [3] 448
        decoder.2.weight [11, 3] 464
        decoder.2.bias [11] 512
        decoder.4.weight [13, 11] 528
        decoder.4.bias [13] 672
        decoder.6.weight [5, 13] 688
        decoder.6.bias [5] 768
        """,
        describe(new ParameterLayout(new VaeShape(5, List.of(13, 11, 3), 10))));
  }

  static Stream<VaeShape> shapes() {
    return Stream.of(
        VaeShape.study(),
        new VaeShape(1, List.of(1), 1),
        new VaeShape(23, List.of(7), 1),
        new VaeShape(36, List.of(20, 7), 3),
        new VaeShape(5, List.of(13, 11, 3), 10));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void tensorsAreAlignedAndDoNotOverlap(VaeShape shape) {
    var layout = new ParameterLayout(shape);
    int end = 0;
    int count = 0;
    for (var tensor : layout.tensors()) {
      assertEquals(0, tensor.offset() % ParameterLayout.ALIGNMENT, tensor.name());
      assertTrue(tensor.offset() >= end, tensor.name());
      assertTrue(tensor.offset() - end < ParameterLayout.ALIGNMENT, tensor.name());
      end = tensor.offset() + tensor.size();
      count += tensor.size();
    }
    assertTrue(layout.size() >= end && layout.size() - end < ParameterLayout.ALIGNMENT);
    assertEquals(0, layout.size() % ParameterLayout.ALIGNMENT);
    assertEquals(count, layout.parameterCount());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void layersChainFromPixelsToLatentAndBackAndPointAtTheirTensors(VaeShape shape) {
    var layout = new ParameterLayout(shape);
    int width = shape.inputs();
    var tensors = layout.tensors().iterator();
    for (var chain : List.of(layout.encoder(), layout.decoder())) {
      assertEquals(shape.hidden().size() + 1, chain.size());
      for (var layer : chain) {
        assertEquals(width, layer.in(), layer.name());
        assertEquals(
            new ParameterLayout.Tensor(
                layer.name() + ".weight", List.of(layer.out(), layer.in()), layer.weight()),
            tensors.next());
        assertEquals(
            new ParameterLayout.Tensor(layer.name() + ".bias", List.of(layer.out()), layer.bias()),
            tensors.next());
        width = layer.out();
      }
      if (chain.equals(layout.encoder())) {
        assertEquals(2 * shape.latent(), width);
        width = shape.latent();
      }
    }
    assertEquals(shape.inputs(), width);
  }

  @Test
  void aNetworkBeyondTwoGibibytesIsRefused() {
    // Two matrices of 2^28 floats are 2 GiB; one of 2^27 on each side is half of that.
    var tooLarge = new VaeShape(16_384, List.of(16_384), 1);
    assertThrows(InputException.class, () -> new ParameterLayout(tooLarge));
    var overflowing = new VaeShape(65_536, List.of(65_536), 1);
    assertThrows(InputException.class, () -> new ParameterLayout(overflowing));
    assertTrue(new ParameterLayout(new VaeShape(16_384, List.of(8_192), 1)).size() > 1 << 28);
  }

  private static String describe(ParameterLayout layout) {
    return layout.tensors().stream()
        .map(t -> String.format(Locale.ROOT, "%s %s %d\n", t.name(), t.shape(), t.offset()))
        .collect(Collectors.joining());
  }
}
