// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A profiler's library, made for the test by the C compiler: it takes NVTX as NVIDIA's tools do and
 * writes what it is told to a file. Written from the layouts of NVTX version 3, without its
 * headers.
 */
public final class NvtxTool {
  private static final String SOURCE =
      """
      #include <stdint.h>
      #include <stdio.h>
      #include <string.h>

      enum { CALLBACKS = 1, CORE2 = 5 };
      enum { MARK = 1, PUSH = 4, POP = 5, REGISTER = 10, CREATE = 12 };
      enum { UNSIGNED_INT64 = 1, REGISTERED = 3 };

      typedef void (*Function)(void);
      typedef struct {
        size_t size;
        int (*table)(int module, Function*** functions, unsigned* count);
      } Callbacks;
      typedef struct {
        uint16_t version, size;
        uint32_t category;
        int32_t color_type;
        uint32_t color;
        int32_t payload_type, reserved;
        uint64_t payload;
        int32_t message_type;
        const char* message;
      } Event;

      static int domain;
      static int depth;

      static void tell(const char* what, const Event* event) {
        FILE* file = fopen(LOG, "a");
        int is_valid = event == 0 || (event->version == 3 && event->size == sizeof(Event) &&
            event->payload_type == UNSIGNED_INT64 && event->message_type == REGISTERED);
        if (event == 0) fprintf(file, "%s\\n", what);
        else if (!is_valid) fprintf(file, "%s: not understood\\n", what);
        else fprintf(file, "%s %s %llu\\n", what, event->message, (unsigned long long)event->payload);
        fclose(file);
      }

      static void* create(const char* name) {
        char text[100];
        snprintf(text, sizeof text, "domain %s", name);
        tell(text, 0);
        return &domain;
      }
      static void* register_string(void* of, const char* name) {
        return of == &domain ? strdup(name) : 0;
      }
      static int push(void* of, const Event* event) {
        tell(of == &domain ? "push" : "push elsewhere", event);
        return depth++;
      }
      static int pop(void* of) {
        tell(of == &domain ? "pop" : "pop elsewhere", 0);
        return --depth;
      }
      static void mark(void* of, const Event* event) {
        tell(of == &domain ? "mark" : "mark elsewhere", event);
      }

      int ENTRY(const void* (*get_table)(uint32_t)) {
        const Callbacks* callbacks = get_table(CALLBACKS);
        Function** functions;
        unsigned count;
        if (callbacks == 0 || !callbacks->table(CORE2, &functions, &count) || count <= CREATE) return 0;
        if (!TAKES_NVTX) return 1;
        *functions[CREATE] = (Function)create;
        *functions[REGISTER] = (Function)register_string;
        *functions[PUSH] = (Function)push;
        *functions[POP] = (Function)pop;
        *functions[MARK] = (Function)mark;
        return 1;
      }
      """;

  private final Path library;
  private final Path log;

  private NvtxTool(Path library, Path log) {
    this.library = library;
    this.log = log;
  }

  /** One that takes NVTX; skips the test where there is no compiler. */
  public static NvtxTool compile(Path folder) {
    return compile(folder, "InitializeInjectionNvtx2", true);
  }

  /**
   * One of its own ways.
   *
   * @param entry the name of its entry point
   * @param takesNvtx whether it asks to be told anything
   */
  static NvtxTool compile(Path folder, String entry, boolean takesNvtx) {
    Path library = folder.resolve("libtool.so");
    Path log = folder.resolve("nvtx.txt");
    Process compiler;
    try {
      Path source = Files.writeString(folder.resolve("tool.c"), SOURCE);
      List<String> command = new ArrayList<>(List.of("gcc", "-D_GNU_SOURCE", "-shared", "-fPIC"));
      command.add("-DLOG=\"%s\"".formatted(log));
      command.add("-DENTRY=" + entry);
      command.add("-DTAKES_NVTX=" + (takesNvtx ? 1 : 0));
      command.addAll(List.of("-o", library.toString(), source.toString()));
      compiler = new ProcessBuilder(command).inheritIO().start();
    } catch (IOException e) {
      return abort("there is no gcc to make a profiler with: " + e.getMessage());
    }
    try {
      assertEquals(0, compiler.waitFor());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return new NvtxTool(library, log);
  }

  /** Its library. */
  public Path library() {
    return library;
  }

  /**
   * What it was told, a line each: {@code push NAME NUMBER}, {@code pop}, {@code mark NAME NUMBER}.
   */
  public List<String> told() throws IOException {
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }
}
