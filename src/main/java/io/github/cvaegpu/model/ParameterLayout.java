// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import io.github.cvaegpu.InputException;
import java.util.ArrayList;
import java.util.List;

/**
 * Every tensor's place in one flat float array. Parameters and the two Adam moments of a checkpoint
 * are arrays of this layout, whatever an engine holds them in: those on a GPU are such arrays too,
 * and so are its gradients.
 *
 * <p>Tensors are named as PyTorch names those of {@code nn.Sequential} modules called {@code
 * encoder} and {@code decoder} with an activation between linear layers: {@code encoder.0.weight},
 * {@code encoder.0.bias}, {@code encoder.2.weight}, ... in PyTorch's [out, in] order. Every tensor
 * starts on a 64-byte boundary; the floats between tensors are zero and stay zero.
 */
public final class ParameterLayout {
  /** Tensors start at multiples of this many floats: one cache line, one 512-bit vector. */
  public static final int ALIGNMENT = 16;

  /** The name of the logarithm of the standard deviation, where one is learned. */
  public static final String LOG_SIGMA = "log_sigma";

  private static final int NONE = -1;

  /**
   * A tensor in the flat array.
   *
   * @param name PyTorch's name
   * @param shape [out, in] of a weight, [out] of a bias
   * @param offset first float
   */
  public record Tensor(String name, List<Integer> shape, int offset) {
    /** Number of floats. */
    public int size() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }
  }

  private final VaeShape shape;
  private final List<Linear> encoder;
  private final List<Linear> decoder;
  private final List<Tensor> tensors;
  private final int logSigma;
  private final int size;

  /**
   * Lays out the tensors of a shape.
   *
   * @throws InputException if the network has more parameters than an array can hold
   */
  public ParameterLayout(VaeShape shape) {
    this(shape, Objective.study());
  }

  /**
   * Lays out the tensors of a shape, and what the objective has to learn beside them: behind all of
   * them {@value #LOG_SIGMA}, of one number, where the standard deviation is learned.
   *
   * @throws InputException if the network has more parameters than an array can hold
   */
  public ParameterLayout(VaeShape shape, Objective objective) {
    this.shape = shape;
    List<Integer> widths = new ArrayList<>();
    widths.add(shape.inputs());
    widths.addAll(shape.hidden());
    widths.add(2 * shape.latent());
    var builder = new Builder();
    encoder = builder.chain("encoder", widths);
    widths.removeLast();
    widths.add(shape.latent());
    decoder = builder.chain("decoder", widths.reversed());
    logSigma = objective.learnsSigma() ? builder.place(LOG_SIGMA, List.of(1)) : NONE;
    tensors = List.copyOf(builder.tensors);
    size = builder.end;
  }

  private static final class Builder {
    private final List<Tensor> tensors = new ArrayList<>();
    private int end;

    private List<Linear> chain(String module, List<Integer> widths) {
      List<Linear> chain = new ArrayList<>();
      for (int i = 0; i + 1 < widths.size(); i++) {
        int in = widths.get(i);
        int out = widths.get(i + 1);
        String name = module + "." + 2 * i;
        int weight = place(name + ".weight", List.of(out, in));
        int bias = place(name + ".bias", List.of(out));
        chain.add(new Linear(name, in, out, weight, bias));
      }
      return List.copyOf(chain);
    }

    private int place(String name, List<Integer> dimensions) {
      int offset = end;
      try {
        var tensor = new Tensor(name, dimensions, offset);
        end = Math.addExact(offset, Math.addExact(tensor.size(), ALIGNMENT - 1));
        end -= end % ALIGNMENT;
        // Four arrays of floats are addressed by int byte offsets as well.
        Math.multiplyExact(end, Float.BYTES);
        tensors.add(tensor);
        return offset;
      } catch (ArithmeticException e) {
        throw new InputException(
            "The network is too large: its parameters do not fit in 2 GiB.", e);
      }
    }
  }

  /** The network laid out. */
  public VaeShape shape() {
    return shape;
  }

  /** Encoder layers, input first. */
  public List<Linear> encoder() {
    return encoder;
  }

  /** Decoder layers, latent first. */
  public List<Linear> decoder() {
    return decoder;
  }

  /** All tensors in the order of their offsets. */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** Whether the logarithm of a standard deviation is among the parameters. */
  public boolean learnsSigma() {
    return logSigma != NONE;
  }

  /**
   * The place of the logarithm of the standard deviation.
   *
   * @throws IllegalStateException if none is learned
   */
  public int logSigma() {
    if (!learnsSigma()) {
      throw new IllegalStateException("no standard deviation is learned");
    }
    return logSigma;
  }

  /** Floats in the flat array, the gaps between tensors included. */
  public int size() {
    return size;
  }

  /** Number of trainable parameters, the gaps not counted. */
  public int parameterCount() {
    return tensors.stream().mapToInt(Tensor::size).sum();
  }
}
