// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.cvaegpu.study.Claim.Measure;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The studies that are kept in docs/study say what their figures say. */
class CommittedClaimsTest {
  private static final Path STUDIES = Path.of("docs", "study");
  private static final Path WRITTEN = Path.of("target", "claims");

  private static List<String> studies() throws IOException {
    try (Stream<Path> folders = Files.list(STUDIES)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("claims.json")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @BeforeAll
  static void thereAreStudies() throws IOException {
    assertFalse(studies().isEmpty(), "no claims.json in " + STUDIES.toAbsolutePath());
  }

  private static StudyResult read(String study) throws IOException {
    return Json.PRETTY.fromJson(
        Files.readString(STUDIES.resolve(study).resolve("claims.json")), StudyResult.class);
  }

  /** What the text should be is kept where it is not, to be copied. */
  @ParameterizedTest
  @MethodSource("studies")
  void theTextIsThatOfTheFigures(String study) throws IOException {
    String said = ClaimsDocument.markdown(read(study));
    Files.createDirectories(WRITTEN);
    Path file = WRITTEN.resolve(study + ".md");
    Files.writeString(file, said);
    assertEquals(
        said,
        Files.readString(STUDIES.resolve(study).resolve("claims.md")),
        "docs/study/%s/claims.md is not what its claims.json says; that is in %s"
            .formatted(study, file));
  }

  @ParameterizedTest
  @MethodSource("studies")
  void theVerdictsAreThoseOfTheFigures(String study) throws IOException {
    List<Claim> all = read(study).claims();
    for (Claim claim : all) {
      List<Claim> together =
          all.stream().filter(other -> other.learningRate() == claim.learningRate()).toList();
      assertEquals(verdict(claim, together), claim.verdict(), study + ": " + claim.sentence());
    }
  }

  private static Verdict verdict(Claim claim, List<Claim> together) {
    String sentence = claim.sentence();
    Measure first = claim.measures().getFirst();
    if (claim.seeds() == 1) {
      return Verdict.ONE_SEED;
    }
    if (sentence.contains("is held at")) {
      // Means over seeds are within 2 % if every seed is; these studies have no seed that is not.
      return Math.abs(first.control() - 9.97) <= 0.02 * 9.97
          ? Verdict.HOLDS
          : Verdict.DOES_NOT_HOLD;
    }
    if (sentence.contains("optimal")) {
      return Claims.together(
          Claims.besideEachOther(
              claim.measures(),
              adjusted("a higher ELBO", together),
              adjusted("reconstruction loss is lower", together)));
    }
    double p = adjusted(sentence, together);
    assertEquals(p, claim.adjustedP().orElseThrow(), 1e-9, sentence);
    boolean isLower = sentence.contains("faster") || sentence.contains("reconstructs");
    return p < 0.05 ? first.difference().verdict(isLower ? -1 : 1) : Verdict.CANNOT_BE_TOLD;
  }

  /** The p value of the sentence with these words, beside the others. */
  private static double adjusted(String words, List<Claim> together) {
    double[] adjusted = Holm.adjusted(together.stream().mapToDouble(Claim::p).toArray());
    return IntStream.range(0, adjusted.length)
        .filter(i -> together.get(i).sentence().contains(words))
        .mapToDouble(i -> adjusted[i])
        .findFirst()
        .orElseThrow();
  }
}
