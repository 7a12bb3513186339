// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Linear;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;

/** What each block of fused_update has to do: a table of struct UpdateTile on the GPU. */
final class UpdateTiles {
  static final int BYTES = 40;
  static final int BIAS = 32;

  /** An entry of the table; a bias has no inputs. */
  private record Tile(
      DevicePointer dy, DevicePointer x, long first, int out, int in, int firstOut, int firstIn) {}

  private final UpdateVariant variant;
  private final List<Tile> tiles = new ArrayList<>();
  private long parameters;
  private long operandsOfRow;
  private DevicePointer address = DevicePointer.NULL;

  /**
   * @param variant whose tiles weights are cut into
   */
  UpdateTiles(UpdateVariant variant) {
    this.variant = variant;
  }

  /**
   * A layer's weight and bias.
   *
   * @param dy (rows, out) gradient by its outputs
   * @param x (rows, in) its inputs; null for the images of the batch
   */
  UpdateTiles add(Linear place, DeviceMatrix dy, DeviceMatrix x) {
    DevicePointer inputs = x == null ? DevicePointer.NULL : x.data();
    for (int out = 0; out < place.out(); out += variant.rows()) {
      for (int in = 0; in < place.in(); in += variant.columns()) {
        tiles.add(new Tile(dy.data(), inputs, place.weight(), place.out(), place.in(), out, in));
      }
    }
    for (int out = 0; out < place.out(); out += BIAS) {
      tiles.add(new Tile(dy.data(), DevicePointer.NULL, place.bias(), place.out(), 0, out, 0));
    }
    parameters += place.weightSize() + place.out();
    operandsOfRow += place.in() + place.out();
    return this;
  }

  /** Puts the table on the GPU. */
  UpdateTiles upload(DeviceMemory memory) {
    ByteBuffer table =
        ByteBuffer.allocate(Math.multiplyExact(tiles.size(), BYTES)).order(ByteOrder.nativeOrder());
    for (Tile tile : tiles) {
      table
          .putLong(tile.dy.address())
          .putLong(tile.x.address())
          .putLong(tile.first)
          .putInt(tile.out)
          .putInt(tile.in)
          .putInt(tile.firstOut)
          .putInt(tile.firstIn);
    }
    address = memory.bytes(table.capacity());
    DeviceMemory.upload(address, Pointer.to(table.array()), table.capacity());
    return this;
  }

  UpdateVariant variant() {
    return variant;
  }

  DevicePointer address() {
    return address;
  }

  /** Entries of the table. */
  int count() {
    return tiles.size();
  }

  /** What a launch has to do for a number of rows: products, and Adam on three arrays. */
  Work work(int rows) {
    return Work.onFloats(
        parameters * (2L * rows + AdamLaunches.FLOP), 6 * parameters + rows * operandsOfRow);
  }
}
