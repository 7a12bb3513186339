// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Tests on the software emulator; skipped, with the reason, where it could not be built. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OnEmulator.Condition.class)
public @interface OnEmulator {
  /** Whether the emulator was built. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      Optional<String> reason = Emulator.reasonForNone();
      return reason.isPresent()
          ? ConditionEvaluationResult.disabled("no emulator: " + reason.get())
          : ConditionEvaluationResult.enabled("the emulator was built");
    }
  }
}
