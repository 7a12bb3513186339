// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.launcher.LauncherWatch;
import io.github.cvaegpu.launcher.Names;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;

/** Stands in for the program in tests of the launcher: does what its first argument says. */
public final class CvaeGpu {
  public static void main(String[] asRead) throws Exception {
    if (asRead[0].equals("killed-by-user-signal")) {
      String self = Long.toString(ProcessHandle.current().pid());
      new ProcessBuilder("kill", "-USR1", self).start();
      Thread.sleep(60_000);
    }
    String[] args = Names.arguments(asRead);
    var signalled = new CountDownLatch(1);
    LauncherWatch.start(
        () -> {
          System.out.println("user signal");
          signalled.countDown();
        });
    var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
    var err = new FileOutputStream(FileDescriptor.err);
    switch (args[0]) {
      case "args" -> {
        for (String arg : args) {
          out.println("<" + arg + ">");
        }
      }
      case "archive" -> {
        // What the process has in memory of the cache, and a mark for which jar's class this is.
        try (var maps = Files.lines(Path.of("/proc/self/maps"))) {
          out.println(maps.anyMatch(line -> line.contains("/cvae-gpu/classes/")));
        }
        out.println("FIRST");
      }
      case "exit" -> System.exit(Integer.parseInt(args[1]));
      case "java" -> {
        out.println(Runtime.version().feature());
        out.println(ManagementFactory.getRuntimeMXBean().getInputArguments());
        out.println(System.getProperty("given", "none"));
        out.println(System.getProperty("java.class.path"));
      }
      case "stderr" -> {
        for (String piece : args[1].split(" ")) {
          err.write(HexFormat.of().parseHex(piece));
        }
      }
      case "flood" -> {
        byte[] bytes = new byte[1 << 20];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) (i * 31 >> 3);
        }
        err.write(bytes);
      }
      case "await-signal" -> {
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(
                    () -> {
                      try {
                        Thread.sleep(700);
                        err.write("last words".getBytes(StandardCharsets.UTF_8));
                        out.println("saved");
                      } catch (Exception e) {
                        e.printStackTrace();
                      }
                      Runtime.getRuntime().halt(130);
                    }));
        err.write("50 %\r".getBytes(StandardCharsets.UTF_8));
        out.println("ready");
        Thread.sleep(60_000);
      }
      case "await-user-signal" -> {
        out.println("ready");
        signalled.await();
        // Time for a second signal, which must not count.
        Thread.sleep(500);
        System.exit(75);
      }
      case "orphan" -> {
        new ProcessBuilder("sleep", "30")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        err.write("bye".getBytes(StandardCharsets.UTF_8));
      }
      case "throw" -> throw new IllegalStateException("thrown by the program");
      default -> throw new IllegalArgumentException(args[0]);
    }
  }
}
