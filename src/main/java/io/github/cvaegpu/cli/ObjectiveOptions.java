// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * The options that decide what a reconstruction is measured by. One that is not given is null, as
 * in {@link PlanOptions}.
 */
final class ObjectiveOptions {
  /** The likelihoods, for the end of a command's help. */
  static final String LIKELIHOODS =
      "Likelihoods, whose figures cannot be compared (docs/likelihoods.md):"
          + "%n  bernoulli             cross-entropy of grey intensities, as in the study"
          + "%n  bernoulli-binarized   of black and white pixels, drawn for each epoch"
          + "%n  continuous-bernoulli  a density of intensities from 0 to 1"
          + "%n  gaussian              a density; half the squared error over --sigma^2";

  private static final String GAUSSIAN = Objective.gaussian(Sigma.of(1)).name();

  @Option(
      names = "--likelihood",
      paramLabel = "NAME",
      completionCandidates = Names.class,
      converter = Converter.class,
      description = "A pixel's loss, see below. Default: bernoulli; with --sigma gaussian.")
  private Objective named;

  @Option(
      names = "--sigma",
      paramLabel = "NUMBER|learned",
      converter = SigmaConverter.class,
      description = "gaussian: standard deviation of a pixel. Default: 1.")
  private Sigma sigma;

  /** The names of all objectives, for completion and help. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return all().iterator();
    }

    private static List<String> all() {
      return Objective.ALL.stream().map(Objective::name).toList();
    }
  }

  /** Reads an objective's name. */
  static final class Converter implements ITypeConverter<Objective> {
    @Override
    public Objective convert(String value) {
      if (!Names.all().contains(value)) {
        throw new TypeConversionException(
            "'%s' is none of %s".formatted(value, Sentences.and(Names.all())));
      }
      return Objective.named(value);
    }
  }

  /** Reads a number or {@code learned}. */
  static final class SigmaConverter implements ITypeConverter<Sigma> {
    @Override
    public Sigma convert(String value) {
      if (value.equals(Sigma.LEARNED.toString())) {
        return Sigma.LEARNED;
      }
      try {
        return Sigma.of(Double.parseDouble(value));
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'%s' is neither a number nor learned".formatted(value));
      } catch (InputException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** What is asked for, where a new run would otherwise have another. */
  Objective on(Objective otherwise) {
    Objective chosen = named == null ? otherwise : named;
    if (sigma == null) {
      // One of the same name keeps its sigma.
      return chosen.name().equals(otherwise.name()) ? otherwise : chosen;
    }
    if (named == null && otherwise.equals(Objective.study())) {
      // Nothing else has one.
      return Objective.gaussian(sigma);
    }
    if (chosen.sigma() == null) {
      throw new InputException(
          "--sigma has no effect with --likelihood %s: it is for %s."
              .formatted(chosen.name(), GAUSSIAN));
    }
    return Objective.gaussian(sigma);
  }

  /**
   * Refuses another objective than a run has.
   *
   * @throws InputException if one differs
   */
  void requireSame(Objective running) {
    Given.requireSame("--likelihood", named == null ? null : named.name(), running.name());
    if (sigma != null && running.sigma() == null) {
      throw new InputException(
          "The run was started with --likelihood %s, which has no --sigma."
              .formatted(running.name()));
    }
    Given.requireSame("--sigma", sigma, running.sigma());
  }
}
