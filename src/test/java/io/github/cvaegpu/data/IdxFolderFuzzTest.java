// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static io.github.cvaegpu.fuzz.Damage.require;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.fuzz.Damage;
import io.github.cvaegpu.fuzz.Fuzzing;
import io.github.cvaegpu.fuzz.RunFolder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Folders that lack files, have them under other names, of other sets, or something else in their
 * place: the dataset is what files of the right names hold, or the folder is refused.
 */
class IdxFolderFuzzTest {
  private static final List<byte[]> OTHERS =
      List.of(
          IdxBytes.images(13, 3, 5, 1),
          IdxBytes.images(11, 3, 5, 2),
          IdxBytes.images(12, 3, 5, 3),
          IdxBytes.images(13, 5, 3, 4),
          IdxBytes.images(11, 4, 4, 5),
          IdxBytes.labels(13),
          IdxBytes.labels(11),
          IdxBytes.labels(12));

  @TempDir Path temp;

  @Test
  void aFolderOfFourFiles() throws Exception {
    new Fuzzing("folder of idx", 1000).run(this::folder);
  }

  private void folder(Damage damage) throws Exception {
    Path folder = Files.createDirectories(temp.resolve("images"));
    empty(folder);
    IdxPart wrong = damage.pick(List.of(IdxPart.values()));
    for (IdxPart file : IdxPart.values()) {
      put(damage, folder, file, IdxBytes.dataset().get(file), damage.oneIn(4) || file == wrong);
    }
    Dataset dataset = damage.reading(() -> RunFolder.load(folder));
    for (ImageSet set : List.of(dataset.train(), dataset.test())) {
      String stem = set == dataset.train() ? "train" : "t10k";
      require(
          candidates(folder, stem + "-images").stream()
              .anyMatch(idx -> Arrays.equals(tail(idx, 16), set.pixels())),
          "images that are in no file",
          stem);
      if (set.hasLabels()) {
        byte[] labels = new byte[set.size()];
        for (int i = 0; i < labels.length; i++) {
          labels[i] = (byte) set.label(i);
        }
        require(
            candidates(folder, stem + "-labels").stream()
                .anyMatch(idx -> Arrays.equals(tail(idx, 8), labels)),
            "labels that are in no file",
            stem);
      }
    }
    require(
        dataset.train().imageSize() == dataset.test().imageSize(),
        "training and test images of different sizes are accepted",
        dataset.origin());
    Set<String> sums = new HashSet<>();
    for (byte[] idx : candidates(folder, "")) {
      sums.add(Digests.sha256(idx));
    }
    require(sums.containsAll(dataset.sha256().values()), "a checksum of no file", dataset.sha256());
    Damage.requirePrintable(dataset.name());
  }

  private static void put(Damage damage, Path folder, IdxPart file, byte[] whole, boolean wrong)
      throws IOException {
    Path plain =
        folder.resolve(damage.oneIn(3) ? file.idxName().replace("-idx", ".idx") : file.idxName());
    Path gzip = folder.resolve(plain.getFileName() + ".gz");
    if (!wrong) {
      boolean zipped = damage.oneIn(3);
      Files.write(zipped ? gzip : plain, zipped ? IdxBytes.gzip(whole) : whole);
      return;
    }
    byte[] other = damage.pick(OTHERS);
    int kind = damage.random().nextInt(9);
    damage.note(file.idxName(), ": kind", kind);
    switch (kind) {
      case 0 -> {
        // Missing.
      }
      case 1 -> Files.write(plain, other);
      case 2 -> Files.write(gzip, IdxBytes.gzip(other));
      case 3 -> Files.write(plain, damage.bytes(List.of(whole, other)));
      case 4 -> Files.write(gzip, damage.bytes(List.of(IdxBytes.gzip(whole), whole)));
      case 5 -> {
        Files.createDirectory(plain);
        Files.write(gzip, IdxBytes.gzip(whole));
      }
      case 6 -> {
        Files.createDirectory(gzip);
        Files.write(plain, whole);
      }
      case 7 -> {
        Files.write(plain, whole);
        Files.write(gzip, IdxBytes.gzip(other));
      }
      default -> Files.createSymbolicLink(plain, Path.of("nowhere"));
    }
  }

  /** What the files of a name hold, inflated where they are gzipped. */
  private static List<byte[]> candidates(Path folder, String stem) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> named =
          files
              .filter(Files::isRegularFile)
              .filter(path -> path.getFileName().toString().startsWith(stem))
              .toList();
      Map<Path, byte[]> contents = new LinkedHashMap<>();
      for (Path path : named) {
        byte[] bytes = Files.readAllBytes(path);
        contents.put(path, bytes);
        try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
          contents.put(path, in.readAllBytes());
        } catch (IOException e) {
          // Plain, or damaged.
        }
      }
      return List.copyOf(contents.values());
    }
  }

  private static byte[] tail(byte[] idx, int from) {
    return idx.length < from ? new byte[0] : Arrays.copyOfRange(idx, from, idx.length);
  }

  private static void empty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }
}
