// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds CUDA's shared libraries and loads them for good. First by name, as the dynamic linker knows
 * them, then in the folders that toolkits, pip and conda use.
 */
public final class CudaLibraries {
  private static final String DRIVER = "libcuda.so.1";
  private static final List<String> CUBLAS = List.of("libcublas.so.12", "libcublas.so.13");
  private static final List<String> NVRTC = List.of("libnvrtc.so.13", "libnvrtc.so.12");

  /** Folders in a Python's packages that hold CUDA's libraries, of all versions of the wheels. */
  private static final List<String> WHEELS = List.of("cublas", "cuda_nvrtc", "cu13");

  private static volatile Optional<Path> emulator = Optional.empty();

  private final Optional<Path> emulatorFolder;
  private final Map<String, String> environment;
  private final Path home;
  private final Path root;

  /** What the dynamic linker said of libraries that are there, by name. */
  private final Map<String, String> complaints = new LinkedHashMap<>();

  /**
   * A library that is loaded.
   *
   * @param origin its name, or its path where the dynamic linker does not know it
   * @param functions what it has
   */
  public record Library(String origin, SymbolLookup functions) {
    /** CUDA's major version in the name of the file: 12 or 13. */
    public int major() {
      return majorOf(origin);
    }
  }

  private static int majorOf(String library) {
    return Integer.parseInt(library.substring(library.lastIndexOf('.') + 1));
  }

  /** What this process's environment has. */
  public CudaLibraries() {
    this(emulator, System.getenv(), Path.of(System.getProperty("user.home", "/")), Path.of("/"));
  }

  /**
   * What an environment has.
   *
   * @param emulator folder of the emulator, if that is to be used
   * @param environment environment variables
   * @param home the user's home
   * @param root of the file system
   */
  CudaLibraries(Optional<Path> emulator, Map<String, String> environment, Path home, Path root) {
    emulatorFolder = emulator;
    this.environment = Map.copyOf(environment);
    this.home = home;
    this.root = root;
  }

  /**
   * Has this process take the emulator of {@code native/emulator} for a GPU, or no longer. For
   * tests: it computes what a GPU would, ten thousand times slower.
   *
   * @param folder with its libcuda.so.1, libcublas.so.12 and kernels.so
   */
  public static void useEmulator(Optional<Path> folder) {
    emulator = folder.map(Path::toAbsolutePath);
  }

  /** Folder of the emulator, if this process uses it. */
  public static Optional<Path> emulator() {
    return emulator;
  }

  /** The driver's library: its name for the dynamic linker, or its path. */
  public String driver() {
    return emulatorFolder.map(folder -> realPath(folder.resolve(DRIVER))).orElse(DRIVER);
  }

  /** Without links: emulators that differ in their kernels alone have one driver. */
  private static String realPath(Path file) {
    try {
      return file.toRealPath().toString();
    } catch (IOException e) {
      return file.toString();
    }
  }

  /** Whether the driver is the emulator's. */
  public boolean isEmulator() {
    return emulatorFolder.isPresent();
  }

  /** Loads the driver's library. */
  public Optional<Library> loadDriver() {
    return open(driver());
  }

  /**
   * Loads cuBLAS, version 12 rather than 13, that works with a driver: none does with an older
   * driver than its own major version is for. It does not see {@link CublasEnvironment}'s
   * variables.
   *
   * @param driverMajor major version of the newest CUDA that the driver supports
   */
  public Optional<Library> loadCublas(int driverMajor) {
    CublasEnvironment.clear();
    List<String> names = CUBLAS.stream().filter(name -> majorOf(name) <= driverMajor).toList();
    if (emulatorFolder.isPresent()) {
      return names.stream()
          .flatMap(name -> openFile(name, emulatorFolder.get().resolve(name)).stream())
          .findFirst();
    }
    return load(names);
  }

  /** The cublasLt that a cuBLAS which is loaded has brought with it, if it has one. */
  public Optional<Library> cublasLt(Library cublas) {
    return emulatorFolder.isPresent()
        ? Optional.empty()
        : open(libraryName("cublasLt", cublas.major()));
  }

  /**
   * Loads NVRTC, CUDA's compiler, the newest that makes code for a driver: one takes code of every
   * toolkit up to its own major version, whatever the minor one (CUDA's minor version
   * compatibility).
   *
   * @param driverMajor major version of the newest CUDA that the driver supports
   */
  public Optional<Library> loadNvrtc(int driverMajor) {
    return load(NVRTC.stream().filter(name -> majorOf(name) <= driverMajor).toList());
  }

  /**
   * Why a library that is there could not be loaded, in the dynamic linker's words.
   *
   * @param library e.g. {@code cublas}
   * @return empty if there is none that could not be loaded
   */
  public Optional<String> complaint(String library) {
    return complaints.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("lib" + library + "."))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private Optional<Library> load(List<String> names) {
    for (String name : names) {
      Optional<Library> library = open(name).or(() -> openInFolders(name));
      if (library.isPresent()) {
        return library;
      }
      // The linker complains of the name itself where there is no such library.
      DynamicLinker.complaint(name)
          .filter(complaint -> !complaint.startsWith(name + ": cannot open"))
          .ifPresent(complaint -> complaints.putIfAbsent(name, complaint));
    }
    return Optional.empty();
  }

  private Optional<Library> openInFolders(String name) {
    for (Path folder : folders()) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        loadWhatItOpens(name, folder);
        Optional<Library> library = openFile(name, file);
        if (library.isPresent()) {
          return library;
        }
      }
    }
    return Optional.empty();
  }

  /** Loads a file, or keeps what the linker says of it if it is there. */
  private Optional<Library> openFile(String name, Path file) {
    Optional<Library> library = open(file.toString());
    if (library.isEmpty() && Files.exists(file)) {
      DynamicLinker.complaint(file.toString())
          .ifPresent(complaint -> complaints.putIfAbsent(name, complaint));
    }
    return library;
  }

  /**
   * Loads what a library opens by name, at once or when it is first used: outside the linker's path
   * it would not find those beside itself, but what is loaded already has its name.
   *
   * @param name the library
   * @param folder where it is
   */
  private void loadWhatItOpens(String name, Path folder) {
    int major = majorOf(name);
    if (name.startsWith("libcublas.")) {
      // cublasLt has NVRTC compile some of its kernels.
      load(List.of(libraryName("nvrtc", major)));
      open(folder.resolve(libraryName("cublasLt", major)).toString());
    } else if (name.startsWith("libnvrtc.")) {
      // Its name has the minor version too, which NVRTC's own has not.
      String builtins = libraryName("nvrtc-builtins", major) + ".*";
      newestFirst(folder, builtins).forEach(file -> open(file.toString()));
    }
  }

  private static String libraryName(String library, int major) {
    return String.format(Locale.ROOT, "lib%s.so.%d", library, major);
  }

  private static Optional<Library> open(String nameOrPath) {
    try {
      SymbolLookup functions =
          nameOrPath.indexOf('/') < 0
              ? SymbolLookup.libraryLookup(nameOrPath, Arena.global())
              : SymbolLookup.libraryLookup(Path.of(nameOrPath), Arena.global());
      return Optional.of(new Library(nameOrPath, functions));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Where CUDA's libraries may be, in the order of looking; only folders that exist. */
  List<Path> folders() {
    Set<Path> folders = new LinkedHashSet<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      path(variable).ifPresent(toolkit -> addToolkit(folders, toolkit));
    }
    path("CONDA_PREFIX").ifPresent(conda -> addPython(folders, conda));
    path("VIRTUAL_ENV").ifPresent(python -> addPython(folders, python));
    pythonOnPath().ifPresent(python -> addPython(folders, python));
    for (Path toolkit : newestFirst(root.resolve("usr/local"), "cuda*")) {
      addToolkit(folders, toolkit);
    }
    for (String python : List.of("usr", "usr/local", "opt/conda")) {
      addPython(folders, root.resolve(python));
    }
    for (String python : List.of(".local", "miniconda3", "anaconda3", "miniforge3")) {
      addPython(folders, home.resolve(python));
    }
    return folders.stream().filter(Files::isDirectory).toList();
  }

  /**
   * The prefix of the Python that a shell would start, whose packages may have CUDA's libraries.
   */
  private Optional<Path> pythonOnPath() {
    return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .filter(folder -> folder.startsWith("/") && Files.isExecutable(Path.of(folder, "python3")))
        .findFirst()
        .map(folder -> Path.of(folder).getParent());
  }

  private static void addToolkit(Set<Path> folders, Path toolkit) {
    folders.add(toolkit.resolve("lib64"));
    folders.add(toolkit.resolve("targets/x86_64-linux/lib"));
    folders.add(toolkit.resolve("lib"));
  }

  private static void addPython(Set<Path> folders, Path prefix) {
    if (Files.isDirectory(prefix.resolve("conda-meta"))) {
      folders.add(prefix.resolve("lib"));
    }
    for (Path python : newestFirst(prefix.resolve("lib"), "python3*")) {
      for (String packages : List.of("site-packages", "dist-packages")) {
        for (String wheel : WHEELS) {
          folders.add(python.resolve(packages).resolve("nvidia").resolve(wheel).resolve("lib"));
        }
      }
    }
  }

  private static List<Path> newestFirst(Path parent, String glob) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(parent)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, glob)) {
        entries.forEach(found::add);
      } catch (IOException | DirectoryIteratorException e) {
        // A folder that cannot be read has nothing for us.
      }
    }
    found.sort(Collections.reverseOrder());
    return found;
  }

  private Optional<Path> path(String variable) {
    try {
      return Optional.ofNullable(environment.get(variable))
          .filter(value -> !value.isBlank())
          .map(Path::of);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
