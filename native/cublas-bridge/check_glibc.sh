#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails if a library needs more than the C library of glibc 2.14 (2011), or on ARM of 2.17 (2012), its first there, so
# that a copy in the jar works wherever the program does.
#
#   check_glibc.sh LIBRARY
set -eu
case "$(readelf -hW "$1" | sed -n 's/^ *Machine: *//p')" in
  *X86-64*) newest=14 of_glibc='libc\.so\.6' ;;
  AArch64) newest=17 of_glibc='libc\.so\.6\|ld-linux-aarch64\.so\.1' ;;
  *)
    echo "$1 is of no known processor" >&2
    exit 1
    ;;
esac
needed=$(readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vx "$of_glibc" || true)
newer=$(readelf -VW "$1" | grep -o 'Name: GLIBC_[0-9.]*' | sort -u |
  awk -v newest="$newest" '{ sub(/.*_/, ""); split($0, v, "."); if (v[1] > 2 || v[2] > newest) print }')
if [ -n "$needed$newer" ]; then
  echo "$1 needs: $needed $newer" >&2
  exit 1
fi
