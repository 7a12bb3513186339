// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jcuda.Pointer;

/**
 * What each block of linear_backward_parameters has to do: a table of struct GradientTile of
 * linear.cu on the GPU.
 */
final class GradientTiles {
  static final int TILE = 32;
  static final int BYTES = 40;

  private final DevicePointer address;
  private final int count;
  private final Work rowWork;
  private final Work otherWork;

  private GradientTiles(DevicePointer address, int count, Work rowWork, Work otherWork) {
    this.address = address;
    this.count = count;
    this.rowWork = rowWork;
    this.otherWork = otherWork;
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

    /** The matrices that are read, each once. */
    private final Set<DeviceMatrix> read = new HashSet<>();

    private long flopOfRow;
    private long written;

    /**
     * The gradient by a layer's weight.
     *
     * @param layer in the array of gradients
     */
    void weight(CudaLayer layer, DeviceMatrix dy, DeviceMatrix x) {
      read.add(x);
      add(dy, 2L * layer.place().weightSize(), layer.place().weightSize());
      for (int out = 0; out < layer.out(); out += TILE) {
        for (int in = 0; in < layer.in(); in += TILE) {
          tiles.add(new Tile(dy.data(), x.data(), layer.weight(), layer, out, in));
        }
      }
    }

    /**
     * The gradient by a layer's bias.
     *
     * @param layer in the array of gradients
     */
    void bias(CudaLayer layer, DeviceMatrix dy) {
      add(dy, layer.out(), layer.out());
      for (int out = 0; out < layer.out(); out += TILE) {
        tiles.add(new Tile(dy.data(), DevicePointer.NULL, layer.bias(), layer, out, 0));
      }
    }

    private void add(DeviceMatrix dy, long flop, long gradients) {
      read.add(dy);
      flopOfRow += flop;
      written += gradients;
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
      long readOfRow = read.stream().mapToLong(DeviceMatrix::columns).sum();
      return new GradientTiles(
          address,
          tiles.size(),
          Work.onFloats(flopOfRow, readOfRow),
          new Work(0, table.capacity() + written * Float.BYTES));
    }
  }

  DevicePointer address() {
    return address;
  }

  /** What a launch has to do for a number of rows. */
  Work work(int rows) {
    return new Work(rows * rowWork.flop(), rows * rowWork.bytes() + otherWork.bytes());
  }

  /** Entries of the table. */
  int count() {
    return count;
  }
}
