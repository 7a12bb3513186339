// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.InputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a safetensors file of this program says of itself: JSON under a key of its metadata, and
 * under {@value #SHA256} behind that key the SHA-256 of the JSON.
 */
final class FileMetadata {
  static final String SHA256 = ".sha256";

  private FileMetadata() {}

  /** The metadata of a file whose tensors have PyTorch's names and shapes. */
  static Map<String, String> of(String key, Object said) {
    String json = Json.COMPACT.toJson(said);
    // "format": "pt" is what loaders look for to know that names and shapes are PyTorch's.
    return new TreeMap<>(Map.of("format", "pt", key, json, key + SHA256, sha256(json)));
  }

  /**
   * The JSON under a key.
   *
   * @throws InputException if there is none, or it has not the checksum beside it, if there is one
   */
  static String checked(Path file, SafeTensorsHeader header, String key) {
    String json = header.metadata().get(key);
    if (json == null) {
      throw new InputException(
          "%s was not written by this program: it has no '%s' metadata.".formatted(file, key));
    }
    String recorded = header.metadata().get(key + SHA256);
    if (recorded != null && !recorded.equals(sha256(json))) {
      throw new InputException(
          "%s is damaged: its metadata do not have the checksum that it records.".formatted(file));
    }
    return json;
  }

  /** The record that JSON has; null of {@code null}. */
  static <T> T parsed(Path file, String json, Class<T> type) {
    try {
      return Json.COMPACT.fromJson(json, type);
    } catch (UnknownRuleException e) {
      throw e.in(file);
    } catch (InputException e) {
      throw damaged(file, e);
    } catch (RuntimeException e) {
      // Gson wraps what a record's constructor refuses.
      throw damaged(file, e.getCause() instanceof InputException input ? input : e);
    }
  }

  static InputException damaged(Path file, RuntimeException why) {
    return new InputException(
        "The metadata of %s are damaged%s"
            .formatted(file, why instanceof InputException ? ": " + why.getMessage() : "."),
        why);
  }

  static InputException nonsense(Path file) {
    return new InputException(
        "The metadata of %s are damaged: parts of them are missing or make no sense."
            .formatted(file));
  }

  /** SHA-256 of a text in UTF-8, lower-case hex. */
  static String sha256(String text) {
    return Digests.sha256(text.getBytes(StandardCharsets.UTF_8));
  }
}
