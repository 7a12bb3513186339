// SPDX-License-Identifier: Apache-2.0

import io.github.cvaegpu.api.DataSplit;
import io.github.cvaegpu.api.Device;
import io.github.cvaegpu.api.Listener;
import io.github.cvaegpu.api.Plan;
import io.github.cvaegpu.api.Training;
import java.nio.file.Path;
import java.util.Locale;

/** Trains a model whose KL divergence is held at 6 nats, and prints how each epoch went. */
final class Train {
  private Train() {}

  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    DataSplit data = DataSplit.load("synthetic");
    Plan plan = Plan.holdingKl(6).withEpochs(2);
    try (Device device = Device.best()) {
      System.out.println(device);
      Training.Outcome outcome =
          Training.begin(plan, data, folder)
              .run(
                  device,
                  new Listener() {
                    @Override
                    public void epoch(Epoch epoch) {
                      System.out.printf(
                          Locale.ROOT,
                          "epoch %d: RL %.1f, KL %.2f, beta %.3f%n",
                          epoch.epoch(),
                          epoch.reconstructionLoss(),
                          epoch.klDivergence(),
                          epoch.beta());
                    }

                    @Override
                    public void message(String sentence) {
                      System.out.println(sentence);
                    }
                  });
      System.out.printf(
          Locale.ROOT,
          "%d steps; of the test images RL %.1f, KL %.2f%n",
          outcome.steps(),
          outcome.reconstructionLoss().orElseThrow(),
          outcome.klDivergence().orElseThrow());
    }
  }
}
