// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A folder of grey PNG images, a file each, named by their numbers from 0. They are written to a
 * folder beside it, which gets the name when all are there.
 */
public final class ImageFolder implements AutoCloseable {
  private final Path folder;
  private final Path temporary;
  private final ImageGrid image;
  private final int digits;
  private final List<Path> written = new ArrayList<>();
  private boolean isDone;

  /**
   * @param folder absent, or empty
   * @param height rows of an image
   * @param width columns of an image
   * @param count images that there will be
   */
  public ImageFolder(Path folder, int height, int width, int count) throws IOException {
    this.folder = folder;
    image = new ImageGrid(height, width, 1, 0);
    digits = Integer.toString(Math.max(1, count - 1)).length();
    Path place = folder.toAbsolutePath().normalize();
    long random = ThreadLocalRandom.current().nextLong();
    temporary =
        place.resolveSibling(
            String.format(Locale.ROOT, ".%s.%016x.tmp", place.getFileName(), random));
    Files.createDirectory(temporary);
  }

  /**
   * Adds the next image.
   *
   * @param pixels intensities from 0, black, to 1, white, row by row
   */
  public void add(float[] pixels) throws IOException {
    String name = String.format(Locale.ROOT, "%0" + digits + "d.png", written.size());
    Path file = temporary.resolve(name);
    written.add(file);
    Files.write(file, ImageGrid.png(image.draw(List.of(pixels), 1)));
  }

  /** All images are there: gives the folder its name. */
  public void finish() throws IOException {
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(folder); // Which fails if it is no longer empty.
    }
    Files.move(temporary, folder);
    isDone = true;
  }

  /** Removes what is not finished. */
  @Override
  public void close() throws IOException {
    if (!isDone) {
      for (Path file : written) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(temporary);
    }
  }
}
