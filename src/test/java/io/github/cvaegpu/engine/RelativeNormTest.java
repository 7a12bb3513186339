// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RelativeNormTest {
  private static final ParameterLayout LAYOUT =
      new ParameterLayout(new VaeShape(23, List.of(7), 1));

  @Test
  void isTheLengthOfTheDifferenceInUnitsOfTheExpected() {
    assertEquals(0.5, RelativeNorm.of(new double[] {6, 8}, new double[] {6, 13}));
    assertEquals(0, RelativeNorm.of(new double[] {0, 0}, new double[] {0, -0.0}));
    assertEquals(Double.POSITIVE_INFINITY, RelativeNorm.of(new double[] {0}, new double[] {1e-30}));
    assertTrue(Double.isNaN(RelativeNorm.of(new double[] {1, 2}, new double[] {1, Double.NaN})));
    assertThrows(
        IllegalArgumentException.class, () -> RelativeNorm.of(new double[1], new double[2]));
  }

  @Test
  void aFailureNamesTensorFigureAndTolerance() {
    float[] actual = InitialWeights.draw(LAYOUT, 1);
    double[] expected = ReferenceVae.toDouble(actual);
    RelativeNorm.assertNear("weights", LAYOUT, expected, actual, 0);
    int at = LAYOUT.decoder().getFirst().bias();
    for (int i = 0; i < 7; i++) {
      expected[at + i] *= 2;
    }
    String message = failure(expected, actual);
    assertEquals("weights decoder.0.bias: relative norm 5.000e-01 exceeds 1.0e-05", message);
    RelativeNorm.assertNear("weights", LAYOUT, expected, actual, 0.5);
  }

  @Test
  void nanAndValuesBetweenTensorsFail() {
    float[] actual = InitialWeights.draw(LAYOUT, 1);
    double[] expected = ReferenceVae.toDouble(actual);
    actual[5] = Float.NaN;
    assertTrue(failure(expected, actual).startsWith("weights encoder.0.weight: relative norm NaN"));
    actual[5] = (float) expected[5];
    actual[161] = 1;
    assertEquals("weights: 1.0 between tensors, at 161", failure(expected, actual));
    actual[161] = 0;
    actual[LAYOUT.size() - 1] = 1;
    assertEquals("weights: 1.0 between tensors, at 463", failure(expected, actual));
    assertTrue(failure(expected, new float[4]).startsWith("weights: 464 and 4 floats"));
  }

  private static String failure(double[] expected, float[] actual) {
    return assertThrows(
            AssertionError.class,
            () -> RelativeNorm.assertNear("weights", LAYOUT, expected, actual, 1e-5))
        .getMessage();
  }
}
