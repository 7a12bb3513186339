// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.cvaegpu.train.SavedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other programs see of this one: they must be able to use it by this package alone. */
class PublicApiTest {
  /** All public classes. A new one is a decision: what is here stays. */
  private static final List<Class<?>> CLASSES =
      List.of(
          Controller.class,
          CvaeGpuException.class,
          DataSplit.class,
          Device.class,
          Images.class,
          Listener.class,
          Model.class,
          Plan.class,
          Posteriors.class,
          Scores.class,
          Training.class);

  @Test
  void theseClassesArePublicAndNoOthers() {
    var program =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.github.cvaegpu.api");
    var found = new TreeSet<String>();
    for (var javaClass : program) {
      if (javaClass.isTopLevelClass() && javaClass.getModifiers().contains(JavaModifier.PUBLIC)) {
        found.add(javaClass.getSimpleName());
      }
    }
    var expected = new TreeSet<String>();
    CLASSES.forEach(known -> expected.add(known.getSimpleName()));
    assertEquals(expected, found);
  }

  /** They are what other programs look like: they have no door of their own. */
  @Test
  void theExamplesUseThisPackageAlone() throws IOException {
    Path examples = Path.of("examples", "src");
    assumeTrue(Files.isDirectory(examples), "the examples are not here");
    Pattern other = Pattern.compile("io\\.github\\.cvaegpu(?!\\.api\\b)[\\w.]*");
    List<String> found = new ArrayList<>();
    List<Path> sources;
    try (Stream<Path> files = Files.walk(examples)) {
      sources = files.filter(file -> file.toString().endsWith(".java")).toList();
    }
    for (Path source : sources) {
      other
          .matcher(Files.readString(source))
          .results()
          .forEach(match -> found.add(source + ": " + match.group()));
    }
    assertEquals(List.of(), found);
    assertTrue(sources.size() > 4, sources.toString());
  }

  @Test
  void theProgramInTheReadmeCompiles(@TempDir Path folder) throws Exception {
    Path readme = Path.of("README.md");
    assumeTrue(Files.exists(readme), "the README is not here");
    List<String> blocks =
        Pattern.compile("(?s)```java\n(.*?)```")
            .matcher(Files.readString(readme))
            .results()
            .map(block -> block.group(1))
            .toList();
    assertEquals(1, blocks.size());
    Path source =
        Files.writeString(
            folder.resolve("Readme.java"),
            """
            import io.github.cvaegpu.api.*;
            import java.nio.file.Path;

            class Readme {
              void program() {
                %s
              }
            }
            """
                .formatted(blocks.getFirst()));
    Path classes = Path.of(Plan.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    var said = new ByteArrayOutputStream();
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                said,
                said,
                "-proc:none",
                "-d",
                folder.toString(),
                "-classpath",
                classes.toString(),
                source.toString());
    assertEquals(0, code, said.toString(StandardCharsets.UTF_8));
    assertTrue(Files.exists(folder.resolve("Readme.class")));
  }

  @Test
  void nothingPublicNamesAClassFromElsewhere() {
    List<String> foreign = new ArrayList<>();
    for (Class<?> known : CLASSES) {
      for (Class<?> each :
          Stream.concat(Stream.of(known), Arrays.stream(known.getDeclaredClasses())).toList()) {
        if (Modifier.isPublic(each.getModifiers())) {
          signatures(each).filter(type -> !isKnown(type)).forEach(foreign::add);
        }
      }
    }
    assertEquals(List.of(), foreign);
  }

  private static Stream<String> signatures(Class<?> each) {
    Stream<Type> of =
        Stream.concat(
            Stream.ofNullable(each.getGenericSuperclass()),
            Arrays.stream(each.getGenericInterfaces()));
    for (Executable member :
        Stream.<Executable>concat(
                Arrays.stream(each.getDeclaredMethods()),
                Arrays.stream(each.getDeclaredConstructors()))
            .toList()) {
      if (Modifier.isPublic(member.getModifiers())) {
        of =
            Stream.of(
                    of,
                    Arrays.stream(member.getGenericParameterTypes()),
                    Arrays.stream(member.getGenericExceptionTypes()),
                    member instanceof Method method
                        ? Stream.of(method.getGenericReturnType())
                        : Stream.<Type>of())
                .flatMap(types -> types);
      }
    }
    for (Field field : each.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers())) {
        of = Stream.concat(of, Stream.of(field.getGenericType()));
      }
    }
    return of.flatMap(PublicApiTest::names);
  }

  private static Stream<String> names(Type type) {
    if (type instanceof Class<?> found) {
      return found.isArray() ? names(found.getComponentType()) : Stream.of(found.getName());
    }
    if (type instanceof ParameterizedType found) {
      return Stream.concat(names(found.getRawType()), names(found.getActualTypeArguments()));
    }
    if (type instanceof WildcardType found) {
      return Stream.concat(names(found.getUpperBounds()), names(found.getLowerBounds()));
    }
    if (type instanceof GenericArrayType found) {
      return names(found.getGenericComponentType());
    }
    return names(((TypeVariable<?>) type).getBounds());
  }

  private static Stream<String> names(Type[] types) {
    return Arrays.stream(types).flatMap(PublicApiTest::names);
  }

  private static boolean isKnown(String name) {
    return !name.contains(".")
        || name.startsWith("java.")
        || name.startsWith("io.github.cvaegpu.api.");
  }

  @Test
  void aForeignClassWouldBeFound() {
    assertEquals(
        List.of("io.github.cvaegpu.train.SavedModel"),
        signatures(Leak.class).filter(type -> !isKnown(type)).toList());
  }

  /** What the rule is there for. */
  public interface Leak {
    /** Names a class that may change at any time. */
    Optional<? extends SavedModel[]> saved();
  }
}
