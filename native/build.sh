#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What Maven runs: builds the C libraries into a folder, or leaves the reason there why they cannot be built.
# The program's own build goes on without them; tests that need them are skipped with that reason.
#
# On 64-bit ARM this is the CPU's training step alone, by the machine's own compiler: the reason is then why there
# is nothing else.
#
#   build.sh FOLDER
set -eu
cd "$(dirname "$0")"
mkdir -p "$1"
rm -f "$1/not-built.txt"

not_built() {
  echo "$1" >"$2/not-built.txt"
  echo "native/: not built: $1"
}

# What an earlier build left must not get into the jar either.
nothing_built() {
  rm -rf "$2/resources"
  not_built "$1" "$2"
  exit 0
}

case "$(uname -sm)" in
  "Linux x86_64") what=all ;;
  "Linux aarch64") what=cpu ;;
  *) nothing_built "JCuda's libraries are for Linux on x86-64" "$1" ;;
esac
for tool in make "${CXX:-g++}" "${CC:-cc}" readelf; do
  command -v "$tool" >/dev/null || nothing_built "there is no $tool on this machine" "$1"
done

make -s -j"$(nproc)" OUT="$1" $what
if [ $what = cpu ]; then
  not_built "JCuda's libraries are for Linux on x86-64, so there is the CPU's step alone" "$1"
fi
