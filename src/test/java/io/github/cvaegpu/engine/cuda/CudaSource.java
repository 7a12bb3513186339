// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a file of kernels states, for comparison with what Java states of it. */
final class CudaSource {
  private static final Pattern KERNEL =
      Pattern.compile(
          "/\\*\\*(?<contract>(?:(?!\\*/).)*)\\*/\\s*extern \"C\" __global__ void"
              + " __launch_bounds__\\((?<bounds>[^)]*)\\)\\s*(?<name>\\w+)\\(",
          Pattern.DOTALL);

  /** A macro with arguments that makes kernels, and the comment before it. */
  private static final Pattern MACRO =
      Pattern.compile(
          "(?<contract>/\\*\\*(?:(?!\\*/).)*\\*/)\\s*#define"
              + " (?<name>\\w+)\\((?<parameters>[^)]*)\\)(?<body>(?:[^\n"
              + "]*\\\\\n"
              + ")*[^\n"
              + "]*)\n",
          Pattern.DOTALL);

  private final String text;

  private CudaSource(String text) {
    this.text = text;
  }

  /**
   * @param file a name in {@code kernels/}
   */
  static CudaSource of(String file) {
    return new CudaSource(expanded(KernelSources.texts().get(file)));
  }

  /** With a kernel, and its contract, in place of each use of a macro that makes kernels. */
  private static String expanded(String text) {
    String rest = text;
    for (MatchResult macro : MACRO.matcher(text).results().toList()) {
      if (!macro.group("body").contains("__global__")) {
        continue;
      }
      rest = rest.replace(macro.group(), "");
      String kernel = macro.group("contract") + macro.group("body").replace("\\\n", "\n");
      String[] parameters = macro.group("parameters").split(",\\s*", -1);
      rest =
          Pattern.compile("\n" + macro.group("name") + "\\(([^)]*)\\)\n")
              .matcher(rest.replace("\n", "\n\n"))
              .replaceAll(
                  use ->
                      Matcher.quoteReplacement(
                          "\n" + with(kernel, parameters, use.group(1).split(",\\s*", -1)) + "\n"))
              .replace("\n\n", "\n");
    }
    return rest;
  }

  private static String with(String kernel, String[] parameters, String[] arguments) {
    String with = kernel;
    for (int i = 0; i < parameters.length; i++) {
      with = with.replaceAll("\\b" + parameters[i] + "\\b", arguments[i]);
    }
    return with.replace("##", "");
  }

  // ---- kernels ---------------------------------------------------------------------------------

  /**
   * A kernel.
   *
   * @param contract the comment before it
   * @param block threads of a block, from __launch_bounds__
   */
  record Declared(String name, String contract, int block) {}

  List<Declared> kernels() {
    return KERNEL
        .matcher(text)
        .results()
        .map(
            found ->
                new Declared(
                    found.group("name"),
                    found.group("contract"),
                    product(found.group("bounds").split(",", 2)[0])))
        .toList();
  }

  /** How many kernels there are, however they are written. */
  long kernelCount() {
    return Pattern.compile("\\b__global__\\b").matcher(text).results().count();
  }

  // ---- constants -------------------------------------------------------------------------------

  /** The value of a macro, of this file or of one that is alone in having it. */
  int constant(String name) {
    Pattern define = Pattern.compile("#define " + name + " (\\w+)\n");
    List<String> found =
        Stream.concat(
                define.matcher(text).results(),
                KernelSources.texts().values().stream()
                    .filter(file -> !define.matcher(text).find())
                    .flatMap(file -> define.matcher(file).results()))
            .map(match -> match.group(1))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " times " + name);
    }
    return product(found.getFirst());
  }

  private int product(String factors) {
    int product = 1;
    for (String factor : factors.split("\\*", -1)) {
      String word = factor.strip();
      product *= Character.isDigit(word.charAt(0)) ? Integer.parseInt(word) : constant(word);
    }
    return product;
  }

  // ---- structs ---------------------------------------------------------------------------------

  /**
   * A struct, as compilers lay it out.
   *
   * @param bytes its size
   * @param offsets of its fields, in their order
   */
  record Struct(int bytes, Map<String, Integer> offsets) {
    int offset(String field) {
      return offsets.get(field);
    }
  }

  Struct struct(String name) {
    String body = only("struct " + name + " \\{([^}]*)\\};").group(1).replaceAll("//[^\n]*", "");
    Map<String, Integer> offsets = new LinkedHashMap<>();
    int end = 0;
    int widest = 1;
    for (String field : fields(body)) {
      int at = Math.max(field.lastIndexOf(' '), field.lastIndexOf('*')) + 1;
      int bytes = bytes(field.substring(0, at).strip());
      int offset = Math.ceilDiv(end, bytes) * bytes;
      offsets.put(field.substring(at), offset);
      end = offset + bytes;
      widest = Math.max(widest, bytes);
    }
    return new Struct(Math.ceilDiv(end, widest) * widest, offsets);
  }

  private static List<String> fields(String body) {
    List<String> fields = new ArrayList<>();
    for (String field : body.split(";", -1)) {
      if (!field.isBlank()) {
        fields.add(field.strip());
      }
    }
    return fields;
  }

  private static int bytes(String type) {
    if (type.endsWith("*")) {
      return Long.BYTES;
    }
    return switch (type) {
      case "int", "float" -> Integer.BYTES;
      case "unsigned long long", "long long" -> Long.BYTES;
      default -> throw new AssertionError("how large is " + type + "?");
    };
  }

  private MatchResult only(String pattern) {
    List<MatchResult> found = Pattern.compile(pattern).matcher(text).results().toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " times " + pattern);
    }
    return found.getFirst();
  }
}
