#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks and measures cvae-gpu on this machine's GPU, in nine minutes at most, and leaves what it found in
# results/. It is run.sh of the archive that scripts/gpu-bundle.sh makes.
#
# Usage: run.sh [--data DIR] [--out DIR] [--epochs N] [--cuda-emulator DIR]
#   --data           MNIST's four files; default: mnist/ of the archive
#   --out            where the results go, a new folder; default: results
#   --epochs         of the two trainings; default 200, the study's
#   --cuda-emulator  tries this script without a GPU, on the emulator of native/emulator: no sanitizer, no
#                    peers, and its times mean nothing
#
# A step that fails or runs out of time is reported and does not keep the next from running; the exit
# status is 1 if there was one.

set -u
caller=$PWD
cd "$(dirname "$0")" || exit 1
here=$PWD

# A path as the caller meant it.
from_caller() {
  case "$1" in
    /*) echo "$1" ;;
    *) echo "$caller/$1" ;;
  esac
}

data=$here/mnist
out=$here/results
epochs=200
emulator=
while [ $# -gt 0 ]; do
  case "$1" in
    --data)
      data=$(from_caller "$2")
      shift 2
      ;;
    --out)
      out=$(from_caller "$2")
      shift 2
      ;;
    --epochs)
      epochs=$2
      shift 2
      ;;
    --cuda-emulator)
      emulator=$(from_caller "$2")
      shift 2
      ;;
    *)
      echo "run.sh: unknown option $1" >&2
      exit 2
      ;;
  esac
done
if [ ! -d "$data" ]; then
  echo "run.sh: $data is no folder: name one with MNIST's four files by --data" >&2
  exit 2
fi
mkdir "$out" || exit 1

java=$here/runtime/bin/java
options="--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED"
tests="cvae-gpu.jar:test-classes:$(echo lib/*.jar | tr ' ' :)"
engine="--engine cuda"
[ -z "$emulator" ] || engine="$engine --cuda-emulator $emulator"
failed=0
deadline=$(($(date +%s) + 540))

# step NAME SECONDS COMMAND...: runs it, its output in NAME.txt, and says how it went. What the command is
# a function for, that puts under the limit.
step() {
  name=$1
  seconds=$2
  shift 2
  begun=$(date +%s)
  left=$((deadline - begun))
  if [ -z "$emulator" ] && [ "$left" -lt "$seconds" ]; then
    seconds=$left
  fi
  if [ "$seconds" -lt 15 ]; then
    outcome="no time left"
    failed=1
  else
    "$@" >"$out/$name.txt" 2>&1
    status=$?
    case $status in
      0) outcome=ok ;;
      124 | 137) outcome="out of time" ;;
      *) outcome="FAILED ($status)" ;;
    esac
    [ $status -eq 0 ] || failed=1
  fi
  printf '%-24s %-12s %4d s\n' "$name" "$outcome" $(($(date +%s) - begun)) | tee -a "$out/summary.txt"
}

# A command under the step's limit. A JVM whose GPU hangs does not end when it is asked to.
limited() {
  timeout -k 5 "$seconds" "$@"
}

# has NAME STEP: whether a program that a step needs is there; a step that it is not is left out.
has() {
  command -v "$1" >/dev/null && return
  printf '%-24s left out: no %s\n' "$2" "$1" | tee -a "$out/summary.txt"
  return 1
}

# The program, in one process: given the module that it needs, the launcher starts no other.
program() {
  # shellcheck disable=SC2086
  limited "$java" $options -XX:+UseSerialGC -jar cvae-gpu.jar "$@"
}

side_by_side() {
  limited python3 bench/gpu_side_by_side.py --java "$java" --data "$data" \
    --rounds 2 --out "$out/gpu-side-by-side.json"
}

machine() {
  cat commit
  uname -srm
  date -u
  if command -v nvcc >/dev/null; then
    nvcc --version
  fi
  [ -n "$emulator" ] || limited nvidia-smi
}

unit_tests() {
  # shellcheck disable=SC2086 # The options are words.
  limited "$java" $options "$@" -cp "$tests" org.junit.platform.console.ConsoleLauncher execute \
    --disable-banner --disable-ansi-colors --details=tree --details-theme=ascii --fail-if-no-tests \
    --include-classname '.*Test' --select-package io.github.cvaegpu.engine.cuda &&
    # Skipped is not passed, but where a test says that it is not for a machine like this one.
    ! grep '\[A\]\|\[S\]' "$out/tests.txt" | grep -v 'a real GPU\|the sources are not where' &&
    ! grep -q ' 0 tests successful' "$out/tests.txt"
}

train() {
  # shellcheck disable=SC2086
  program train --model "$1" --lr 0.001 --epochs "$epochs" --data "$data" \
    --out "$out/$1" --json --quiet $engine
}

# A few steps launched kernel by kernel, which is what the sanitizer sees best.
sanitizer() {
  # shellcheck disable=SC2086
  limited compute-sanitizer --tool "$1" --error-exitcode 1 --target-processes all \
    "$java" $options -XX:+UseSerialGC -jar cvae-gpu.jar profile --for-profiler launches --warm-up 1 \
    --steps 3 --data "$data" $engine
}

foundations() {
  # shellcheck disable=SC2086
  limited "$java" $options -cp "$tests" io.github.cvaegpu.engine.cuda.Foundations "$out/gpu-foundations.json"
}

: >"$out/summary.txt"
# What matters most comes first, for the case that time runs out.
step machine 20 machine
step doctor 60 program doctor
if [ -n "$emulator" ]; then
  step tests 300 unit_tests "-Dcvaegpu.native=$(dirname "$emulator")"
else
  step tests 180 unit_tests -Dcvaegpu.gpu=real
  if has python3 side-by-side; then
    step side-by-side 200 side_by_side
    tail -n 12 "$out/side-by-side.txt"
  fi
  step foundations 40 foundations
fi
# shellcheck disable=SC2086
step profile 60 program profile --data "$data" $engine
step train-control 60 train control
step train-beta 60 train beta
if [ -z "$emulator" ] && has compute-sanitizer memcheck; then
  step memcheck 90 sanitizer memcheck
  step racecheck 90 sanitizer racecheck
fi
exit $failed
