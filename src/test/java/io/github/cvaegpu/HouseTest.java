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

/** The house: each floor imports only floors below it. */
class HouseTest {
  /** Top floor first. The root package, which all may use, is not a floor. */
  private static final List<String> FLOORS =
      List.of(
          "cli",
          "study",
          "report",
          "train",
          "eval",
          "engine.cpu",
          "engine.cuda",
          "engine",
          "control",
          "data",
          "model",
          "random",
          "foreign");

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

  private final JavaClasses program =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.github.cvaegpu");

  @Test
  void eachFloorIsUsedOnlyFromFloorsAbove() {
    var house = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String floor : FLOORS) {
      house = house.layer(floor).definedBy(ROOT + floor);
    }
    List<String> above = new ArrayList<>();
    for (String floor : FLOORS) {
      house =
          above.isEmpty()
              ? house.whereLayer(floor).mayNotBeAccessedByAnyLayer()
              : house.whereLayer(floor).mayOnlyBeAccessedByLayers(above.toArray(String[]::new));
      above.add(floor);
    }
    house.check(program);
  }

  @Test
  void everyPackageIsAFloor() {
    for (var javaClass : program) {
      String name = javaClass.getPackageName();
      boolean known =
          name.equals("io.github.cvaegpu")
              || name.equals(ROOT + "launcher")
              || FLOORS.stream().anyMatch(floor -> name.equals(ROOT + floor));
      assertTrue(known, name + " is not in the house");
    }
  }

  /** Which machine computes is one floor's business. */
  @Test
  void theTrainerKnowsNoEngineInParticular() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT + "train", ROOT + "eval")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + "engine.cpu", "java.lang.foreign", "jdk.incubator..", "jcuda..")
        .check(program);
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
        .check(program);
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
    rule.callCodeUnitWhere(forbidden).check(program);
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
        .resideInAnyPackage(FLOORS.stream().map(floor -> ROOT + floor).toArray(String[]::new))
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("io.github.cvaegpu")
        .check(program);
  }
}
