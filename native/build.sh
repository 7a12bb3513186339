#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What Maven runs: builds the C libraries into a folder, or leaves the reason there why they cannot be built.
# The program's own build goes on without them; tests that need them are skipped with that reason.
#
#   build.sh FOLDER
set -eu
cd "$(dirname "$0")"
mkdir -p "$1"
rm -f "$1/not-built.txt"

not_built() {
  echo "$1" >"$2/not-built.txt"
  echo "native/: not built: $1"
  exit 0
}

[ "$(uname -sm)" = "Linux x86_64" ] || not_built "JCuda's libraries are for Linux on x86-64" "$1"
for tool in make "${CXX:-g++}" "${CC:-cc}" readelf; do
  command -v "$tool" >/dev/null || not_built "there is no $tool on this machine" "$1"
done

make -s -j"$(nproc)" OUT="$1"
