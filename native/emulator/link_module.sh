#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Links compiled kernels to a module, a shared object that cuModuleLoadData takes.
#
#   link_module.sh MODULE.o OUTPUT.so COMPILER OPTION... -- OBJECT...
#
# `extern __shared__ T name[]` leaves a thread-local variable without a definition. Each such name
# becomes one more name for the dynamic shared memory in MODULE.o.
set -eu
module=$1
output=$2
shift 2
compile=
while [ "$1" != -- ]; do
  compile="$compile $1"
  shift
done
shift

for object; do
  case $object in *.o) readelf -sW "$object" ;; esac
done >"$output.symbols"
# shellcheck disable=SC2013 # Names of symbols are words.
for name in $(awk '$4 == "TLS" && $7 == "UND" { print $8 }' "$output.symbols" | sort -u); do
  set -- "$@" "-Wl,--defsym=$name=cvaeModuleDynamicSharedMemory"
done
rm "$output.symbols"
$compile -shared -o "$output" "$module" "$@"
