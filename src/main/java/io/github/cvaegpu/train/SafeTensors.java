// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Named float tensors and a few strings in the safetensors format: the length of a JSON header in 8
 * bytes, the header, then raw little-endian data. Reading one runs nothing and trusts nothing.
 *
 * <p>The same content gives the same bytes: tensors in the order given, metadata in the order of
 * its keys. Values go through bit for bit, NaN payloads included. Only the dtype F32 is written or
 * read.
 *
 * <p>Format: <a href="https://github.com/huggingface/safetensors">huggingface/safetensors</a>.
 *
 * @param metadata strings about the file
 * @param tensors tensors by name, in the order of their data
 */
public record SafeTensors(Map<String, String> metadata, SequencedMap<String, Tensor> tensors) {
  private static final int CHUNK = 1 << 16;

  /**
   * A row-major tensor inside an array.
   *
   * @param shape sizes of the dimensions; empty for a single number
   * @param data holds the tensor; shared, not copied
   * @param offset the tensor's first float in {@code data}
   */
  @SuppressWarnings("ArrayRecordComponent") // A view: compared by nobody.
  public record Tensor(List<Integer> shape, float[] data, int offset) {
    /** Checks that the array holds the tensor. */
    public Tensor {
      shape = List.copyOf(shape);
      if (shape.stream().anyMatch(dimension -> dimension < 0)) {
        throw new IllegalArgumentException("shape " + shape);
      }
      int size = size(shape);
      if (offset < 0 || offset > data.length - size) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "shape %s at %d of %d floats", shape, offset, data.length));
      }
    }

    /** A tensor that begins where its array does. */
    public Tensor(List<Integer> shape, float[] data) {
      this(shape, data, 0);
    }

    /** Number of floats. */
    public int size() {
      return size(shape);
    }

    /** In long: a shape such as [65536, 65536, 0] is that of an empty tensor. */
    private static int size(List<Integer> shape) {
      long size = 1;
      for (int dimension : shape) {
        size = Math.multiplyExact(size, dimension);
      }
      return Math.toIntExact(size);
    }
  }

  /** Copies the maps, not the floats. */
  public SafeTensors {
    metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
    if (tensors.containsKey(SafeTensorsHeader.METADATA)) {
      throw new IllegalArgumentException("a tensor is called " + SafeTensorsHeader.METADATA);
    }
    for (var strings : List.of(metadata.keySet(), metadata.values(), tensors.keySet())) {
      for (String string : strings) {
        if (!SafeTensorsHeader.isEncodable(string)) {
          throw new IllegalArgumentException("half a surrogate pair in " + string);
        }
      }
    }
  }

  /**
   * Writes the file's bytes to a stream.
   *
   * @param out needs no buffer
   */
  public void write(OutputStream out) throws IOException {
    byte[] header = header().toBytes();
    if (header.length > SafeTensorsHeader.MAX_BYTES) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "a header of %d bytes", header.length));
    }
    byte[] bytes = new byte[CHUNK];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.write(bytes, 0, buffer.putLong(header.length).position());
    out.write(header);
    FloatBuffer floats = buffer.clear().asFloatBuffer();
    for (Tensor tensor : tensors.values()) {
      int size = tensor.size();
      int count;
      for (int done = 0; done < size; done += count) {
        count = Math.min(floats.capacity(), size - done);
        floats.clear().put(tensor.data(), tensor.offset() + done, count);
        out.write(bytes, 0, count * Float.BYTES);
      }
    }
  }

  private SafeTensorsHeader header() {
    List<SafeTensorsHeader.Entry> entries = new ArrayList<>();
    long end = 0;
    for (var item : tensors.entrySet()) {
      Tensor tensor = item.getValue();
      long begin = end;
      end = begin + (long) tensor.size() * Float.BYTES;
      entries.add(new SafeTensorsHeader.Entry(item.getKey(), tensor.shape(), begin, end));
    }
    return new SafeTensorsHeader(metadata, entries);
  }

  /**
   * Writes a file, or replaces it all at once: on any failure the file that was there is still
   * there. See {@link AtomicFile}.
   */
  public void writeAtomically(Path file) throws IOException {
    AtomicFile.replace(file, this::write);
  }
}
