// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.RegularFile.Links;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** Reads all that a safetensors file has, with what the program reads checkpoints with. */
public final class TensorFile {
  private TensorFile() {}

  /** Tensors and strings of a file. */
  public static SafeTensors read(Path file) throws IOException {
    try (var in = SafeTensorsReader.open(file, Links.FOLLOWED, SafeTensorsHeader.MAX_BYTES)) {
      SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
      for (var entry : in.header().entries()) {
        float[] data = new float[entry.size()];
        in.read(entry, data, 0);
        tensors.put(entry.name(), new SafeTensors.Tensor(entry.shape(), data));
      }
      return new SafeTensors(in.header().metadata(), tensors);
    }
  }
}
