#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks what Maven does not: the format of C, C++ and CUDA (clang-format), the format and the likely
# mistakes of Python (ruff), and those of shell scripts (shfmt, shellcheck). Java is Maven's to check.
#
# Usage: scripts/lint.sh [--fix]
#   --fix   formats the files and mends what can be mended by itself; without it nothing is written
#
# clang-format and ruff are installed by pip, in the versions of lint-requirements.txt, into target/lint or the folder
# that CVAE_GPU_LINTERS names when they are first needed; shfmt and shellcheck are the machine's. The exit status is 1 if something was found, and 2 if a
# tool could not be had: a check that did not run has not passed, on a developer's machine or anywhere else.

set -eu
cd "$(dirname "$0")/.."

fix=
case "${1:-}" in
  "") ;;
  --fix) fix=yes ;;
  *)
    echo "lint.sh: unknown option $1" >&2
    exit 2
    ;;
esac

cannot() {
  echo "lint.sh: $1" >&2
  exit 2
}

# cannot_install REASON: the same, with the last that was said on the way.
cannot_install() {
  tail -n 5 target/lint-install.txt >&2
  cannot "$1"
}

requirements=scripts/lint-requirements.txt
tools=${CVAE_GPU_LINTERS:-target/lint}
if ! cmp -s "$requirements" "$tools/installed.txt"; then
  command -v python3 >/dev/null || cannot "there is no python3 to install clang-format and ruff with"
  # What somebody has named may hold other things.
  [ "$tools" != target/lint ] || rm -rf "$tools"
  mkdir -p target
  python3 -m venv "$tools" >target/lint-install.txt 2>&1 ||
    cannot_install "python3 cannot make a virtual environment: install python3-venv and python3-pip"
  # An index that does not answer is asked once: another may have the files.
  "$tools/bin/python" -m pip install --quiet --retries 0 --requirement "$requirements" \
    >>target/lint-install.txt 2>&1 ||
    cannot_install "pip could not install what $requirements names"
  cp "$requirements" "$tools/installed.txt"
fi
for tool in shellcheck shfmt; do
  command -v $tool >/dev/null || cannot "there is no $tool on this machine: install its package"
done

# Lists the files, committed or not, that git does not ignore.
files() {
  git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    [ ! -f "$file" ] || echo "$file"
  done
}

found=0
# check NAME COMMAND...: runs it and remembers that it found something.
check() {
  name=$1
  shift
  if ! "$@"; then
    echo "lint.sh: $name found something" >&2
    found=1
  fi
}

c_files=$(files '*.c' '*.cpp' '*.h' '*.cu' '*.cuh')
shell_files=$(files '*.sh' .ci/run)
python_files=$(files '*.py')

# No name in this repository has a space.
# shellcheck disable=SC2086
if [ -n "$fix" ]; then
  "$tools/bin/clang-format" -i $c_files
  "$tools/bin/ruff" format --quiet $python_files
  shfmt -i 2 -ci -w $shell_files
  check ruff "$tools/bin/ruff" check --quiet --fix $python_files
else
  check clang-format "$tools/bin/clang-format" --dry-run --Werror $c_files
  check "ruff format" "$tools/bin/ruff" format --quiet --diff $python_files
  check ruff "$tools/bin/ruff" check --quiet $python_files
fi
# shellcheck disable=SC2086
[ -n "$fix" ] || check shfmt shfmt -i 2 -ci -d $shell_files
# shellcheck disable=SC2086
check shellcheck shellcheck $shell_files

if [ $found -ne 0 ]; then
  [ -n "$fix" ] || echo "lint.sh: scripts/lint.sh --fix mends the format" >&2
  exit 1
fi
