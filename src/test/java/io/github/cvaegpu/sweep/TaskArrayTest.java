// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskArrayTest {
  @ParameterizedTest
  @CsvSource({
    "6, 1, 1001, 1, 6",
    "6, 4, 1001, 4, 2",
    "1001, 1, 1001, 1, 1001",
    "1002, 1, 1001, 2, 501",
    "6, 100, 1001, 100, 1",
    "10000000, 1, 1001, 9991, 1001"
  })
  void allRunsAreInTasksAndNoMoreThanThereMayBe(
      int runs, int asked, int most, int perTask, int tasks) {
    var array = TaskArray.of(runs, asked, most);
    assertEquals(perTask, array.perTask());
    assertEquals(tasks, array.tasks());
    assertTrue(tasks <= most && (long) tasks * perTask >= runs);
  }

  @Test
  void aTaskIsARunOrAShard() {
    assertEquals(List.of("--index", "$I"), new TaskArray(6, 1).part("$I"));
    assertEquals(List.of("--shard", "$I/3"), new TaskArray(6, 2).part("$I"));
  }

  @Test
  void thereIsNoArrayOfNothing() {
    assertThrows(IllegalArgumentException.class, () -> new TaskArray(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new TaskArray(1, 0));
  }
}
