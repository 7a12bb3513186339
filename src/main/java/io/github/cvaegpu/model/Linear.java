// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

/**
 * One linear layer's place in the flat parameter array: {@code y = x W^T + b}.
 *
 * @param name PyTorch's name of the module, e.g. {@code encoder.0}
 * @param in columns of the weight matrix
 * @param out rows of the weight matrix, and entries of the bias
 * @param weight offset of the weight, row-major [out, in], in floats
 * @param bias offset of the bias [out], in floats
 */
public record Linear(String name, int in, int out, int weight, int bias) {
  /** Number of weights. */
  public int weightSize() {
    return Math.multiplyExact(in, out);
  }
}
