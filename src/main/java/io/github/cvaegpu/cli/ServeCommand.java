// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.serve.RunServer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code serve}: a page of all runs in a folder, for as long as it is let. */
@Command(
    name = "serve",
    description = {
      ServeCommand.WHAT,
      "It finds runs by their files, whatever process trains them, and changes nothing. It serves"
          + " until it is stopped, by Ctrl-C for example."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class ServeCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Serves a page of all runs in a folder to this machine's browsers: a table, curves that grow"
          + " while a run trains, and each run's model.";

  private static final int LAST_PORT = 65_535;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      defaultValue = "runs",
      description = "A folder of runs, at any depth. Default: ${DEFAULT-VALUE}.")
  private Path folder;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port to listen to, 0 for any. Default: 8642, or the next one that is free.")
  private Integer port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen to, without encryption. Default: ${DEFAULT-VALUE}.")
  private String host;

  @Option(
      names = "--allow-stop",
      description = "Let who opens the printed address stop runs. Default: nobody.")
  private boolean allowStop;

  @Override
  public Integer call() {
    if (port != null && (port < 0 || port > LAST_PORT)) {
      throw new InputException(
          String.format(Locale.ROOT, "--port must be from 0 to %d, not %d.", LAST_PORT, port));
    }
    var settings =
        new RunServer.Settings(
            folder, host, port == null ? OptionalInt.empty() : OptionalInt.of(port), allowStop);
    boolean isPrivate = settings.isOfThisMachineAlone();
    if (allowStop && !isPrivate) {
      throw new InputException(
          "--allow-stop is for this machine alone: without encryption everybody on the way could"
              + " read the token. Leave --host out, and reach the page through a tunnel such as ssh"
              + " -L.");
    }
    try (RunServer server = RunServer.open(settings, new ServedImages())) {
      if (!isPrivate) {
        err()
            .println(
                "Warning: whoever reaches %s can look at these runs, and nothing is encrypted."
                    .formatted(host));
      }
      spec.commandLine().getOut().println("Runs in %s: %s".formatted(folder, server.address()));
      spec.commandLine().getOut().flush();
      new CountDownLatch(1).await();
      return ExitCode.OK;
    } catch (InterruptedException e) {
      throw new StoppedException(e);
    }
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
