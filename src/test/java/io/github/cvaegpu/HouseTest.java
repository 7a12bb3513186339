// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The house: each package imports only packages on floors below its own. */
@Execution(ExecutionMode.CONCURRENT)
class HouseTest {
  /**
   * What computes. The top floor alone knows them: not what trains and measures, and not one engine
   * the other.
   */
  private static final List<String> ENGINES = List.of("engine.cpu", "engine.cuda");

  /**
   * Top floor first. Packages side by side on a floor know nothing of each other. The root package,
   * which all may use, is on none.
   */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of("cli", "api"),
          List.of("study", "sweep", "serve"),
          List.of("report", "track"),
          List.of("export"),
          List.of("train"),
          List.of("eval"),
          ENGINES,
          List.of("engine"),
          List.of("control"),
          List.of("data"),
          List.of("model"),
          List.of("random"),
          List.of("foreign"));

  private static final List<String> PACKAGES = FLOORS.stream().flatMap(List::stream).toList();

  private static final Set<String> RESOURCE_METHODS =
      Set.of(
          "getResource",
          "getResources",
          "getResourceAsStream",
          "getSystemResource",
          "getSystemResources",
          "getSystemResourceAsStream",
          "resources",
          "getBundle");

  private static final String ROOT = "io.github.cvaegpu.";

  /** Read once, for all tests: that takes longer than they do. */
  private static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.github.cvaegpu");

  @Test
  void eachFloorIsUsedOnlyFromFloorsAbove() {
    var house = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String name : PACKAGES) {
      house = house.layer(name).definedBy(ROOT + name);
    }
    List<String> above = new ArrayList<>();
    for (List<String> floor : FLOORS) {
      List<String> users = floor.equals(ENGINES) ? FLOORS.getFirst() : above;
      for (String name : floor) {
        house =
            users.isEmpty()
                ? house.whereLayer(name).mayNotBeAccessedByAnyLayer()
                : house.whereLayer(name).mayOnlyBeAccessedByLayers(users.toArray(String[]::new));
      }
      above.addAll(floor);
    }
    house.check(PROGRAM);
  }

  @Test
  void everyPackageIsAFloor() {
    for (var javaClass : PROGRAM) {
      String name = javaClass.getPackageName();
      boolean known =
          name.equals("io.github.cvaegpu")
              || name.equals(ROOT + "launcher")
              || PACKAGES.stream().anyMatch(own -> name.equals(ROOT + own));
      assertTrue(known, name + " is not in the house");
    }
  }

  /** What all may use knows nothing of them. */
  @Test
  void theRootPackageUsesNoFloor() {
    noClasses()
        .that()
        .resideInAPackage("io.github.cvaegpu")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PACKAGES.stream().map(name -> ROOT + name).toArray(String[]::new))
        .check(PROGRAM);
  }

  /** Which machine computes is one floor's business: what is above sees {@code engine} alone. */
  @Test
  void whatTrainsAndMeasuresKnowsNoEngineInParticular() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT + "train",
            ROOT + "eval",
            ROOT + "export",
            ROOT + "study",
            ROOT + "sweep",
            ROOT + "report",
            ROOT + "track",
            ROOT + "serve")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            ROOT + "engine.cpu", ROOT + "engine.cuda", "java.lang.foreign", "jcuda..")
        .check(PROGRAM);
  }

  /** Error Prone's DefaultLocale forbids this to the rest, but does not see the launcher. */
  @Test
  void theLauncherWritesNumbersInNoLocale() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "launcher")
        .should()
        .callMethod(String.class, "format", String.class, Object[].class)
        .orShould()
        .callMethod(String.class, "toLowerCase")
        .orShould()
        .callMethod(String.class, "toUpperCase")
        .orShould()
        .callMethod(PrintStream.class, "printf", String.class, Object[].class)
        .check(PROGRAM);
  }

  /** Java splits the URL of what is in a jar at the first !/, which a folder's name may hold. */
  @Test
  void resourcesAreReadInOnePlaceAndByNoUrl() {
    var rule = noClasses().that().doNotHaveFullyQualifiedName(ROOT + "Resources").should();
    var forbidden =
        DescribedPredicate.describe(
            "look for a resource by URL",
            (JavaCall<?> call) ->
                (RESOURCE_METHODS.contains(call.getName())
                        && (call.getTargetOwner().isAssignableTo(Class.class)
                            || call.getTargetOwner().isAssignableTo(ClassLoader.class)
                            || call.getTargetOwner().isAssignableTo(Module.class)
                            || call.getTargetOwner().isAssignableTo(ResourceBundle.class)))
                    || call.getTargetOwner().isAssignableTo(URL.class)
                    || call.getTargetOwner().isAssignableTo(URLConnection.class));
    rule.callCodeUnitWhere(forbidden).check(PROGRAM);
    // A rule that finds nothing anywhere would hold for any program.
    assertThrows(
        AssertionError.class,
        () ->
            noClasses()
                .should()
                .callCodeUnitWhere(forbidden)
                .check(new ClassFileImporter().importClasses(Resources.class)));
  }

  /** The launcher starts on an old Java: it must not reach for anything compiled for a new one. */
  @Test
  void theLauncherStandsAlone() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "launcher")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PACKAGES.stream().map(name -> ROOT + name).toArray(String[]::new))
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("io.github.cvaegpu")
        .check(PROGRAM);
  }
}
