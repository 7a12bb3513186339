#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails if a library needs more than the C library of glibc 2.14 (2011), so that a copy in the jar works
# wherever the program does.
#
#   check_glibc.sh LIBRARY
set -eu
needed=$(readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vx 'libc\.so\.6' || true)
newer=$(readelf -VW "$1" | grep -o 'Name: GLIBC_[0-9.]*' | sort -u |
  awk '{ sub(/.*_/, ""); split($0, v, "."); if (v[1] > 2 || v[2] > 14) print }')
if [ -n "$needed$newer" ]; then
  echo "$1 needs: $needed $newer" >&2
  exit 1
fi
