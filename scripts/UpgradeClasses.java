// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Gives the classes in a jar that were compiled for Java 5 the form of Java 17's, in place.
 *
 * <p>A JVM keeps the verifier of such old classes for their sake: it infers types by running
 * through each method, and no archive of class-data sharing takes what went through it. picocli's
 * 228 classes are such, and they are most of what a start of the program loads.
 *
 * <p>{@code java scripts/UpgradeClasses.java JAR}
 */
final class UpgradeClasses {
  /** The first class files whose methods must say which types are where. */
  private static final int WITH_STACK_MAPS = 51;

  private UpgradeClasses() {}

  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    Map<Path, byte[]> upgraded = new HashMap<>();
    try (var loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null);
        FileSystem files = FileSystems.newFileSystem(jar)) {
      // What a method merges two types to is looked up, not loaded.
      ClassHierarchyResolver types =
          ClassHierarchyResolver.ofResourceParsing(loader)
              .orElse(ClassHierarchyResolver.defaultResolver());
      ClassFile tool =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(types));
      for (Path file : classes(files)) {
        byte[] old = Files.readAllBytes(file);
        var model = tool.parse(old);
        if (model.majorVersion() < WITH_STACK_MAPS) {
          upgraded.put(file, tool.transformClass(model, UpgradeClasses::upgrade));
        }
      }
      for (Map.Entry<Path, byte[]> file : upgraded.entrySet()) {
        Files.write(file.getKey(), file.getValue());
      }
    }
    System.out.printf(Locale.ROOT, "%d old classes upgraded in %s%n", upgraded.size(), jar);
  }

  private static List<Path> classes(FileSystem files) throws IOException {
    try (Stream<Path> all = Files.walk(files.getPath("/"))) {
      return all.filter(file -> file.toString().endsWith(".class")).toList();
    }
  }

  private static void upgrade(ClassBuilder builder, ClassElement element) {
    switch (element) {
      case ClassFileVersion _ -> builder.withVersion(ClassFile.JAVA_17_VERSION, 0);
      // Code that is copied instruction by instruction gets new stack maps.
      case MethodModel method ->
          builder.transformMethod(
              method, MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL));
      default -> builder.with(element);
    }
  }
}
