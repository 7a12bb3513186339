// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT;

import io.github.cvaegpu.engine.EngineException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/**
 * Where the host and a running step meet: three rings of words in host memory that is mapped into
 * the GPU, one for betas on their way there, two for losses on their way back. Neither side calls
 * the driver for it, and neither waits longer than it has to.
 *
 * <p>A word is {@code (step + 1) mod 2^32 << 32 | float bits}: one aligned 64-bit access, never
 * torn, and never taken for that of another step. See mailbox.cu.
 */
final class Mailbox implements StepExchange, AutoCloseable {
  /** Words of a ring: a power of two, and more than the steps that can be under way. */
  static final int RING = 64;

  /** How long the GPU waits for a beta: longer than a program is stopped by Ctrl-Z and taken up. */
  static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * The same on a GPU that draws a display, whose driver ends a kernel after some seconds: the run
   * then ends with our sentence, and not with a device that is lost.
   */
  static final Duration PATIENCE_UNDER_WATCHDOG = Duration.ofSeconds(2);

  private static final int WORD = Long.BYTES;
  private static final int RECONSTRUCTION_LOSSES = RING * WORD;
  private static final int KL_DIVERGENCES = 2 * RING * WORD;
  private static final int STATUS = 3 * RING * WORD;
  private static final int BYTES = STATUS + WORD;

  private static final VarHandle WORDS = ValueLayout.JAVA_LONG.varHandle();
  private static final int DEVICE_MAP = JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP;

  private final Pointer host = new Pointer();
  private final DevicePointer device = new DevicePointer();
  private final MemorySegment words;
  private final Duration patience;

  /**
   * @param gpu whose driver may let no kernel wait for long
   * @param longest how long the GPU may wait for a beta, if the driver lets it
   */
  Mailbox(Device gpu, Duration longest) {
    boolean limited =
        gpu.attribute(CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT) != 0
            && longest.compareTo(PATIENCE_UNDER_WATCHDOG) > 0;
    patience = limited ? PATIENCE_UNDER_WATCHDOG : longest;
    Check.driver(
        JCudaDriver.cuMemHostAlloc(host, BYTES, DEVICE_MAP), "cuMemHostAlloc", BYTES + " bytes");
    try {
      Check.driver(
          JCudaDriver.cuMemHostGetDevicePointer(device, host, 0), "cuMemHostGetDevicePointer");
    } catch (EngineException e) {
      JCudaDriver.cuMemFreeHost(host);
      throw e;
    }
    words = MemorySegment.ofBuffer(host.getByteBuffer(0, BYTES).order(ByteOrder.nativeOrder()));
    words.fill((byte) 0);
  }

  // ---- addresses, for kernels ------------------------------------------------------------------

  DevicePointer betas() {
    return device;
  }

  DevicePointer reconstructionLosses() {
    return device.withByteOffset(RECONSTRUCTION_LOSSES);
  }

  DevicePointer klDivergences() {
    return device.withByteOffset(KL_DIVERGENCES);
  }

  DevicePointer status() {
    return device.withByteOffset(STATUS);
  }

  @Override
  public Duration patience() {
    return patience;
  }

  // ---- words, for the host ---------------------------------------------------------------------

  @Override
  public void putBeta(long step, float beta) {
    WORDS.setRelease(
        words,
        place(0, step),
        tag(step) << Integer.SIZE | (Float.floatToRawIntBits(beta) & 0xFFFFFFFFL));
  }

  @Override
  public boolean hasLosses(long step) {
    // KL is stored last, so RL is there when KL is.
    return read(KL_DIVERGENCES, step) >>> Integer.SIZE == tag(step);
  }

  @Override
  public float reconstructionLoss(long step) {
    return Float.intBitsToFloat((int) read(RECONSTRUCTION_LOSSES, step));
  }

  @Override
  public float klDivergence(long step) {
    return Float.intBitsToFloat((int) read(KL_DIVERGENCES, step));
  }

  @Override
  public boolean hasFailed() {
    return (long) WORDS.getAcquire(words, (long) STATUS) != 0;
  }

  /** Empties all words. The GPU must be idle. */
  void clear() {
    words.fill((byte) 0);
  }

  private long read(int ring, long step) {
    return (long) WORDS.getAcquire(words, place(ring, step));
  }

  private static long place(int ring, long step) {
    return ring + (step & (RING - 1)) * WORD;
  }

  private static long tag(long step) {
    return (step + 1) & 0xFFFFFFFFL;
  }

  @Override
  public void close() {
    Check.driver(JCudaDriver.cuMemFreeHost(host), "cuMemFreeHost");
  }
}
