// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.report.Block;
import io.github.cvaegpu.report.Block.Heading;
import io.github.cvaegpu.report.Block.Paragraph;
import io.github.cvaegpu.report.Block.Table;
import io.github.cvaegpu.report.Block.Warning;
import io.github.cvaegpu.report.HtmlReport;
import io.github.cvaegpu.report.HtmlReport.Section;
import io.github.cvaegpu.report.HtmlReport.Subject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code report.html} of a study: its claims and pictures beside what every report has. */
public final class StudyPage {
  private final StudyReport report;
  private final StudyFigures figures;

  /**
   * @param report that was judged
   * @param figures that were drawn, or not, where there are no fonts
   */
  public StudyPage(StudyReport report, StudyFigures figures) {
    this.report = report;
    this.figures = figures;
  }

  /**
   * Writes the page. Models can be looked into for the first seed.
   *
   * @return its size in bytes
   * @throws io.github.cvaegpu.InputException if it cannot be written
   */
  public long write(Path file) {
    List<Subject> subjects = new ArrayList<>();
    for (StudyRun run : report.study().runs()) {
      report
          .facts(run)
          .ifPresent(
              facts ->
                  subjects.add(
                      run.plan().seed() == 0
                          ? new Subject(facts.run(), Optional.of(figures.posterior(facts)))
                          : new Subject(facts.run().withoutModel(), Optional.empty())));
    }
    return new HtmlReport("ControlVAE against beta-VAE", subjects, sections()).write(file);
  }

  private List<Section> sections() {
    List<Section> sections = new ArrayList<>(sections(report.result()));
    List<Block> pictures = new ArrayList<>(figures.pictures().values());
    if (!pictures.isEmpty()) {
      sections.add(new Section("Pictures", pictures));
    }
    return sections;
  }

  /** The verdicts first, then what they rest on. */
  static List<Section> sections(StudyResult result) {
    List<Section> sections = new ArrayList<>();
    List<Block> verdicts = new ArrayList<>();
    result.warnings().forEach(warning -> verdicts.add(new Warning(warning)));
    verdicts.add(new Paragraph(result.about()));
    verdicts.add(new Table(ClaimsDocument.summaryColumns(result), ClaimsDocument.summary(result)));
    sections.add(new Section("What the study claims", verdicts));
    List<Block> rules = new ArrayList<>();
    ClaimsDocument.RULES.forEach(rule -> rules.add(new Paragraph(rule)));
    sections.add(new Section("How its claims are judged", rules));
    for (double rate : result.claims().stream().map(Claim::learningRate).distinct().toList()) {
      List<Claim> claims =
          result.claims().stream().filter(claim -> claim.learningRate() == rate).toList();
      sections.add(new Section("Learning rate " + Numbers.plain(rate), claims(claims)));
    }
    if (!result.published().isEmpty()) {
      sections.add(
          new Section(
              "The published figures",
              List.of(
                  new Paragraph(ClaimsDocument.publishedIntroduction()),
                  new Table(
                      ClaimsDocument.PUBLISHED_COLUMNS,
                      ClaimsDocument.publishedRows(result.published())))));
    }
    return sections;
  }

  private static List<Block> claims(List<Claim> claims) {
    List<Block> blocks = new ArrayList<>();
    for (Claim claim : claims) {
      blocks.add(new Heading(claim.sentence() + ": " + claim.verdictText()));
      if (!claim.measures().isEmpty()) {
        blocks.add(
            new Table(
                ClaimsDocument.columns(claim),
                claim.measures().stream().map(ClaimsDocument::cells).toList()));
      }
      blocks.add(new Paragraph(ClaimsDocument.note(claim)));
    }
    return blocks;
  }
}
