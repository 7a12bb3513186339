// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * The training step of native/cpu, bound through the Foreign Function &amp; Memory API: the
 * functions of its model.h, where they are described.
 *
 * <p>What has a parameter {@code member} is called by all threads of a model, and returns when all
 * are done.
 */
public final class CpuLibrary {
  /** The version of model.h that this class is for. */
  private static final int INTERFACE = 5;

  /** What encodes, or decodes to more than one array: model, member, count and three arrays. */
  private static final FunctionDescriptor INFERENCE =
      FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS);

  private final String isa;
  private final int chunk;
  private final int phases;
  private final MethodHandle create;
  private final MethodHandle activation;
  private final MethodHandle likelihood;
  private final MethodHandle destroy;
  private final MethodHandle write;
  private final MethodHandle read;
  private final MethodHandle step;
  private final MethodHandle allocate;
  private final MethodHandle free;
  private final MethodHandle encode;
  private final MethodHandle decode;
  private final MethodHandle logits;
  private final MethodHandle score;
  private final MethodHandle times;
  private final MethodHandle fma;
  private final MethodHandle fmaFlops;
  private final MethodHandle change;
  private final MethodHandle matrix;
  private final MethodHandle isIntact;

  /**
   * A model of the library.
   *
   * @param handle what the library knows it by
   */
  public record Model(MemorySegment handle) {}

  /**
   * Loads a library for good.
   *
   * @throws LinkageError if it is none that this class is for
   */
  CpuLibrary(Path file) {
    SymbolLookup functions;
    try {
      functions = SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new LinkageError(e.getMessage(), e);
    }
    try {
      int version =
          (int) handle(functions, "interface", FunctionDescriptor.of(JAVA_INT)).invokeExact();
      if (version != INTERFACE) {
        throw new LinkageError("it has interface " + version + ", not " + INTERFACE);
      }
      var name =
          (MemorySegment) handle(functions, "isa", FunctionDescriptor.of(ADDRESS)).invokeExact();
      isa = name.reinterpret(Long.MAX_VALUE).getString(0);
      chunk = (int) handle(functions, "chunk", FunctionDescriptor.of(JAVA_INT)).invokeExact();
      phases = (int) handle(functions, "phases", FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      throw new LinkageError("it could not be asked about itself", e);
    }
    create =
        handle(
            functions,
            "create",
            FunctionDescriptor.of(
                ADDRESS,
                JAVA_INT,
                JAVA_INT,
                ADDRESS,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS));
    activation = handle(functions, "activation", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    likelihood = handle(functions, "likelihood", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    destroy = handle(functions, "destroy", FunctionDescriptor.ofVoid(ADDRESS));
    write = handle(functions, "write", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, ADDRESS));
    read = handle(functions, "read", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, ADDRESS));
    step =
        handle(
            functions,
            "step",
            FunctionDescriptor.ofVoid(
                ADDRESS,
                JAVA_INT,
                JAVA_LONG,
                ADDRESS,
                ADDRESS,
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                JAVA_FLOAT,
                ADDRESS));
    allocate = handle(functions, "allocate", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    free = handle(functions, "free", FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));
    encode = handle(functions, "encode", INFERENCE);
    decode =
        handle(
            functions,
            "decode",
            FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
    logits = handle(functions, "logits", INFERENCE);
    score = handle(functions, "score", INFERENCE);
    times = handle(functions, "times", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    fma = handle(functions, "fma", FunctionDescriptor.of(JAVA_FLOAT, JAVA_LONG));
    fmaFlops = handle(functions, "fma_flops", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    change = handle(functions, "change", FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG));
    matrix =
        handle(
            functions,
            "matrix",
            FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    isIntact = handle(functions, "is_intact", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  }

  private static MethodHandle handle(SymbolLookup functions, String name, FunctionDescriptor type) {
    return Linker.nativeLinker()
        .downcallHandle(
            functions
                .find("cvae_" + name)
                .orElseThrow(() -> new UnsatisfiedLinkError("it has no function cvae_" + name)),
            type);
  }

  /** The instruction set that it is compiled for. */
  public String isa() {
    return isa;
  }

  /** Most images, or latent points, that a model encodes, decodes or scores at a time. */
  public int chunk() {
    return chunk;
  }

  /**
   * The number of an activation.
   *
   * @param name in lower case
   * @return empty if the library has none of that name
   */
  public OptionalInt activation(String name) {
    return number(activation, "activation", name);
  }

  /**
   * The number of a likelihood.
   *
   * @param name in lower case
   * @return empty if the library has none of that name
   */
  public OptionalInt likelihood(String name) {
    return number(likelihood, "likelihood", name);
  }

  private static OptionalInt number(MethodHandle function, String what, String name) {
    try (Arena arena = Arena.ofConfined()) {
      int number = (int) function.invokeExact(arena.allocateFrom(name));
      return number < 0 ? OptionalInt.empty() : OptionalInt.of(number);
    } catch (Throwable e) {
      throw failed(what, e);
    }
  }

  /**
   * Makes a model; its parameters are zero.
   *
   * @param hidden widths
   * @param activation its number
   * @param batch most images of a training step; 0 if there will be none
   * @param keepsGradients whether a step keeps its gradients, for tests
   * @param threads that will call
   * @param hasCores whether each has a core
   * @param likelihood its number
   * @param logSigma logarithm of the standard deviation of a likelihood that has one
   * @param learnsSigma whether that is a parameter instead
   * @param klTerm a {@code cvae_kl_term}
   * @param klGiven what it is given for all steps
   * @param targets of each value of a pixel
   * @return null if there is too little memory
   */
  public Model create(
      int inputs,
      int[] hidden,
      int latent,
      int activation,
      long batch,
      boolean keepsGradients,
      int threads,
      boolean hasCores,
      int likelihood,
      float logSigma,
      boolean learnsSigma,
      int klTerm,
      float klGiven,
      float[] targets) {
    try (Arena arena = Arena.ofConfined()) {
      var model =
          (MemorySegment)
              create.invokeExact(
                  inputs,
                  hidden.length,
                  arena.allocateFrom(ValueLayout.JAVA_INT, hidden),
                  latent,
                  activation,
                  batch,
                  keepsGradients ? 1 : 0,
                  threads,
                  hasCores ? 1 : 0,
                  likelihood,
                  logSigma,
                  learnsSigma ? 1 : 0,
                  klTerm,
                  klGiven,
                  arena.allocateFrom(ValueLayout.JAVA_FLOAT, targets));
      return model.address() == 0 ? null : new Model(model);
    } catch (Throwable e) {
      throw failed("create", e);
    }
  }

  /** Gives a model's memory back. */
  public void destroy(Model model) {
    try {
      destroy.invokeExact(model.handle);
    } catch (Throwable e) {
      throw failed("destroy", e);
    }
  }

  /** Overwrites parameters (0), first moments (1) or second moments (2). */
  public void write(Model model, int which, float[] from) {
    try (Arena arena = Arena.ofConfined()) {
      write.invokeExact(model.handle, which, arena.allocateFrom(ValueLayout.JAVA_FLOAT, from));
    } catch (Throwable e) {
      throw failed("write", e);
    }
  }

  /** Copies parameters (0), first moments (1), second moments (2) or gradients (3). */
  public void read(Model model, int which, float[] to) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocate(ValueLayout.JAVA_FLOAT, to.length);
      read.invokeExact(model.handle, which, floats);
      MemorySegment.copy(floats, ValueLayout.JAVA_FLOAT, 0, to, 0, to.length);
    } catch (Throwable e) {
      throw failed("read", e);
    }
  }

  /** Trains a step; {@code klNumber} is beta or C, {@code losses} may be null's segment. */
  public void step(
      Model model,
      int member,
      long images,
      MemorySegment pixels,
      MemorySegment order,
      long seed,
      int purpose,
      int number,
      float klNumber,
      float stepSize,
      float rootScale,
      MemorySegment losses) {
    try {
      step.invokeExact(
          model.handle,
          member,
          images,
          pixels,
          order,
          seed,
          purpose,
          number,
          klNumber,
          stepSize,
          rootScale,
          losses);
    } catch (Throwable e) {
      throw failed("step", e);
    }
  }

  /**
   * Memory for the pixels of many images, in large pages where the system has them.
   *
   * @param arena that it is given back with
   * @return null if there is too little
   */
  public MemorySegment allocate(Arena arena, long bytes) {
    try {
      var memory = (MemorySegment) allocate.invokeExact(bytes);
      return memory.address() == 0
          ? null
          : memory.reinterpret(bytes, arena, segment -> free(segment, bytes));
    } catch (Throwable e) {
      throw failed("allocate", e);
    }
  }

  private void free(MemorySegment memory, long bytes) {
    try {
      free.invokeExact(memory, bytes);
    } catch (Throwable e) {
      throw failed("free", e);
    }
  }

  /** Encodes up to a chunk of images. */
  public void encode(
      Model model,
      int member,
      long images,
      MemorySegment pixels,
      MemorySegment mean,
      MemorySegment logVariance) {
    infer(encode, "encode", model, member, images, pixels, mean, logVariance);
  }

  /** Decodes up to a chunk of latent points. */
  public void decode(Model model, int member, long points, MemorySegment z, MemorySegment mean) {
    try {
      decode.invokeExact(model.handle, member, points, z, mean);
    } catch (Throwable e) {
      throw failed("decode", e);
    }
  }

  /** Decodes up to a chunk of latent points, to the decoder's own outputs. */
  public void logits(
      Model model,
      int member,
      long points,
      MemorySegment z,
      MemorySegment to,
      MemorySegment logPartition) {
    infer(logits, "logits", model, member, points, z, to, logPartition);
  }

  /** Scores up to a chunk of images, each under a latent point. */
  public void score(
      Model model,
      int member,
      long images,
      MemorySegment pixels,
      MemorySegment z,
      MemorySegment loss) {
    infer(score, "score", model, member, images, pixels, z, loss);
  }

  private static void infer(
      MethodHandle function,
      String name,
      Model model,
      int member,
      long count,
      MemorySegment first,
      MemorySegment second,
      MemorySegment third) {
    try {
      function.invokeExact(model.handle, member, count, first, second, third);
    } catch (Throwable e) {
      throw failed(name, e);
    }
  }

  /** Nanoseconds of each phase of the steps since the last call; from the first call on. */
  public long[] times(Model model) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nanos = arena.allocate(JAVA_LONG, phases);
      times.invokeExact(model.handle, nanos);
      return nanos.toArray(JAVA_LONG);
    } catch (Throwable e) {
      throw failed("times", e);
    }
  }

  /**
   * Does nothing but fused multiplications and additions, as many at a time as hide their latency.
   *
   * @return floating-point operations done
   */
  public long fma(long rounds) {
    try {
      float sum = (float) fma.invokeExact(rounds);
      // It converges, so it is a number.
      return Float.isNaN(sum) ? 0 : (long) fmaFlops.invokeExact(rounds);
    } catch (Throwable e) {
      throw failed("fma", e);
    }
  }

  /** Reads and writes all of some floats, so many times. */
  public void change(MemorySegment floats, long rounds) {
    try {
      change.invokeExact(floats, floats.byteSize() / Float.BYTES, rounds);
    } catch (Throwable e) {
      throw failed("change", e);
    }
  }

  /**
   * A matrix of the last training step, for tests.
   *
   * @param which a {@code cvae_which} of model.h
   * @param layer where there are several
   * @param images of the step
   * @param features it has
   * @return (images, features)
   */
  public float[] matrix(Model model, int which, int layer, int images, int features) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats =
          arena.allocate(ValueLayout.JAVA_FLOAT, Math.multiplyExact(images, features));
      var found = (long) matrix.invokeExact(model.handle, which, layer, floats);
      if (found != features) {
        throw new IllegalArgumentException("it has features: " + found);
      }
      return floats.toArray(ValueLayout.JAVA_FLOAT);
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw failed("matrix", e);
    }
  }

  /** Whether nothing has been written beyond the end of a model's buffers, for tests. */
  public boolean isIntact(Model model) {
    try {
      return (int) isIntact.invokeExact(model.handle) != 0;
    } catch (Throwable e) {
      throw failed("is_intact", e);
    }
  }

  private static LinkageError failed(String function, Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new LinkageError("cvae_" + function, e);
  }
}
