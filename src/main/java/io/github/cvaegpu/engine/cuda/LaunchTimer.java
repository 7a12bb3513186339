// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * Times the launches of steps with an event after each. All are on one stream, so the time between
 * two events is that of the launch between them, and the times add up to the step's.
 *
 * <p>A step's first launch is stepBegin's, which waits for the host. So long as the host gives beta
 * only when it has launched all of the step, the GPU finds the others queued: their times are its
 * own, without the host's between them.
 */
final class LaunchTimer implements LaunchObserver {
  private final List<CUevent> events = new ArrayList<>();
  private final Deque<CUevent> spare = new ArrayDeque<>();
  private final List<Step> steps = new ArrayList<>();
  private final Deque<String> phases = new ArrayDeque<>();
  private int stepsToSkip;
  private int stepsToTime;
  private int launchesOfStep;
  private int mostLaunches;
  private boolean isTiming;
  private CUevent last;

  /**
   * A launch that was timed.
   *
   * @param phase of the step
   * @param launch what was launched
   * @param before what came before it is done
   * @param after it is done
   */
  record Timed(String phase, Launch launch, CUevent before, CUevent after) {
    /** What it took, in microseconds. The GPU has to be done with it. */
    double micros() {
      return microsBetween(before, after);
    }
  }

  /** A step that was timed. */
  static final class Step {
    private final List<Timed> launches = new ArrayList<>();
    private CUevent begin;

    /** The launches, in their order; the first one waits for the host. */
    List<Timed> launches() {
      return launches;
    }

    /** What all launches but the first took together, in microseconds. */
    double micros() {
      return microsBetween(begin, launches.getLast().after);
    }

    /** What an event alone takes, in microseconds, which is in the time of every launch. */
    double eventMicros() {
      return microsBetween(launches.getFirst().after, begin);
    }
  }

  /**
   * Times steps from now on. All events are made here, for which a step has to have been launched,
   * or captured, before: while the GPU waits for the host, the driver is asked for nothing that it
   * might wait for the GPU with.
   *
   * @param skip steps to let pass before
   * @param count steps to time
   */
  void start(int skip, int count) {
    stepsToSkip = skip;
    stepsToTime = count;
    // Beside one a launch, one before the first and one more after it.
    for (int i = 0; i < count * (mostLaunches + 2); i++) {
      var event = new CUevent();
      Check.driver(
          JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
      events.add(event);
    }
    spare.addAll(events);
  }

  /** The steps that were timed. The GPU has to be done with them before a time is asked for. */
  List<Step> steps() {
    return steps;
  }

  @Override
  public boolean isSerial() {
    return true;
  }

  @Override
  public void step(CudaStream stream) {
    launchesOfStep = 0;
    isTiming = stepsToSkip == 0 && stepsToTime > 0;
    if (isTiming) {
      stepsToTime--;
      steps.add(new Step());
      last = record(stream);
    } else if (stepsToSkip > 0) {
      stepsToSkip--;
    }
  }

  @Override
  public void begin(String phase) {
    phases.push(phase);
  }

  @Override
  public void end() {
    phases.pop();
  }

  @Override
  public void launched(Supplier<Launch> launch, CudaStream stream) {
    launchesOfStep++;
    mostLaunches = Math.max(mostLaunches, launchesOfStep);
    if (!isTiming) {
      return;
    }
    Step step = steps.getLast();
    CUevent after = record(stream);
    step.launches.add(new Timed(phases.element(), launch.get(), last, after));
    last = after;
    if (step.begin == null) {
      step.begin = record(stream);
      last = step.begin;
    }
  }

  private CUevent record(CudaStream stream) {
    CUevent event = spare.remove();
    Check.driver(JCudaDriver.cuEventRecord(event, stream.handle()), "cuEventRecord");
    return event;
  }

  private static double microsBetween(CUevent before, CUevent after) {
    float[] millis = new float[1];
    Check.driver(JCudaDriver.cuEventElapsedTime(millis, before, after), "cuEventElapsedTime");
    return 1e3 * millis[0];
  }

  /** Gives the driver's events back, while there is the device that they are on. */
  void destroyEvents() {
    for (CUevent event : events) {
      Check.driver(JCudaDriver.cuEventDestroy(event), "cuEventDestroy");
    }
    events.clear();
  }
}
