// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
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
