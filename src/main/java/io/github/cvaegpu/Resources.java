// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What the program carries besides its classes, in its jar or, in tests and an IDE, on the class
 * path. Read from the files themselves: a class loader gives URLs, and Java splits a jar's URL at
 * the first {@code !/}, which a folder's name may hold.
 */
public final class Resources {
  private Resources() {}

  /**
   * A resource.
   *
   * @param size bytes
   * @param crc32 of its bytes: tells one version of the resource from another
   */
  public record Resource(long size, long crc32, Source source) {
    /** Opens it; the caller closes. */
    public InputStream open() throws IOException {
      return source.open();
    }
  }

  /** Where a resource's bytes come from. */
  public interface Source {
    /** Opens it; the caller closes. */
    InputStream open() throws IOException;
  }

  /** A part of the class path. */
  private interface Container {
    Optional<Resource> find(String path) throws IOException;
  }

  private static final class OfProgram {
    private static final List<Container> CONTAINERS = containers();
  }

  /**
   * Looks for a resource.
   *
   * @param path from the jar's root, with slashes, not beginning with one
   */
  public static Optional<Resource> find(String path) {
    return find(OfProgram.CONTAINERS, path);
  }

  /**
   * The bytes of a resource; empty if there is none.
   *
   * @param path from the jar's root, with slashes, not beginning with one
   */
  public static Optional<byte[]> read(String path) {
    Optional<Resource> resource = find(path);
    if (resource.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = resource.get().open()) {
      return Optional.of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Looks in parts of a class path, first to last. */
  private static Optional<Resource> find(List<Container> containers, String path) {
    try {
      for (Container container : containers) {
        Optional<Resource> found = container.find(path);
        if (found.isPresent()) {
          return found;
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Container> containers() {
    Set<Path> places = new LinkedHashSet<>();
    ownPlace().ifPresent(places::add);
    var classPath =
        new StringTokenizer(System.getProperty("java.class.path", ""), File.pathSeparator);
    while (classPath.hasMoreTokens()) {
      try {
        places.add(Path.of(classPath.nextToken()).toAbsolutePath());
      } catch (InvalidPathException e) {
        // What is no path holds nothing.
      }
    }
    List<Container> containers = new ArrayList<>();
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        containers.add(path -> inFolder(place.resolve(path)));
      } else if (Files.isRegularFile(place)) {
        containers.add(new Jar(place.toFile()));
      }
    }
    return List.copyOf(containers);
  }

  /** The jar or folder that this class is from. */
  private static Optional<Path> ownPlace() {
    CodeSource source = Resources.class.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      return Optional.empty();
    }
    try {
      // By way of the URI, which undoes what the URL's spelling does to spaces, # and %.
      return Optional.of(Path.of(source.getLocation().toURI()));
    } catch (URISyntaxException | RuntimeException e) {
      // No file of the default file system: the class path has it, or nothing has.
      return Optional.empty();
    }
  }

  private static Optional<Resource> inFolder(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    byte[] bytes = Files.readAllBytes(file);
    var crc = new CRC32();
    crc.update(bytes);
    return Optional.of(
        new Resource(bytes.length, crc.getValue(), () -> new ByteArrayInputStream(bytes)));
  }

  /** A jar, opened when first asked and for good, as the class loader's is. */
  private static final class Jar implements Container {
    private final File file;
    private ZipFile zip;

    Jar(File file) {
      this.file = file;
    }

    @Override
    public synchronized Optional<Resource> find(String path) throws IOException {
      if (zip == null) {
        zip = new ZipFile(file);
      }
      ZipFile opened = zip;
      ZipEntry entry = opened.getEntry(path);
      return entry == null || entry.isDirectory()
          ? Optional.empty()
          : Optional.of(
              new Resource(entry.getSize(), entry.getCrc(), () -> opened.getInputStream(entry)));
    }
  }
}
