// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;

/**
 * What each block of linear_backward_parameters has to do: a table of struct GradientTile of
 * linear.cu on the GPU.
 */
final class GradientTiles {
  private static final int TILE = 32;
  private static final int BYTES = 40;

  private final DevicePointer address;
  private final int count;

  private GradientTiles(DevicePointer address, int count) {
    this.address = address;
    this.count = count;
  }

  /** Collects the tiles of a step. */
  static final class Builder {
    /** An entry of the table. */
    private record Tile(
        DevicePointer dy,
        DevicePointer x,
        DevicePointer gradient,
        CudaLayer layer,
        int firstOut,
        int firstIn) {}

    private final List<Tile> tiles = new ArrayList<>();

    /** The gradient by a layer's weight. */
    void weight(CudaLayer layer, DeviceMatrix dy, DeviceMatrix x) {
      for (int out = 0; out < layer.out(); out += TILE) {
        for (int in = 0; in < layer.in(); in += TILE) {
          tiles.add(new Tile(dy.data(), x.data(), layer.weightGradient(), layer, out, in));
        }
      }
    }

    /** The gradient by a layer's bias. */
    void bias(CudaLayer layer, DeviceMatrix dy) {
      for (int out = 0; out < layer.out(); out += TILE) {
        tiles.add(new Tile(dy.data(), DevicePointer.NULL, layer.biasGradient(), layer, out, 0));
      }
    }

    /** Puts the table on the GPU. */
    GradientTiles build(DeviceMemory memory) {
      ByteBuffer table =
          ByteBuffer.allocate(Math.multiplyExact(tiles.size(), BYTES))
              .order(ByteOrder.nativeOrder());
      for (Tile tile : tiles) {
        table
            .putLong(tile.dy.address())
            .putLong(tile.x.address())
            .putLong(tile.gradient.address())
            .putInt(tile.layer.out())
            .putInt(tile.layer.in())
            .putInt(tile.firstOut)
            .putInt(tile.firstIn);
      }
      DevicePointer address = memory.bytes(table.capacity());
      DeviceMemory.upload(address, Pointer.to(table.array()), table.capacity());
      return new GradientTiles(address, tiles.size());
    }
  }

  DevicePointer address() {
    return address;
  }

  /** Entries of the table. */
  int count() {
    return count;
  }
}
