// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.report.Block;
import io.github.cvaegpu.report.HtmlReport.Section;
import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.Claim.Measure;
import io.github.cvaegpu.study.RunFigures.LabelFigure;
import io.github.cvaegpu.train.Json;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The claims as people and programs read them. */
class ClaimsDocumentTest {
  private static final Measure MEASURE =
      new Measure(
          "RL",
          "test",
          Accounting.STANDARD,
          131,
          130.5,
          45,
          new PairedDifference(3, -0.5, OptionalDouble.of(0.25)));

  private static final Measure ALONE =
      new Measure("KL", "train", Accounting.STUDY, Double.NaN, 9.97, Double.NaN, null);

  private static Measure ofOneSeed(double difference) {
    return new Measure(
        "ELBO",
        "test",
        Accounting.STANDARD,
        -140,
        -140 + difference,
        Double.NaN,
        new PairedDifference(1, difference, OptionalDouble.empty()));
  }

  private static Claim claim(Measure measure, double rate, Verdict verdict, int seeds, int epochs) {
    return new Claim(
        "It is so",
        rate,
        null,
        List.of(measure),
        verdict,
        OptionalDouble.empty(),
        seeds,
        epochs,
        "Note.");
  }

  private static Claim nothing() {
    return new Claim(
        "It is so",
        1,
        null,
        List.of(),
        Verdict.CANNOT_BE_TOLD,
        OptionalDouble.empty(),
        0,
        0,
        "No labels.");
  }

  @Test
  void aVerdictSaysWhatItRestsOn() {
    assertEquals(
        "holds (5 seeds, 50 epochs)", claim(MEASURE, 1, Verdict.HOLDS, 5, 50).verdictText());
    assertEquals(
        "does not hold (2 seeds, one epoch)",
        claim(MEASURE, 1, Verdict.DOES_NOT_HOLD, 2, 1).verdictText());
    assertEquals(
        "cannot be told (one seed, 2 epochs)",
        claim(MEASURE, 1, Verdict.CANNOT_BE_TOLD, 1, 2).verdictText());
    assertEquals("cannot be told", claim(MEASURE, 1, Verdict.CANNOT_BE_TOLD, 0, 0).verdictText());
  }

  /** No word of a verdict, so no colour of one. */
  @Test
  void oneSeedHasItsFigureInPlaceOfAVerdict() {
    Verdict one = Verdict.ONE_SEED;
    assertEquals(
        "one seed: -0.24 (50 epochs)", claim(ofOneSeed(-0.24), 1, one, 1, 50).verdictText());
    assertEquals("one seed: +1.50 (one epoch)", claim(ofOneSeed(1.5), 1, one, 1, 1).verdictText());
    assertEquals("one seed: 9.97 (50 epochs)", claim(ALONE, 1, one, 1, 50).verdictText());
  }

  @Test
  void aMeasuresCellsAreInTheOrderOfItsColumns() {
    Claim claim = claim(MEASURE, 1, Verdict.HOLDS, 3, 1);
    assertEquals(
        List.of("measure", "images", "accounting", "beta-VAE", "ControlVAE", "difference"),
        ClaimsDocument.columns(claim));
    assertEquals(
        List.of(
            "RL",
            "test",
            "standard",
            "131 (86 above the floor)",
            "130.50 (85.50 above the floor)",
            "-0.50 ± 0.25"),
        ClaimsDocument.cells(MEASURE));
    assertEquals(List.of("KL", "train", "study", "", "9.97", ""), ClaimsDocument.cells(ALONE));
    assertEquals("+2.00 (one seed)", ClaimsDocument.cells(ofOneSeed(2)).getLast());
    assertEquals("0.0000 (one seed)", ClaimsDocument.cells(ofOneSeed(0)).getLast());
    Measure rival =
        new Measure("RL against set point 8", "test", Accounting.STANDARD, 1, 1, Double.NaN, null);
    assertEquals("rival", ClaimsDocument.columns(claim(rival, 1, Verdict.HOLDS, 3, 1)).get(3));
  }

  @Test
  void aNumberHasTheDigitsOfItsSize() {
    assertEquals("1,000", ClaimsDocument.number(1000));
    assertEquals("-12,346", ClaimsDocument.number(-12_345.6));
    assertEquals("999.50", ClaimsDocument.number(999.5));
    assertEquals("10", ClaimsDocument.number(10));
    assertEquals("-10", ClaimsDocument.number(-10));
    assertEquals("1,000", ClaimsDocument.number(1000.4));
    assertEquals("9.00", ClaimsDocument.number(9));
    assertEquals("0.10", ClaimsDocument.number(0.1));
    assertEquals("0.0999", ClaimsDocument.number(0.0999));
    assertEquals("-0.0362", ClaimsDocument.number(-0.0362));
  }

  @Test
  void aLineHasTheFiguresThatItsVerdictGoesBy() {
    assertEquals(
        "holds (3 seeds, 50 epochs):              It is so; test RL 130.50 against 131, difference"
            + " -0.50 ± 0.25",
        ClaimsDocument.line(claim(MEASURE, 1, Verdict.HOLDS, 3, 50)));
    assertEquals(
        "holds (3 seeds, 50 epochs):              It is so; train KL 9.97",
        ClaimsDocument.line(claim(ALONE, 1, Verdict.HOLDS, 3, 50)));
    Claim nothing = nothing();
    assertEquals(
        "cannot be told:                          It is so; No labels.",
        ClaimsDocument.line(nothing));
    Measure ofNothing = new Measure("KL", "", Accounting.STANDARD, 1, 2, Double.NaN, null);
    assertTrue(
        ClaimsDocument.line(claim(ofNothing, 1, Verdict.HOLDS, 2, 1)).endsWith("so; KL 2.00"));
  }

  private static StudyResult result(List<Claim> claims, List<Published.Row> published) {
    return new StudyResult(
        "What was run.", List.of("Beware."), 40, 45, claims, published, List.of(), List.of());
  }

  @Test
  void theVerdictsComeFirstAndTheRulesAfter() {
    String text =
        ClaimsDocument.markdown(
            result(
                List.of(
                    claim(MEASURE, 0.001, Verdict.HOLDS, 3, 50),
                    claim(ofOneSeed(-3.5), 0.0001, Verdict.ONE_SEED, 1, 50)),
                List.of()));
    assertTrue(
        text.startsWith(
            """
            # What the study claims, and what was measured

            What was run.

            **Beware.**

            | the study says | learning rate 0.001 | learning rate 0.0001 |
            |---|---|---|
            | It is so | holds (3 seeds, 50 epochs) | one seed: -3.50 (50 epochs) |

            ## How they are judged

            """),
        text);
    assertTrue(
        text.endsWith(
            """
            ## Learning rate 0.0001

            ### It is so: one seed: -3.50 (50 epochs)

            | measure | images | accounting | beta-VAE | ControlVAE | difference |
            |---|---|---|---|---|---|
            | ELBO | test | standard | -140 | -143.50 | -3.50 (one seed) |

            Note.
            """),
        text);
    for (String rule : ClaimsDocument.RULES) {
      assertTrue(text.contains(rule + "\n\n"), rule);
    }
    assertFalse(text.contains("published"), text);
  }

  @Test
  void thePageHasTheVerdictsFirstAndNoColourForOneSeed() {
    List<Section> sections =
        StudyPage.sections(
            result(
                List.of(
                    claim(MEASURE, 0.001, Verdict.HOLDS, 3, 50),
                    claim(ofOneSeed(-3.5), 0.0001, Verdict.ONE_SEED, 1, 50)),
                Published.compare(
                    List.of(FiguresOf.beta(0).build()), List.of(FiguresOf.control(0).build()))));
    assertEquals(
        List.of(
            "What the study claims",
            "How its claims are judged",
            "Learning rate 0.001",
            "Learning rate 0.0001",
            "The published figures"),
        sections.stream().map(Section::heading).toList());
    String verdicts = html(sections.get(0));
    assertTrue(verdicts.startsWith("<p class=\"warning\">Beware.</p>\n<p>What was run.</p>\n"));
    assertTrue(
        verdicts.contains("<span class=\"badge holds\">holds (3 seeds, 50 epochs)</span>"),
        verdicts);
    assertTrue(verdicts.contains("<td>one seed: -3.50 (50 epochs)</td>"), verdicts);
    assertEquals(
        ClaimsDocument.RULES.size(), html(sections.get(1)).lines().count(), "a paragraph a rule");
    assertTrue(
        html(sections.get(3)).startsWith("<h3>It is so: one seed: -3.50 (50 epochs)</h3>"),
        html(sections.get(3)));
    assertTrue(html(sections.get(3)).contains("-3.50 (one seed)"), html(sections.get(3)));
    assertTrue(html(sections.get(4)).contains("134.05"), html(sections.get(4)));
  }

  private static String html(Section section) {
    return section.blocks().stream().map(Block::html).collect(Collectors.joining());
  }

  @Test
  void aSentenceWithoutMeasuresHasNoTable() {
    Claim nothing = nothing();
    assertTrue(
        ClaimsDocument.markdown(result(List.of(nothing), List.of()))
            .endsWith("## Learning rate 1\n\n### It is so: cannot be told\n\nNo labels.\n"));
  }

  @Test
  void thePublishedFiguresStandBesideOurs() {
    List<RunFigures> beta = List.of(FiguresOf.beta(0).build());
    FiguresOf first = FiguresOf.control(0);
    first.lastStudyRl = 128.82;
    FiguresOf second = FiguresOf.control(1);
    second.lastStudyRl = 128.80;
    List<Published.Row> rows = Published.compare(beta, List.of(first.build(), second.build()));
    assertEquals(7, rows.size());
    Published.Row loss = rows.get(3);
    assertEquals(126.81, loss.published());
    assertEquals(128.81, loss.ours(), 1e-9);
    assertEquals(128.80, loss.smallest());
    assertEquals(128.82, loss.largest());
    assertEquals(2, loss.difference(), 1e-9);
    // Of the one beta-VAE: RL 125, KL 8, studied RL 127.
    assertEquals(127, rows.get(0).ours());
    assertEquals(8, rows.get(1).ours());
    assertEquals(-135, rows.get(2).ours());
    assertEquals(0.25, rows.get(5).ours());
    assertEquals(-136.81, rows.get(6).ours(), 1e-9);
    String text =
        ClaimsDocument.markdown(result(List.of(claim(MEASURE, 1, Verdict.HOLDS, 3, 1)), rows));
    assertTrue(
        text.contains(
            "## The published figures\n\nMeans of the last 100 steps after 200 epochs at learning"
                + " rate 0.001, in the study's accounting. To come back, a figure has to be within"
                + " 2 nats.\n\n| model | figure | published | here | seeds from - to | difference"
                + " |\n|---|---|---|---|---|---|\n| beta-VAE | RL + beta KL | 134.05 | 127.00 |"
                + " 127.00 to 127.00 | -7.05 (outside) |\n| beta-VAE | KL | 7.36 | 8.00 | 8.00 to"
                + " 8.00 | +0.64 |\n"),
        text);
  }

  @Test
  void aPublishedFigureComesBackWithinTwoNats() {
    for (double ours : new double[] {12, 8, 10}) {
      assertTrue(new Published.Row("m", "f", 10, ours, ours, ours).isWithin());
    }
    for (double ours : new double[] {Math.nextUp(12.0), Math.nextDown(8.0), Double.NaN}) {
      assertFalse(new Published.Row("m", "f", 10, ours, ours, ours).isWithin());
    }
  }

  /** claims.json has what its verdicts rest on: whoever reads it can judge again. */
  @Test
  void theFiguresInTheFileGiveTheSameClaims() {
    FiguresOf unlabelled = FiguresOf.control(1);
    unlabelled.hasLabels = false;
    List<RunFigures> runs =
        Stream.of(
                FiguresOf.beta(0),
                FiguresOf.control(0),
                FiguresOf.rival(0, 8),
                FiguresOf.beta(1),
                unlabelled)
            .map(FiguresOf::build)
            .toList();
    Floors floors = new Floors(40, 45, List.of(new LabelFigure(3, 50)));
    List<Claim> claims = new Claims(FiguresOf.RATE, runs, List.of(8.0), floors).judge();
    var result =
        new StudyResult("About.", List.of(), 40, 45, claims, List.of(), floors.testByLabel(), runs);
    StudyResult read = Json.PRETTY.fromJson(Json.PRETTY.toJson(result), StudyResult.class);
    assertEquals(result, read);
    assertEquals(
        claims,
        new Claims(
                FiguresOf.RATE,
                read.runs(),
                List.of(8.0),
                new Floors(read.trainFloor(), read.testFloor(), read.labelFloors()))
            .judge());
  }
}
