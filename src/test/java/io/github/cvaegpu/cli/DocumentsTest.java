// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.TrainingPlan;
import io.github.cvaegpu.train.Validation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import picocli.CommandLine.ParameterException;

/** What the documents tell people to type exists, and what they point at is there. */
class DocumentsTest {
  private static final Pattern COMMAND =
      Pattern.compile("java -jar target/cvae-gpu\\.jar([^#`|>$\n]*)(?![^\n]*\\$)");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");
  private static final Pattern LINEAR = Pattern.compile("nn\\.Linear\\((\\d+), (\\d+)\\)");

  /** A class in code font, perhaps with its package before it and a member behind it. */
  private static final Pattern CLASS =
      Pattern.compile("`(?:([a-z][a-z.]*)\\.)?([A-Z]+[a-z]\\w*)(?:\\.([a-z]\\w*))?`");

  private static final Pattern CLASS_LINK =
      Pattern.compile("\\[`(?:[a-z.]+\\.)?(\\w+)`\\]\\(([^)]*)\\)");
  private static final Pattern KERNEL = Pattern.compile("`([a-z0-9]+(?:_[a-z0-9]+)+)`");

  /** A test that Maven is told to run alone, and perhaps of it one method. */
  private static final Pattern TEST = Pattern.compile("-Dtest=(\\w+)(?:#(\\w+))?");

  /** A setting, and not one of its values: all but the seed are parts of something. */
  private static final Pattern SETTING =
      Pattern.compile("`(\\.[a-z_]+|[a-z_]+(?:\\.[a-z_]+)+|seed)`");

  /** {@code group:artifact}, perhaps with a version, in code font. */
  private static final Pattern COORDINATES =
      Pattern.compile("`([\\w.-]+):([\\w.-]+)(?::([\\w.-]+))?`");

  private static final Pattern DEPENDENCY =
      Pattern.compile(
          "<groupId>([^<]*)</groupId>\\s*<artifactId>([^<]*)</artifactId>"
              + "(?:\\s*<version>([^<]*)</version>)?");

  private static final Path TOUR = Path.of("docs", "tour.md");

  private static final List<Path> FOLDERS =
      List.of(Path.of("docs"), Path.of("bench"), Path.of("kernels"), Path.of("native"));

  private static final List<Path> documents = new ArrayList<>();

  @BeforeAll
  static void find() throws IOException {
    assumeTrue(Files.exists(Path.of("README.md")), "the documents are not here");
    for (Path folder : FOLDERS) {
      try (Stream<Path> files = Files.walk(folder)) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
      }
    }
    for (String name : List.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")) {
      documents.add(Path.of(name));
    }
  }

  @Test
  void everyCommandLineIsOneThatTheProgramTakes() throws IOException {
    List<String> refused = new ArrayList<>();
    int commands = 0;
    for (Path document : documents) {
      for (MatchResult found : COMMAND.matcher(Files.readString(document)).results().toList()) {
        String line = found.group(1).strip();
        commands++;
        try {
          CvaeGpu.commandLine().parseArgs(words(line));
        } catch (ParameterException e) {
          refused.add(document + ": " + line + ": " + e.getMessage());
        }
      }
    }
    assertEquals(List.of(), refused);
    assertTrue(commands > 15, commands + " commands were found");
  }

  /** Where the library is named for Maven, or for what takes Maven's coordinates. */
  @Test
  void theLibrarysCoordinatesAreThoseOfThePom() throws Exception {
    Element pom =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(Path.of("pom.xml").toFile())
            .getDocumentElement();
    List<String> own =
        Stream.of("groupId", "artifactId", "version").map(name -> child(pom, name)).toList();
    List<Path> places = new ArrayList<>(documents);
    places.add(Path.of("examples", "pom.xml"));
    places.add(Path.of("examples", "README.md"));
    List<String> wrong = new ArrayList<>();
    int named = 0;
    int versions = 0;
    for (Path place : places) {
      String text = Files.readString(place);
      for (Pattern pattern : List.of(COORDINATES, DEPENDENCY)) {
        for (MatchResult found : pattern.matcher(text).results().toList()) {
          if (found.group(1).equals(own.get(0)) || found.group(2).equals(own.get(1))) {
            named++;
            versions += found.group(3) == null ? 0 : 1;
            for (int part = 0; part < own.size(); part++) {
              String there = found.group(part + 1);
              if (there != null && !there.equals(own.get(part))) {
                wrong.add(place + ": " + found.group());
              }
            }
          }
        }
      }
    }
    assertEquals(List.of(), wrong, "the pom has " + String.join(":", own));
    assertTrue(named >= 3 && versions >= 2, named + ", with a version " + versions);
  }

  private static String child(Element parent, String name) {
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(name)) {
        return node.getTextContent();
      }
    }
    throw new AssertionError("no " + name);
  }

  private static String[] words(String line) {
    return line.isEmpty() ? new String[0] : line.split("\\s+", -1);
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : documents) {
      for (MatchResult link : LINK.matcher(Files.readString(document)).results().toList()) {
        String target = link.group(1);
        if (!target.startsWith("http") && !Files.exists(document.resolveSibling(target))) {
          broken.add(document + ": " + target);
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  /** A name that a class had before it was renamed sends its readers nowhere. */
  @Test
  void everyClassThatIsNamedExists() throws IOException {
    List<Path> sources = sources();
    List<String> unknown = new ArrayList<>();
    int names = 0;
    for (Path document : documents) {
      // Results are of the commit that they name.
      if (document.startsWith(Path.of("bench", "results"))) {
        continue;
      }
      for (MatchResult name : CLASS.matcher(Files.readString(document)).results().toList()) {
        names++;
        if (!isInSources(name, sources) && !isInJava(name.group(2))) {
          unknown.add(document + ": " + name.group());
        }
      }
    }
    assertEquals(List.of(), unknown);
    assertTrue(names > 150, names + " names were found");
  }

  /** Of a name that is no test's, Maven says that no tests were run. */
  @Test
  void everyTestThatMavenIsToRunExists() throws IOException {
    List<Path> sources = sources();
    List<String> unknown = new ArrayList<>();
    int tests = 0;
    for (Path document : documents) {
      for (MatchResult test : TEST.matcher(Files.readString(document)).results().toList()) {
        tests++;
        Path file = Path.of(test.group(1) + ".java");
        Optional<Path> source = sources.stream().filter(each -> each.endsWith(file)).findFirst();
        if (source.isEmpty()
            || (test.group(2) != null
                && !Files.readString(source.get()).contains(" " + test.group(2) + "("))) {
          unknown.add(document + ": " + test.group());
        }
      }
    }
    assertEquals(List.of(), unknown);
    assertTrue(tests >= 3, tests + " were found");
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  private static boolean isInSources(MatchResult name, List<Path> sources) throws IOException {
    Path file = Path.of(name.group(2) + ".java");
    for (Path source : sources) {
      Path folder = source.getParent();
      if (source.endsWith(file)
          && (name.group(1) == null || folder.endsWith(name.group(1).replace('.', '/')))
          && (name.group(3) == null || Files.readString(source).contains(name.group(3) + "("))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isInJava(String name) {
    for (String packageName : List.of("java.lang", "java.lang.foreign", "java.util")) {
      try {
        Class.forName(packageName + "." + name, false, DocumentsTest.class.getClassLoader());
        return true;
      } catch (ClassNotFoundException e) {
        // Perhaps in the next one.
      }
    }
    return false;
  }

  @Test
  void theTourLeadsToTheClassesAndKernelsThatItNames() throws IOException {
    String tour = Files.readString(TOUR);
    List<String> wrong = new ArrayList<>();
    int links = 0;
    for (MatchResult link : CLASS_LINK.matcher(tour).results().toList()) {
      links++;
      if (!link.group(2).endsWith("/" + link.group(1) + ".java")) {
        wrong.add(link.group());
      }
    }
    var kernels = new StringBuilder();
    try (Stream<Path> files = Files.list(Path.of("kernels"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".cu")).toList()) {
        kernels.append(Files.readString(file));
      }
    }
    List<MatchResult> named = KERNEL.matcher(tour).results().toList();
    for (MatchResult kernel : named) {
      if (!Pattern.compile("__global__[^{]*?\\b" + kernel.group(1) + "\\(")
          .matcher(kernels)
          .find()) {
        wrong.add(kernel.group());
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(links > 50 && named.size() >= 3, links + " links, " + named.size() + " kernels");
  }

  /** Each path of the table of options, in a plan of one rule or another. */
  @Test
  void everySettingThatTheDefinitionsNameIsInAPlan() throws IOException {
    TrainingPlan plan =
        TrainingPlan.defaults()
            .withValidation(new Validation(0.1, new Patience(5, Patience.Measure.ELBO)));
    TrainingPlan gaussian = plan.withObjective(Objective.gaussian(Sigma.LEARNED));
    List<JsonObject> plans =
        Stream.concat(
                RuleKind.ALL.stream().map(kind -> plan.withRule(kind.rule(new RuleOptions()))),
                Stream.of(
                        new RateSchedule.Cosine(10, 0, plan.epochs()),
                        new RateSchedule.Step(0, 50, 0.1))
                    .map(gaussian::withRates))
            .map(each -> Json.PRETTY.toJsonTree(each).getAsJsonObject())
            .toList();
    int named = 0;
    for (String line : Files.readAllLines(Path.of("docs", "definitions.md"))) {
      String[] cells = line.split("\\|", -1);
      if (cells.length != 4 || !cells[2].contains("`") || !isOfOptions(cells[1])) {
        continue;
      }
      String parent = "";
      for (MatchResult name : SETTING.matcher(cells[2]).results().toList()) {
        // ".ki" after "rule.kp" is "rule.ki".
        String path = name.group(1).startsWith(".") ? parent + name.group(1) : name.group(1);
        parent = path.contains(".") ? path.substring(0, path.lastIndexOf('.')) : "";
        assertTrue(plans.stream().anyMatch(each -> has(each, path)), path);
        named++;
      }
    }
    assertEquals(38, named);
  }

  private static boolean isOfOptions(String cell) {
    return cell.contains("`--") || cell.strip().equals("none yet");
  }

  private static boolean has(JsonObject plan, String path) {
    JsonElement at = plan;
    for (String name : path.split("\\.", -1)) {
      if (!(at instanceof JsonObject object) || !object.has(name)) {
        return false;
      }
      at = object.get(name);
    }
    return true;
  }

  /** The lines of Python open what the command above them has trained. */
  @Test
  void theNetworkInPythonIsThatOfTheRun() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    MatchResult train =
        COMMAND
            .matcher(readme)
            .results()
            .filter(found -> found.group(1).contains("--out runs/mine"))
            .findFirst()
            .orElseThrow();
    var command = CvaeGpu.commandLine();
    var options = command.parseArgs(words(train.group(1).strip())).subcommand();
    List<Integer> sizes = new ArrayList<>(List.of(28 * 28));
    for (String width :
        options.matchedOption("--hidden").originalStringValues().getFirst().split(",", -1)) {
      sizes.add(Integer.valueOf(width));
    }
    int latent = options.matchedOptionValue("--latent", 0);
    List<String> expected = new ArrayList<>();
    for (int i = 1; i < sizes.size(); i++) {
      expected.add(sizes.get(i - 1) + ", " + sizes.get(i));
    }
    expected.add(sizes.getLast() + ", " + 2 * latent);
    expected.add(latent + ", " + sizes.getLast());
    for (int i = sizes.size() - 1; i > 0; i--) {
      expected.add(sizes.get(i) + ", " + sizes.get(i - 1));
    }
    List<String> written =
        LINEAR.matcher(readme).results().map(m -> m.group(1) + ", " + m.group(2)).toList();
    assertFalse(written.isEmpty());
    assertEquals(expected, written);
  }
}
