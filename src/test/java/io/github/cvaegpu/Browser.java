// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real Chromium, where the machine has one: Debian's chromium, chromium-driver. */
public final class Browser {
  /** Screenshots are kept as artefacts of the build. */
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  private Browser() {}

  /** Opens one, or skips the test. */
  public static ChromeDriver open() throws IOException {
    Optional<Path> driver = onPath("chromedriver");
    Optional<Path> chromium = onPath("chromium").or(() -> onPath("google-chrome"));
    assumeTrue(
        driver.isPresent() && chromium.isPresent(),
        "this machine has no Chromium and chromedriver on its PATH");
    var options = new ChromeOptions();
    options.setBinary(chromium.get().toFile());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars");
    var logging = new LoggingPreferences();
    logging.enable(LogType.BROWSER, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logging);
    Files.createDirectories(SCREENSHOTS);
    return new ChromeDriver(
        new ChromeDriverService.Builder()
            .usingDriverExecutable(driver.get().toFile())
            .usingAnyFreePort()
            .build(),
        options);
  }

  private static Optional<Path> onPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Size of the page itself, whatever the window's frame. */
  public static void size(ChromeDriver browser, int width, int height) {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
  }

  /** What the system asks for, light or dark; nothing if empty. */
  public static void scheme(ChromeDriver browser, String value) {
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", value))));
  }

  /** Keeps what is seen. */
  public static void screenshot(ChromeDriver browser, String name) throws IOException {
    Files.write(SCREENSHOTS.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
  }

  /** Errors on the console since the last look; warnings are of the tests' own reading. */
  public static List<String> errors(ChromeDriver browser) {
    return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().equals(Level.SEVERE))
        .map(LogEntry::toString)
        .toList();
  }
}
