#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks and measures cvae-gpu on this machine's GPU, in four, nine or five minutes at most, and leaves one archive
# with what it found, for bench/gpu_tables.py. It is run.sh of the archive that scripts/gpu-bundle.sh makes.
#
# Usage: run.sh [--minutes 4|9|5] [--data DIR] [--out FILE] [--epochs N] [--seconds N] [--step-seconds N]
#               [--rehearse DIR]
#   --minutes       4: whether it works, and how fast a step is; 9: everything else about one model; 5: many models at
#                   once. Default: 4
#   --data          MNIST's four files; default: mnist/ of the archive
#   --out           the archive to be written; default: gpu-results-MINUTES.tar.gz, here
#   --epochs        of the long trainings; default 200, the study's
#   --seconds       for all of it, where there are not so many minutes
#   --step-seconds  the most for one step; default: what each of them is given below
#   --rehearse      tries all this without a GPU, on the emulator that is in DIR (target/native/emulator of a
#                   build), with a tiny network: what it leaves is marked, and its times mean nothing
#
# What matters most comes first. A step that fails, hangs or lacks a program keeps no other from running, and the
# archive is written anew after each. But where doctor does not say that training can run on the GPU, nothing else
# can work: then it ends at once, and says why.
#
# The exit status is 0 if all went well, 1 if a step did not, 3 if doctor found no GPU that can be used.

set -u
caller=$PWD
cd "$(dirname "$0")" || exit 1
here=$PWD
started=$(date +%s)

refuse() {
  echo "run.sh: $1" >&2
  exit 2
}

# A path as the caller meant it.
from_caller() {
  case "$1" in
    /*) echo "$1" ;;
    *) echo "$caller/$1" ;;
  esac
}

minutes=4
DATA=
archive=
EPOCHS=200
EMULATOR=
seconds=
step_seconds=600
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help)
      sed -n '/^# Usage:/,/^$/s/^# \{0,1\}//p' "${0##*/}"
      exit 0
      ;;
    --minutes | --data | --out | --epochs | --seconds | --step-seconds | --rehearse)
      [ $# -gt 1 ] || refuse "$1 needs a value"
      ;;
    *) refuse "unknown option $1" ;;
  esac
  case "$1" in
    --minutes) minutes=$2 ;;
    --data) DATA=$(from_caller "$2") ;;
    --out) archive=$(from_caller "$2") ;;
    --epochs) EPOCHS=$2 ;;
    --seconds) seconds=$2 ;;
    --step-seconds) step_seconds=$2 ;;
    --rehearse) EMULATOR=$(from_caller "$2") ;;
  esac
  shift 2
done
# whole OPTION VALUE LEAST: refuses what is no whole number that the option can be.
whole() {
  case "$2" in
    *[!0-9]* | 0* | '' | ???????*) ;;
    *) [ "$2" -lt "$3" ] || return 0 ;;
  esac
  refuse "$1 must be a whole number from $3 to 999999, not '$2'"
}

case "$minutes" in
  4 | 5 | 9) ;;
  *) refuse "--minutes is 4, 9 or 5, not $minutes" ;;
esac
whole --epochs "$EPOCHS" 1
# Ten are for the archive, and no step is begun with less than five.
[ -z "$seconds" ] || whole --seconds "$seconds" 15
whole --step-seconds "$step_seconds" 5
PLAN=
EXPECTED=$here/expected/study.csv
if [ -n "$EMULATOR" ]; then
  [ -d "$EMULATOR" ] || refuse "$EMULATOR is no folder: --rehearse takes the one with the emulator"
  DATA=${DATA:-$here/rehearsal}
  PLAN=$(cat rehearsal/plan)
  EXPECTED=$here/expected/rehearsal.csv
fi
DATA=${DATA:-$here/mnist}
[ -d "$DATA" ] || refuse "$DATA is no folder: name one with MNIST's four files by --data"
for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
  [ -f "$DATA/$name-ubyte" ] || [ -f "$DATA/$name-ubyte.gz" ] ||
    refuse "$DATA has no $name-ubyte, plain or .gz: name a folder with MNIST's four files by --data"
done
archive=${archive:-$caller/gpu-results-$minutes.tar.gz}
[ ! -e "$archive" ] || refuse "$archive is there already"
# In a shell of its own, for this one would end with words of its own.
(: >"$archive") 2>/dev/null || refuse "$archive cannot be written"
RESULTS=$here/gpu-results-$minutes
WORK=$here/work-$minutes
rm -rf "$RESULTS" "$WORK"
mkdir "$RESULTS" "$WORK" || exit 1

# CUDA's libraries may be packages of a Python in a virtual environment, and NVIDIA's tools beside the PATH.
prefix=
if command -v python3 >/dev/null; then
  prefix=$(timeout -k 2 10 python3 -c 'import sys; print(sys.prefix)' 2>/dev/null) || prefix=
fi
if [ -n "$prefix" ]; then
  export VIRTUAL_ENV="${VIRTUAL_ENV:-$prefix}"
  for folder in "$prefix"/lib/python3*/site-packages/nvidia/*/lib; do
    [ ! -d "$folder" ] || LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  done
  [ -z "${LD_LIBRARY_PATH:-}" ] || export LD_LIBRARY_PATH
fi
for folder in /usr/local/cuda/bin /opt/nvidia/nsight-compute/*; do
  [ ! -d "$folder" ] || PATH=$PATH:$folder
done
export DATA EPOCHS EMULATOR PLAN EXPECTED RESULTS WORK

{
  echo "commit: $(tr '\n' ' ' <commit)"
  echo "when: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  echo "minutes: $minutes"
  echo "system: $(uname -srm)"
  [ -z "$EMULATOR" ] || echo "rehearsed: on the emulator, no GPU; no figure here means anything"
} >"$RESULTS/about.txt"
: >"$RESULTS/summary.tsv"

# Kept in all circumstances: what is left of it bounds each step, and ten seconds are for the archive.
deadline=$((started + ${seconds:-$((minutes * 60))} - 10))
failed=0

keep() {
  tar czf "$WORK/archive" -C "$here" "${RESULTS##*/}" && mv "$WORK/archive" "$archive"
}

# report NAME OUTCOME SECONDS WHY
report() {
  printf '%s\t%s\t%s\t%s\n' "$@" >>"$RESULTS/summary.tsv"
  printf '%-18s %-12s %4d s  %s\n' "$@"
}

# What a step has left running, for timeout ends as soon as the step itself does: three seconds to end, then no more.
end_all() {
  [ -s "$WORK/pid" ] || return 0
  group=$(cat "$WORK/pid")
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -s 0 -- "-$group" 2>/dev/null || return 0
    sleep 0.3
  done
  kill -s KILL -- "-$group" 2>/dev/null
}

interrupted() {
  [ ! -s "$WORK/pid" ] || kill "$(cat "$WORK/pid")" 2>/dev/null
  end_all
  report "$name" interrupted $(($(date +%s) - begun)) ""
  keep
  exit 1
}
name=start
begun=$started
trap interrupted INT TERM HUP

# step NAME SECONDS: has steps.sh do it, its output in NAME.txt, and says how it went.
step() {
  name=$1
  limit=$2
  begun=$(date +%s)
  why=
  for bound in "$step_seconds" $((deadline - begun)); do
    [ "$bound" -ge "$limit" ] || limit=$bound
  done
  if [ "$limit" -lt 5 ]; then
    report "$name" "no time left" 0 ""
    failed=1
    return 1
  fi
  rm -f "$WORK/status" "$WORK/pid"
  (
    SECONDS_LEFT=$limit timeout -k 3 "$limit" ./steps.sh "$name" >"$RESULTS/$name.txt" 2>&1 </dev/null &
    echo $! >"$WORK/pid"
    wait $!
    echo $? >"$WORK/status"
  ) &
  # A process that waits inside the driver cannot be killed, and then timeout does not end either.
  until [ -s "$WORK/status" ]; do
    [ "$(date +%s)" -le $((begun + limit + 5)) ] || break
    sleep 0.2
  done
  end_all
  status=124
  [ ! -s "$WORK/status" ] || status=$(cat "$WORK/status")
  case $status in
    0) outcome=ok ;;
    4)
      outcome="left out"
      why=$(tail -n 1 "$RESULTS/$name.txt")
      ;;
    124 | 137) outcome="out of time" ;;
    *)
      outcome=FAILED
      why="exit status $status; $(tail -n 1 "$RESULTS/$name.txt")"
      ;;
  esac
  report "$name" "$outcome" $(($(date +%s) - begun)) "$(echo "$why" | tr '\t' ' ' | cut -c 1-150)"
  keep
  case $status in
    0 | 4) ;;
    *)
      failed=1
      return 1
      ;;
  esac
}

step machine 15
if ! step doctor 40; then
  if [ ! -f "$RESULTS/doctor.txt" ]; then
    echo "run.sh: no time was left for doctor, so whether the GPU can be used is not known: give more --seconds" >&2
    exit 1
  fi
  case $outcome in
    "out of time") echo "run.sh: doctor did not end in its time, so nothing else was tried. It said:" >&2 ;;
    *) echo "run.sh: the GPU cannot be used, so nothing else was tried. doctor said:" >&2 ;;
  esac
  grep -E 'missing|failed|training' "$RESULTS/doctor.txt" >&2 || cat "$RESULTS/doctor.txt" >&2
  exit 3
fi
if [ "$minutes" -eq 4 ]; then
  step kernel-tests 60
  step epoch-fused 20
  step epoch-cublas 20
  step bench-fused 20
  step bench-cublas 20
  step profile-fused 20
  step profile-cublas 20
  step memcheck-fused 45
  step step-tests 60
  step memcheck-cublas 45
elif [ "$minutes" -eq 5 ]; then
  step models-fused 60
  step models-answered-by-4 60
  step models-on-32-queues 60
  step models-tests 40
  step models-cublas 60
else
  step bench-untuned 20
  step bench-tuned 30
  step side-by-side 150
  step train-control 40
  step train-again 40
  step same-bits 10
  step train-beta 40
  step racecheck-fused 45
  step ncu-fused 60
  step initcheck-fused 45
  step synccheck-fused 45
  step foundations 40
  step racecheck-cublas 45
  step initcheck-cublas 45
  step synccheck-cublas 45
  step resources 60
fi
echo "$archive: $(wc -c <"$archive") bytes"
exit $failed
