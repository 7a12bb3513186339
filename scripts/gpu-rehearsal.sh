#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Rehearses what gpu-bundle.sh makes, on the emulator, after a build: both scripts from beginning to end, with stand-ins
# for NVIDIA's tools; then with libraries missing, with steps that hang, and without Python; and the tables of what
# comes back. Continuous integration runs it.
#
# Usage: scripts/gpu-rehearsal.sh

set -eu
cd "$(dirname "$0")/.."
emulator=$PWD/target/native/emulator
if [ ! -f "$emulator/libcuda.so.1" ]; then
  echo "gpu-rehearsal.sh: there is no emulator, so nothing was rehearsed: $(cat target/native/not-built.txt 2>&1)" >&2
  exit 2
fi
tables=$PWD/bench/gpu_tables.py
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
  echo "gpu-rehearsal.sh: $1" >&2
  cat "$scratch/said.txt" >&2
  exit 1
}

# An archive that packs faster than the one for a GPU, and so is larger.
scripts/gpu-bundle.sh --no-build --out "$scratch/bundle.tar.gz"
cd "$scratch"
tar xf bundle.tar.gz

# All that the scripts may need of a machine, python3 apart.
mkdir tools planted
for tool in awk basename cat cmp cp cut date dirname grep gzip head mkdir mv rm sed sh sha256sum sleep tail tar tee \
  timeout tr uname wc; do
  ln -s "$(command -v $tool)" tools/
done
# A tool of NVIDIA's: runs the program that it is given. Where HANGS is set the first one hangs, and does not end when asked to.
cat >planted/compute-sanitizer <<'TOOL'
#!/bin/sh
if [ "${HANGS:-}" ] && [ ! -f "$WORK/hung" ]; then
  echo $$ >"$WORK/hung"
  trap '' TERM
  while :; do sleep 1; done
fi
while [ $# -gt 0 ]; do
  case "$1" in
    */java) exec "$@" ;;
    --export) : >"$2.ncu-rep" ;;
    -o) : >"$2" ;;
  esac
  shift
done
TOOL
chmod +x planted/compute-sanitizer
cp planted/compute-sanitizer planted/ncu
cp planted/compute-sanitizer planted/nvcc

# run STATUS PATH ARGUMENTS...: has run.sh end with a status.
run() {
  expected=$1
  path=$2
  shift 2
  status=0
  PATH=$path gpu-bundle/run.sh --rehearse "$emulator" "$@" >said.txt 2>&1 || status=$?
  [ $status -eq "$expected" ] || fail "run.sh $* ended with $status"
}

# shows OUTCOME STEPS...
shows() {
  outcome=$1
  shift
  for step in "$@"; do
    grep -q "^$step  *$outcome  *[0-9]* s" said.txt || fail "$step was not: $outcome"
  done
}

# has_ended: whether what hung is no more, or waits for its end to be noticed.
has_ended() {
  hung=$(cat gpu-bundle/work-4/hung)
  ! kill -0 "$hung" 2>/dev/null || grep -q '^State:.*Z' "/proc/$hung/status"
}

echo "four minutes, without Python, and with a tool that hangs"
HANGS=yes run 1 "$scratch/planted:$scratch/tools" --minutes 4 --step-seconds 25
shows ok machine doctor kernel-tests epoch-fused epoch-cublas bench-fused bench-cublas profile-fused profile-cublas \
  step-tests memcheck-cublas
shows "out of time" memcheck-fused
has_ended || fail "what hung was left running"
grep -q "[1-9] tests successful" gpu-bundle/gpu-results-4/kernel-tests.txt || fail "no kernel was tested"

echo "nine minutes"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$(python3 -c 'import sys; print(sys.executable)')" >tools/python3
chmod +x tools/python3
run 0 "$scratch/planted:$scratch/tools" --minutes 9
shows ok bench-untuned bench-tuned side-by-side train-control train-again same-bits train-beta racecheck-fused \
  ncu-fused initcheck-fused synccheck-fused racecheck-cublas initcheck-cublas synccheck-cublas \
  resources
shows "left out" foundations

echo "five minutes"
run 0 "$scratch/planted:$scratch/tools" --minutes 5
shows ok models-fused models-answered-by-4 models-on-32-queues models-tests models-cublas

echo "the tables"
python3 "$tables" gpu-results-4.tar.gz gpu-results-9.tar.gz gpu-results-5.tar.gz >said.txt || fail "there are no tables"
for table in steps launches models side-by-side training checks; do
  grep -q "^## REHEARSED ON THE EMULATOR, NO GPU: $table" said.txt || fail "there is no table of $table"
done
cp "$OLDPWD/docs/performance.md" document.md
if python3 "$tables" gpu-results-9.tar.gz --update document.md >said.txt 2>&1 ||
  ! cmp document.md "$OLDPWD/docs/performance.md"; then
  fail "a document took figures of a rehearsal"
fi

echo "without tools, without cuBLAS, and with a doctor that hangs"
rm tools/python3
export DATA=. EPOCHS=1 EMULATOR="$emulator" PLAN='' EXPECTED=none RESULTS="$scratch" WORK="$scratch" SECONDS_LEFT=9
for step in side-by-side memcheck-fused ncu-fused; do
  status=0
  (cd gpu-bundle && PATH=$scratch/tools ./steps.sh $step) >said.txt 2>&1 || status=$?
  { [ $status -eq 4 ] && grep -q "^there is no " said.txt; } || fail "$step was not left out"
done
mkdir lacking
cp "$emulator/libcuda.so.1" "$emulator/kernels.so" lacking/
whole=$emulator
emulator=$scratch/lacking
run 3 "$scratch/tools" --out lacking.tar.gz
grep -q "cuBLAS was not found" said.txt || fail "why the GPU cannot be used was not said"
emulator=$whole
rm tools/tee
cat >tools/tee <<'TOOL'
#!/bin/sh
echo $$ >"$WORK/hung"
trap '' TERM
while :; do sleep 1; done
TOOL
chmod +x tools/tee
before=$(date +%s)
run 3 "$scratch/tools" --out hung.tar.gz --seconds 18
[ $(($(date +%s) - before)) -le 18 ] || fail "the script did not keep to its seconds"
shows "out of time" doctor
has_ended || fail "the doctor that hung was left running"
for archive in lacking hung; do
  tar tzf $archive.tar.gz | grep -q /doctor.txt || fail "what doctor said was not kept"
done
echo "rehearsed"
