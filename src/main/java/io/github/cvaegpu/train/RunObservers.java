// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Several observers in one, told in their order. */
public final class RunObservers implements RunObserver {
  private final List<RunObserver> observers;

  private RunObservers(List<RunObserver> observers) {
    this.observers = List.copyOf(observers);
  }

  /**
   * One that tells each of these of everything; what one throws, those behind it do not hear of.
   */
  public static RunObserver of(RunObserver... observers) {
    return new RunObservers(List.of(observers));
  }

  private void each(Consumer<RunObserver> call) {
    observers.forEach(call);
  }

  @Override
  public void begins(Path folder, RunRecord record) {
    each(observer -> observer.begins(folder, record));
  }

  @Override
  public void warns(String sentence) {
    each(observer -> observer.warns(sentence));
  }

  @Override
  public void says(String sentence) {
    each(observer -> observer.says(sentence));
  }

  @Override
  public void step(StepReport report) {
    each(observer -> observer.step(report));
  }

  @Override
  public void epoch(EpochReport report) {
    each(observer -> observer.epoch(report));
  }

  @Override
  public void checkpoint(Path file, long step) {
    each(observer -> observer.checkpoint(file, step));
  }

  @Override
  public void ends(Path folder, RunRecord record) {
    each(observer -> observer.ends(folder, record));
  }
}
