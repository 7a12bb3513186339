#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints C with a function for each symbol of a list that ends the process with the symbol's name. The
# functions are weak: one of the same name anywhere else in the library takes its place.
#
#   stubs.sh FUNCTION <LIST     FUNCTION (const char*): says it and ends the process
set -eu
echo "_Noreturn void $1(const char*);"
sed "s/.*/__attribute__((weak)) void &(void) { $1(\"&\"); }/"
