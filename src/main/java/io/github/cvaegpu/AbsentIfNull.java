// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A record's component that JSON does not have where it is null, in place of having it as null: a
 * run without it has the files that it had before there was such a component.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface AbsentIfNull {}
