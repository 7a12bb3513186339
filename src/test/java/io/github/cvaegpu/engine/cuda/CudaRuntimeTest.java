// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the program knows of JCuda. */
class CudaRuntimeTest {
  @Test
  void theVersionOfJCudaIsThePoms() throws IOException {
    String property = "<jcuda.version>%s</jcuda.version>".formatted(CudaRuntime.JCUDA_VERSION);
    assertTrue(Files.readString(Path.of("pom.xml")).contains(property), property);
  }
}
