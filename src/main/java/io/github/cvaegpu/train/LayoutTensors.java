// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.model.ParameterLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The tensors of flat arrays of one {@link ParameterLayout} in a safetensors file: each array's
 * have PyTorch's names behind a prefix of its own.
 */
final class LayoutTensors {
  private LayoutTensors() {}

  /**
   * The tensors of arrays, to be written.
   *
   * @param arrays by the prefix of their tensors' names
   */
  static SequencedMap<String, SafeTensors.Tensor> of(
      ParameterLayout layout, SequencedMap<String, float[]> arrays) {
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    arrays.forEach(
        (prefix, array) -> {
          for (ParameterLayout.Tensor tensor : layout.tensors()) {
            tensors.put(
                prefix + tensor.name(),
                new SafeTensors.Tensor(tensor.shape(), array, tensor.offset()));
          }
        });
    return tensors;
  }

  /**
   * Refuses a file of another number of tensors than a network has. To be asked before a layout is
   * made: a file may claim more layers than there is memory for.
   *
   * @param plan that the file claims
   * @param arrays how many arrays the file is to have
   * @param what the file is, for the sentence
   */
  static void requireCount(
      Path file, SafeTensorsHeader header, TrainingPlan plan, int arrays, String what) {
    // A weight and a bias of each layer, of which encoder and decoder have one more than widths.
    long ofLayers = 2L * 2 * (plan.hidden().size() + 1);
    long needed = arrays * (ofLayers + (plan.objective().learnsSigma() ? 1 : 0));
    if (header.entries().size() != needed) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has %d tensors, and %s of its network has %d.",
              file,
              header.entries().size(),
              what,
              needed));
    }
  }

  /**
   * Reads arrays. None is allocated before the shapes of all tensors are known to be those of the
   * layout, and no more than the file has.
   *
   * @param prefixes of each array's tensors
   * @return the arrays, in the order of their prefixes
   * @throws InputException if a tensor is missing, has another shape or a value that is not finite
   */
  static float[][] read(
      Path file, SafeTensorsReader in, ParameterLayout layout, List<String> prefixes)
      throws IOException {
    List<List<SafeTensorsHeader.Entry>> places = places(file, in.header(), layout, prefixes);
    float[][] arrays = new float[places.size()][];
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = new float[layout.size()];
      for (int j = 0; j < places.get(i).size(); j++) {
        in.read(places.get(i).get(j), arrays[i], layout.tensors().get(j).offset());
      }
      requireFinite(file, places.get(i), arrays[i], layout);
    }
    return arrays;
  }

  /** Where in the file the tensors of each array are. */
  private static List<List<SafeTensorsHeader.Entry>> places(
      Path file, SafeTensorsHeader header, ParameterLayout layout, List<String> prefixes) {
    Map<String, SafeTensorsHeader.Entry> byName = new HashMap<>();
    header.entries().forEach(entry -> byName.put(entry.name(), entry));
    List<List<SafeTensorsHeader.Entry>> places = new ArrayList<>();
    for (String prefix : prefixes) {
      List<SafeTensorsHeader.Entry> entries = new ArrayList<>();
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        String name = prefix + tensor.name();
        SafeTensorsHeader.Entry entry = byName.get(name);
        if (entry == null) {
          throw new InputException("%s has no tensor %s.".formatted(file, name));
        }
        if (!entry.shape().equals(tensor.shape())) {
          throw new InputException(
              "Tensor %s of %s has the shape %s, not %s."
                  .formatted(name, file, entry.shape(), tensor.shape()));
        }
        entries.add(entry);
      }
      places.add(entries);
    }
    return places;
  }

  private static void requireFinite(
      Path file, List<SafeTensorsHeader.Entry> entries, float[] array, ParameterLayout layout) {
    for (int j = 0; j < entries.size(); j++) {
      int offset = layout.tensors().get(j).offset();
      for (int i = 0; i < entries.get(j).size(); i++) {
        if (!Float.isFinite(array[offset + i])) {
          throw new InputException(
              String.format(
                  Locale.ROOT,
                  "%s cannot be used: tensor %s holds %s at index %d.",
                  file,
                  entries.get(j).name(),
                  array[offset + i],
                  i));
        }
      }
    }
  }

  /**
   * SHA-256 of arrays, lower-case hex: the tensors in order, as little-endian floats, without the
   * gaps between them.
   */
  static String sha256(ParameterLayout layout, float[]... arrays) {
    MessageDigest digest = Digests.sha256();
    for (float[] array : arrays) {
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        ByteBuffer bytes =
            ByteBuffer.allocate(tensor.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(array, tensor.offset(), tensor.size());
        digest.update(bytes);
      }
    }
    return Digests.hex(digest);
  }
}
