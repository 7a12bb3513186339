// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.report.Series;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.MetricsTail;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.StepReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The curves of a run, read as far as its log has come: means of the last steps at each step. */
final class LiveRun {
  private final MetricsTail tail;
  private final Means rl = new Means();
  private final Means kl = new Means();
  private final Means beta = new Means();
  private final Means elbo = new Means();

  /** How often the log has begun anew: what was sent of another generation is void. */
  private int generation;

  private Optional<String> problem = Optional.empty();

  /**
   * @param folder of the run
   */
  LiveRun(Path folder) {
    tail = new MetricsTail(RunDirectory.metricsFile(folder));
  }

  /** A curve of trailing means, each as {@link Series#windowMeans} has it. */
  private static final class Means {
    private final float[] window = new float[Series.WINDOW];
    private final LiveCurve curve = new LiveCurve();
    private double sum;

    void add(float value) {
      int step = curve.length();
      sum += value;
      if (step >= Series.WINDOW) {
        sum -= window[step % Series.WINDOW];
      }
      window[step % Series.WINDOW] = value;
      curve.add((float) (sum / Math.min(step + 1, Series.WINDOW)));
    }

    void clear() {
      sum = 0;
      curve.clear();
    }
  }

  private final class Sink implements MetricsTail.Sink {
    @Override
    public void restarts() {
      generation++;
      rl.clear();
      kl.clear();
      beta.clear();
      elbo.clear();
    }

    @Override
    public void row(StepReport report) {
      rl.add(report.rl());
      kl.add(report.kl());
      beta.add(report.beta());
      elbo.add(-(report.rl() + report.kl()));
    }
  }

  /**
   * Reads what is new, at most as many bytes.
   *
   * @return whether there may be more already
   */
  synchronized boolean read(long most) {
    try {
      boolean isMore = tail.read(new Sink(), most);
      problem = Optional.empty();
      return isMore;
    } catch (InputException e) {
      problem = Optional.of(e.getMessage());
    } catch (IOException e) {
      problem = Optional.of("The steps cannot be read: %s.".formatted(AtomicFile.reason(e)));
    }
    return false;
  }

  /**
   * How much of a run was sent.
   *
   * @param generation of the log
   * @param bucket steps of a bucket
   * @param length steps
   * @param problem that was told; null if none was
   */
  record Sent(int generation, int bucket, int length, String problem) {
    static final Sent NOTHING = new Sent(-1, 0, 0, null);
  }

  /**
   * What is to be sent. The names are those of the page's JSON.
   *
   * @param run its id
   * @param bucket steps of a bucket
   * @param length steps of the whole curve
   * @param from the first bucket that is here; what was before from it on is replaced
   * @param problem why there is no more; null if there is none
   */
  record Curves(
      String run,
      int bucket,
      int length,
      int from,
      LiveCurve.Packed rl,
      LiveCurve.Packed kl,
      LiveCurve.Packed beta,
      LiveCurve.Packed elbo,
      String problem) {}

  /** How much there is. */
  synchronized Sent now() {
    LiveCurve curve = rl.curve;
    return new Sent(generation, curve.bucket(), curve.length(), problem.orElse(null));
  }

  /** What has changed since; all where the buckets are others. */
  synchronized Curves since(String id, Sent sent) {
    LiveCurve curve = rl.curve;
    boolean goesOn = sent.generation() == generation && sent.bucket() == curve.bucket();
    int from = goesOn ? sent.length() / curve.bucket() : 0;
    return new Curves(
        id,
        curve.bucket(),
        curve.length(),
        from,
        rl.curve.from(from),
        kl.curve.from(from),
        beta.curve.from(from),
        elbo.curve.from(from),
        problem.orElse(null));
  }
}
