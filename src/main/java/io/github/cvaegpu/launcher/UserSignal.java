// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * SIGUSR1, by which schedulers such as Slurm say that a job's time is nearly up. Left alone, it
 * kills a JVM.
 */
final class UserSignal implements InvocationHandler {
  /** What Linux on x86 and ARM counts it as, in the exit code of a process that it killed. */
  static final int KILLED = 128 + 10;

  private final Runnable action;

  private UserSignal(Runnable action) {
    this.action = action;
  }

  /**
   * Has an action run, on a thread of its own, whenever the signal comes. Does nothing where there
   * is no such signal, or a Java without the module jdk.unsupported.
   *
   * <p>By reflection: javac's warning of these classes can be turned off by nothing. It takes some
   * ten milliseconds, so it is called where nobody waits.
   */
  static void handle(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              UserSignal.class.getClassLoader(), new Class<?>[] {handler}, new UserSignal(action));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("USR1"), proxy);
    } catch (ReflectiveOperationException e) {
      // On Windows, where nobody sends it.
      return;
    }
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) {
    if (method.getName().equals("handle")) {
      action.run();
    }
    return null;
  }
}
