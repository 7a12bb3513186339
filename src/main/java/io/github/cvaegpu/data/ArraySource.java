// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Files of NumPy's: an NPY file is images of one part without labels; an NPZ file has arrays by
 * their names, {@code x_train}, {@code y_train}, {@code x_test} and {@code y_test} as Keras has
 * them, or {@code images} (or {@code imgs}) and {@code labels}.
 */
final class ArraySource implements ImageSource {
  private static final String NPY = ".npy";
  private static final String NPZ = ".npz";

  @Override
  public List<String> names() {
    return List.of();
  }

  @Override
  public Optional<Layout> layout() {
    return Optional.of(new Layout("an NPY or NPZ file", Optional.empty()));
  }

  @Override
  public boolean recognises(DataChoice choice) {
    return choice instanceof DataChoice.At at
        && !Files.isDirectory(at.path())
        && (isNamed(at.path(), NPY) || isNamed(at.path(), NPZ));
  }

  private static boolean isNamed(Path path, String ending) {
    return path.toString().toLowerCase(Locale.ROOT).endsWith(ending);
  }

  @Override
  public Parts read(DataChoice choice, DownloadListener listener) {
    Path path = ((DataChoice.At) choice).path();
    choice.reading().requireNoSkipping("%s is a file".formatted(path));
    Content arrays = isNamed(path, NPZ) ? NumpyFile.npz(path) : NumpyFile.npy(path);
    List<String> warnings = new ArrayList<>();
    if (arrays.isBinary()) {
      warnings.add(
          "The values in %s are 0 and 1, of uint8: they are read as 0 and 255, black and white."
              .formatted(path));
    }
    ImageSize resize = choice.reading().resize();
    return new Parts(
        IdxFolder.name(path),
        path.toString(),
        Dataset.Status.UNVERIFIED,
        images(arrays.train(), arrays.isBinary(), resize),
        arrays.test().map(part -> images(part, arrays.isBinary(), resize)),
        false,
        Optional.empty(),
        warnings);
  }

  /**
   * What is in a file.
   *
   * @param train images to train on, or all
   * @param test held-out images, if they are apart
   */
  record Content(Labelled train, Optional<Labelled> test) {
    /**
     * Whether images of uint8 hold nothing above 1, and 1 itself: not black, but black and white.
     */
    boolean isBinary() {
      int largest = Math.max(train.largest(), test.map(Labelled::largest).orElse(0));
      return largest == 1 && train.isWhole() && test.map(Labelled::isWhole).orElse(true);
    }
  }

  /**
   * Images with labels, where there are some.
   *
   * @param isWhole whether they were of uint8
   */
  record Labelled(ImageSet images, boolean isWhole, Optional<byte[]> labels) {
    private int largest() {
      int largest = 0;
      for (byte pixel : images.pixels()) {
        largest = Math.max(largest, pixel & 0xFF);
      }
      return largest;
    }
  }

  private static ImageSet images(Labelled part, boolean isBinary, ImageSize resize) {
    ImageSet stack = part.images();
    byte[] pixels = stack.pixels();
    if (isBinary) {
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) (0xFF * pixels[i]);
      }
    }
    ImageSize size = stack.shape();
    if (resize != null && !resize.equals(size)) {
      pixels = scaled(stack, resize);
      size = resize;
    }
    if (part.labels().isEmpty()) {
      return ImageSet.withoutLabels(size.height(), size.width(), pixels, stack.size());
    }
    return new ImageSet(size.height(), size.width(), pixels, part.labels().get());
  }

  private static byte[] scaled(ImageSet stack, ImageSize resize) {
    long all = (long) stack.size() * resize.pixels();
    if (all > IdxFile.MAX_PAYLOAD) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--resize makes %,d images of %d x %d pixels, and no more than %d MiB of pixels are"
                  + " read.",
              stack.size(),
              resize.height(),
              resize.width(),
              IdxFile.MAX_PAYLOAD >> 20));
    }
    byte[] scaled = new byte[(int) all];
    int from = stack.imageSize();
    for (int i = 0; i < stack.size(); i++) {
      byte[] image = Arrays.copyOfRange(stack.pixels(), i * from, (i + 1) * from);
      System.arraycopy(
          Scaling.scaled(image, stack.shape(), resize),
          0,
          scaled,
          i * resize.pixels(),
          resize.pixels());
    }
    return scaled;
  }
}
