// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where this user's programs keep code that they have unpacked or compiled: in the user's cache,
 * or, where others could write to it, among everybody's temporary files in a folder of the user's.
 */
public final class NativeFolder {
  private NativeFolder() {}

  /** A folder to keep code in. */
  interface Place {
    /**
     * The folder, made if need be.
     *
     * @throws IOException if it cannot be made, or others could put code into it
     */
    Path folder() throws IOException;
  }

  /** What a folder is wanted for. */
  interface Use {
    /**
     * Uses the folder.
     *
     * @throws IOException if the folder does not do for it
     */
    void of(Path folder) throws IOException;
  }

  /**
   * Folders that only this user can write to, in the order of trying.
   *
   * @param name their last part
   */
  static List<Place> places(String name) {
    List<Place> places = new ArrayList<>();
    // Without a home the cache is among everybody's temporary files, under no name of the user's.
    if (UserCache.isTheUsersOwn()) {
      places.add(() -> OwnFolder.create(UserCache.folder().resolve("native").resolve(name)));
    }
    places.add(() -> OwnFolder.create(temporary().resolve(name)));
    return places;
  }

  /**
   * A folder that only this user can write to, for code to be loaded from. It is made if need be.
   *
   * @param name its last part
   * @throws IOException if there is no such place
   */
  public static Path named(String name) throws IOException {
    return first(name, folder -> {});
  }

  /**
   * The first of the folders that a use of it succeeds in.
   *
   * @param name their last part
   * @throws IOException if there is no such place
   */
  static Path first(String name, Use use) throws IOException {
    IOException problem = new IOException("there is no folder for code");
    for (Place place : places(name)) {
      try {
        Path folder = place.folder();
        use.of(folder);
        return folder;
      } catch (IOException e) {
        problem = e;
      }
    }
    throw new IOException(
        "neither the user's cache nor the folder for temporary files can hold it (%s)"
            .formatted(reason(problem)),
        problem);
  }

  /** Java's own message may be the path alone. */
  private static String reason(IOException problem) {
    String said = String.valueOf(problem.getMessage());
    if (problem instanceof AccessDeniedException) {
      return said + ": permission denied";
    }
    if (problem instanceof NoSuchFileException) {
      return said + ": no such file or folder";
    }
    return said;
  }

  /** The same in every run, and another for every user. */
  private static Path temporary() throws IOException {
    return Path.of(System.getProperty("java.io.tmpdir"))
        .resolve(String.format(Locale.ROOT, "cvae-gpu-%d-native", OwnFolder.userId()));
  }
}
