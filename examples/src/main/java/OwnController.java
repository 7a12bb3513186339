// SPDX-License-Identifier: Apache-2.0

import io.github.cvaegpu.api.Controller;
import io.github.cvaegpu.api.DataSplit;
import io.github.cvaegpu.api.Device;
import io.github.cvaegpu.api.Listener;
import io.github.cvaegpu.api.Plan;
import io.github.cvaegpu.api.Training;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Trains by a controller of its own, stops the run after 500 steps as if somebody had asked for it,
 * and goes on with it.
 */
final class OwnController {
  private OwnController() {}

  /** Adds to the logarithm of beta what KL is too large by: an integral controller. */
  static final class Integral implements Controller {
    private final double setPoint;
    private double logBeta;

    Integral(double setPoint) {
      this.setPoint = setPoint;
    }

    @Override
    public double next(Feedback last) {
      double error = Math.clamp(last.klDivergence() / setPoint - 1, -1, 1);
      logBeta = Math.clamp(logBeta + 0.01 * error, -5, 5);
      return StrictMath.exp(logBeta);
    }

    // With these two, a run that was stopped goes on bit for bit.

    @Override
    public Map<String, Double> memory() {
      return Map.of("log beta", logBeta);
    }

    @Override
    public void restore(Map<String, Double> memory) {
      logBeta = memory.get("log beta");
    }
  }

  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    DataSplit data = DataSplit.load("synthetic");
    Plan plan =
        Plan.controlledBy("integral of log beta", OptionalDouble.of(6), () -> new Integral(6))
            .withEpochs(3);
    try (Device device = Device.best()) {
      Training training = Training.begin(plan, data, folder);
      Training.Outcome stopped =
          training.run(
              device,
              new Listener() {
                @Override
                public void step(Step step) {
                  if (step.step() == 500) {
                    training.cancel();
                  }
                }
              });
      System.out.println("stopped after " + stopped.steps() + " steps");
      Training.Outcome done =
          Training.resume(folder, data, () -> new Integral(6)).run(device, Listener.NONE);
      System.out.printf(
          Locale.ROOT,
          "done after %d steps, KL %.2f%n",
          done.steps(),
          done.klDivergence().orElseThrow());
    }
  }
}
