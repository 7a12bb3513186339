// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Looks for an OpenBLAS that can be loaded. Whatever cannot be is a reason for the user, never an
 * error of the program's: the next place is tried.
 */
final class OpenBlasSearch {

  /**
   * What a search came to.
   *
   * @param library the library, if one could be loaded
   * @param problem one sentence for the user, if none could
   */
  record Outcome(Optional<OpenBlas> library, String problem) {
    /**
     * The library.
     *
     * @throws InputException if there is none, with the same sentence every time
     */
    OpenBlas orThrow() {
      return library.orElseThrow(() -> new InputException(problem));
    }
  }

  /** A library file cannot be loaded; the message is the reason, without a full stop. */
  private static final class UnloadableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnloadableException(String reason, Throwable cause) {
      super(reason, cause);
    }
  }

  private static final List<String> INSTALLED =
      List.of("libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas.dll");

  /** How every shared library of Linux begins. */
  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

  private final BundledLibrary bundle;
  private final List<NativeFolder.Place> places;
  private final List<String> installed;
  private final List<String> reasons = new ArrayList<>();

  /** A search on this machine. */
  OpenBlasSearch() {
    this(
        bundle(BundledLibrary.platform()),
        NativeFolder.places("openblas-" + BundledLibrary.platform()),
        INSTALLED);
  }

  /**
   * A search elsewhere.
   *
   * @param bundle the jar's library
   * @param places where to unpack it, in the order of trying; if none will do, a fresh folder is
   *     made and its files deleted
   * @param installed names by which the dynamic linker may know a library of the system's
   */
  OpenBlasSearch(BundledLibrary bundle, List<NativeFolder.Place> places, List<String> installed) {
    this.bundle = bundle;
    this.places = places;
    this.installed = installed;
  }

  /** The OpenBLAS that the jar has for a platform, if it has one. */
  static BundledLibrary bundle(String platform) {
    List<String> names =
        switch (platform) {
          case "linux-x86_64" ->
              List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");
          case "linux-arm64" -> List.of("libgcc_s.so.1", "libgfortran.so.5", "libopenblas.so.0");
          default -> List.of();
        };
    return new BundledLibrary("org/bytedeco/openblas/" + platform + "/", names);
  }

  /**
   * Searches.
   *
   * @param override the only file to try, if the user names one
   */
  Outcome run(Optional<String> override) {
    return override.map(OpenBlasSearch::named).orElseGet(this::bundledOrInstalled);
  }

  private static Outcome named(String override) {
    try {
      Path file = Path.of(override);
      if (!Files.isRegularFile(file)) {
        return failed("%s names %s, which is not a file.".formatted(OpenBlas.OVERRIDE, file));
      }
      return found(open(file.toAbsolutePath()));
    } catch (InvalidPathException e) {
      return failed(
          "%s names no file that there could be: %s.".formatted(OpenBlas.OVERRIDE, e.getMessage()));
    } catch (UnloadableException e) {
      return failed(
          "%s names a file that could not be loaded: %s."
              .formatted(OpenBlas.OVERRIDE, e.getMessage()));
    }
  }

  private Outcome bundledOrInstalled() {
    return bundled()
        .or(this::installed)
        .map(OpenBlasSearch::found)
        .orElseGet(
            () ->
                failed(
                    ("No OpenBLAS could be loaded on %s: install it (on Debian and Ubuntu the"
                            + " package libopenblas0), or set %s to its shared library. Tried: %s.")
                        .formatted(
                            BundledLibrary.platform(),
                            OpenBlas.OVERRIDE,
                            String.join("; ", reasons))));
  }

  private static Outcome found(OpenBlas library) {
    return new Outcome(Optional.of(library), "");
  }

  private static Outcome failed(String problem) {
    return new Outcome(Optional.empty(), problem);
  }

  private Optional<OpenBlas> bundled() {
    if (!bundle.isInJar()) {
      reasons.add("the program brings none for this system");
      return Optional.empty();
    }
    boolean lastWasWritten = false;
    for (NativeFolder.Place place : places) {
      lastWasWritten = false;
      try {
        return Optional.of(unpacked(place.folder()));
      } catch (UnloadableException e) {
        lastWasWritten = true;
        reasons.add(e.getMessage());
      } catch (IOException | InvalidPathException e) {
        reasons.add(notUnpacked(e));
      }
    }
    // Beside a temporary folder whose copy cannot be loaded, another would fare no better.
    return lastWasWritten ? Optional.empty() : unpackedForOnce();
  }

  /** Loads the copy in a folder; one that an earlier run left there and is no good is replaced. */
  private OpenBlas unpacked(Path folder) throws IOException, UnloadableException {
    boolean isNew = bundle.unpack(folder);
    if (!isNew) {
      try {
        return load(folder);
      } catch (UnloadableException e) {
        bundle.unpackAgain(folder);
      }
    }
    return loadNew(folder);
  }

  private OpenBlas loadNew(Path folder) throws UnloadableException {
    try {
      return load(folder);
    } catch (UnloadableException e) {
      // Another run would only replace them.
      deleteIfPossible(folder);
      throw e;
    }
  }

  /** For users who can keep nothing: 40 MB a run must not pile up. */
  private Optional<OpenBlas> unpackedForOnce() {
    try {
      // Only for its name: it is checked to be out of others' reach as any other place is.
      Path folder = OwnFolder.create(Files.createTempDirectory("cvae-gpu-native"));
      try {
        bundle.unpack(folder);
        return Optional.of(load(folder));
      } finally {
        deleteIfPossible(folder);
      }
    } catch (UnloadableException e) {
      reasons.add(e.getMessage());
    } catch (IOException e) {
      reasons.add(notUnpacked(e));
    }
    return Optional.empty();
  }

  private void deleteIfPossible(Path folder) {
    try {
      bundle.delete(folder);
      Files.delete(folder);
    } catch (IOException e) {
      // Untidy, and no reason to go without a library that is loaded or to hide why none is.
    }
  }

  private OpenBlas load(Path folder) throws UnloadableException {
    // The linker matches a needed library by its name among those loaded, and libgfortran has no
    // search path of its own: dependencies first.
    List<String> names = bundle.names();
    for (String name : names) {
      requireElf(folder.resolve(name));
    }
    for (String dependency : names.subList(0, names.size() - 1)) {
      lookup(folder.resolve(dependency));
    }
    return open(folder.resolve(names.getLast()));
  }

  /** Loading what is no library at all makes the JVM warn of its stack guard, to no purpose. */
  private static void requireElf(Path file) throws UnloadableException {
    try (InputStream in = Files.newInputStream(file)) {
      if (!Arrays.equals(in.readNBytes(ELF.length), ELF)) {
        throw new UnloadableException(file + " is not a shared library", null);
      }
    } catch (IOException e) {
      throw new UnloadableException("%s cannot be read (%s)".formatted(file, e), e);
    }
  }

  private Optional<OpenBlas> installed() {
    List<String> absent = new ArrayList<>();
    for (String name : installed) {
      try {
        return Optional.of(new OpenBlas(SymbolLookup.libraryLookup(name, Arena.global()), name));
      } catch (IllegalArgumentException e) {
        absent.add(name);
      } catch (LinkageError e) {
        reasons.add("%s cannot be used: %s".formatted(name, e.getMessage()));
      }
    }
    if (!absent.isEmpty()) {
      reasons.add("the system has no " + String.join(", no ", absent));
    }
    return Optional.empty();
  }

  private static OpenBlas open(Path file) throws UnloadableException {
    SymbolLookup library = lookup(file);
    try {
      return new OpenBlas(library, file.toString());
    } catch (LinkageError e) {
      throw new UnloadableException("%s cannot be used: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static SymbolLookup lookup(Path file) throws UnloadableException {
    try {
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new UnloadableException(whyNot(file), e);
    }
  }

  /**
   * The dynamic linker's own words, which a lookup keeps to itself: damage, noexec, another libc.
   */
  private static String whyNot(Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
      return file + " cannot be loaded";
    } catch (UnsatisfiedLinkError e) {
      String words = String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip();
      return words.contains(file.toString()) ? words : "%s: %s".formatted(file, words);
    }
  }

  private static String notUnpacked(Exception e) {
    // The message of Java's file exceptions may be the name alone.
    String why = e.getClass() == IOException.class ? e.getMessage() : e.toString();
    return "the program's own cannot be unpacked (%s)".formatted(why);
  }
}
