// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which of the jar's libraries of native/cpu this process computes with: the one for the largest
 * instruction set that the processor has. All of them give the same bits.
 */
public final class CpuLibraries {
  /** Environment variable that names the instruction set to use. */
  public static final String OVERRIDE = "CVAE_GPU_ISA";

  /** The instruction sets that there are libraries for. */
  public enum Isa {
    /** AVX-512. */
    V4("x86_64", "avx512f avx512cd avx512bw avx512dq avx512vl avx2 fma bmi2"),
    /** AVX2 and FMA. */
    V3("x86_64", "avx2 fma bmi1 bmi2 f16c abm movbe"),
    /** Of every 64-bit ARM processor. */
    NEON("arm64", "");

    private final String architecture;

    /** As Linux names them. */
    private final String features;

    Isa(String architecture, String features) {
      this.architecture = architecture;
      this.features = features;
    }

    /** As the environment variable and the library's file have it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    private String platform() {
      return "linux-" + architecture;
    }

    private BundledLibrary library() {
      return new BundledLibrary(
          "io/github/cvaegpu/foreign/" + platform() + "/", List.of("libcvae-cpu-" + this + ".so"));
    }
  }

  /**
   * What was found.
   *
   * @param library if there is one that can be used
   * @param problem why there is none, the end of a sentence
   */
  public record Found(Optional<CpuLibrary> library, String problem) {
    private static Found none(String problem) {
      return new Found(Optional.empty(), problem);
    }
  }

  private static final class OfProcess {
    // An outcome, for a static initialiser that throws does so once and is an error ever after.
    private static final Found FOUND = find(asked(), BundledLibrary.platform(), features());
  }

  private CpuLibraries() {}

  /** What the instruction sets take of a processor, as Linux names it, the smaller sets first. */
  public static List<String> extensions() {
    return Arrays.stream(Isa.values())
        .sorted(Comparator.reverseOrder())
        .flatMap(isa -> Arrays.stream(isa.features.split(" ")))
        .filter(name -> !name.isEmpty())
        .distinct()
        .toList();
  }

  /**
   * The library of this process, loaded when first asked for.
   *
   * @throws InputException if {@value #OVERRIDE} asks for one that cannot be used
   */
  public static Found get() {
    Found found = OfProcess.FOUND;
    if (found.library().isEmpty() && asked().isPresent()) {
      throw new InputException(
          "%s is %s, but %s.".formatted(OVERRIDE, asked().get(), found.problem()));
    }
    return found;
  }

  /**
   * Refuses what {@value #OVERRIDE} asks for, if it asks for anything, as {@link #get} does.
   *
   * @throws InputException if that cannot be used
   */
  public static void requireAsked() {
    if (asked().isPresent()) {
      get();
    }
  }

  private static Optional<String> asked() {
    return Optional.ofNullable(System.getenv(OVERRIDE)).filter(name -> !name.isEmpty());
  }

  /**
   * Looks for a library.
   *
   * @param asked what {@value #OVERRIDE} says
   * @param platform of this machine
   * @param features of its processor, as Linux names them
   */
  static Found find(Optional<String> asked, String platform, Set<String> features) {
    if (asked.isPresent()) {
      Optional<Isa> isa = named(asked.get());
      if (isa.isEmpty()) {
        return Found.none("there are v3, v4 and neon");
      }
      return problem(isa.get(), platform, features)
          .map(Found::none)
          .orElseGet(() -> load(isa.get()));
    }
    String problem = "there is none for " + platform;
    for (Isa isa : Isa.values()) {
      Optional<String> unfit = problem(isa, platform, features);
      if (unfit.isEmpty()) {
        return load(isa);
      }
      if (platform.equals(isa.platform())) {
        problem = unfit.get();
      }
    }
    return Found.none(problem);
  }

  private static Optional<Isa> named(String name) {
    return Arrays.stream(Isa.values()).filter(isa -> isa.toString().equals(name)).findFirst();
  }

  /** Why an instruction set cannot be used here, the end of a sentence. */
  private static Optional<String> problem(Isa isa, String platform, Set<String> features) {
    if (!platform.equals(isa.platform())) {
      return Optional.of("this machine is " + platform);
    }
    List<String> lacking =
        Arrays.stream(isa.features.split(" "))
            .filter(feature -> !feature.isEmpty() && !features.contains(feature))
            .toList();
    if (!lacking.isEmpty()) {
      return Optional.of("the processor has no " + String.join(", ", lacking));
    }
    return isa.library().isInJar()
        ? Optional.empty()
        : Optional.of("this build has no library for " + isa);
  }

  /** Where a folder's file system forbids code, as with noexec, the next folder may not. */
  private static Found load(Isa isa) {
    BundledLibrary bundle = isa.library();
    List<CpuLibrary> loaded = new ArrayList<>();
    try {
      NativeFolder.first(
          "cpu-" + isa,
          folder -> {
            bundle.unpack(folder);
            loaded.add(loadFile(folder.resolve(bundle.names().getFirst())));
          });
      return new Found(Optional.of(loaded.getFirst()), "");
    } catch (IOException e) {
      return Found.none("it cannot be unpacked and loaded: " + e.getMessage());
    }
  }

  private static CpuLibrary loadFile(Path file) throws IOException {
    try {
      return new CpuLibrary(file);
    } catch (LinkageError e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static Set<String> features() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return Set.of();
    }
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith("flags") && line.contains(":"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip().split(" +"))
          .<Set<String>>map(names -> new HashSet<>(Arrays.asList(names)))
          .orElse(Set.of());
    } catch (IOException e) {
      return Set.of();
    }
  }
}
