#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints C++ that makes a file's kernels known to the emulator: the file, then a line for each
# extern "C" __global__ function.
#
#   list_kernels.sh FILE.cu COMPILER [OPTION...]
set -eu
file=$1
shift

echo "#include \"$file\""
# Macros expanded and comments gone, so that what looks like a kernel is one.
"$@" -x c++ -E -P -DCVAE_EMULATOR_SCAN -include cuda_device.h "$file" |
  tr '\n' ' ' |
  sed 's/__cvae_kernel__/\n&/g' |
  awk '
    /^__cvae_kernel__/ {
      bounds = ""
      head = $0
      if (match(head, /__cvae_bounds__.*__cvae_end__/)) {
        bounds = substr(head, RSTART + 15, RLENGTH - 15 - 12)
        head = substr(head, 1, RSTART - 1) substr(head, RSTART + RLENGTH)
      }
      if (match(head, /[A-Za-z_][A-Za-z0-9_]* *\(/)) {
        name = substr(head, RSTART, RLENGTH)
        sub(/ *\(/, "", name)
        sub(/^ *\(/, "", bounds)
        sub(/\) *$/, "", bounds)
        print "CVAE_EMULATOR_KERNEL(" name (bounds == "" ? "" : ", " bounds) ")"
      }
    }
  '
