#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One step of gpu-run.sh, which says in the environment where everything is and bounds the time: steps.sh NAME.
# The exit status is 4 for a step that is left out, whose last line then says why.
#
#   DATA      folder with the images              EXPECTED      losses of the CPU engine's first epoch
#   PLAN      options of the network              RESULTS       folder for what is kept
#   EPOCHS    of the long trainings               WORK          folder for what is not
#   EMULATOR  its folder in a rehearsal, else ""  SECONDS_LEFT  seconds that the step may take

set -u
here=$PWD
java=$here/runtime/bin/java
# The program itself, without the launcher: what is traced has one process.
program="-cp cvae-gpu.jar io.github.cvaegpu.cli.CvaeGpu"
options="-XX:+UseSerialGC --enable-native-access=ALL-UNNAMED"
name=$1

left_out() {
  echo "$1"
  exit 4
}

# A program that the step cannot do without.
need() {
  command -v "$1" >/dev/null || left_out "there is no $1 on this machine"
}

# Of the study, or, on the emulator, as few as show that it works.
many() {
  if [ -n "$EMULATOR" ]; then echo "$2"; else echo "$1"; fi
}

# In one process: given the module that it needs, the launcher starts no other.
# shellcheck disable=SC2086 # The options are words, here and below.
program() {
  "$java" $options $program "$@" ${EMULATOR:+--cuda-emulator "$EMULATOR"}
}

# The same with what to train, on the GPU.
# shellcheck disable=SC2086
on_gpu() {
  program "$@" --engine cuda --lr 0.001 --data "$DATA" $PLAN
}

machine() {
  cat "$RESULTS/about.txt"
  echo "VIRTUAL_ENV=${VIRTUAL_ENV:-} LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}"
  for tool in python3 nvcc ncu compute-sanitizer; do
    echo "$tool: $(command -v "$tool" || echo none)"
  done
  [ -z "$EMULATOR" ] || return 0
  nvidia-smi
  nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.max.sm,clocks.mem,power.limit,ecc.mode.current \
    --format=csv
}

doctor() {
  program doctor | tee "$WORK/doctor.txt"
  grep -q 'can run, on the GPU' "$WORK/doctor.txt"
}

# tests PATTERN: the test classes of the CUDA engine whose names it matches.
# shellcheck disable=SC2086
tests() {
  where=-Dcvaegpu.gpu=real
  [ -z "$EMULATOR" ] || where=-Dcvaegpu.native=$(dirname "$EMULATOR")
  "$java" $options "$where" -cp "cvae-gpu.jar:test-classes:lib/junit.jar" \
    org.junit.platform.console.ConsoleLauncher execute --disable-banner --disable-ansi-colors --details=testfeed \
    --fail-if-no-tests --include-classname ".*\\.($1)" --select-package io.github.cvaegpu.engine.cuda \
    >"$WORK/$name.txt" 2>&1
  status=$?
  cat "$WORK/$name.txt"
  [ $status -eq 0 ] || return $status
  # Skipped is not passed, but where a test says that it is not for a machine like this one.
  if grep -A 3 ' :: ABORTED\| :: SKIPPED' "$WORK/$name.txt" | grep 'Reason:\|Exception:' |
    grep -v 'a real GPU\|the sources are not where'; then
    echo "tests were skipped"
    return 1
  fi
  ! grep -q ' 0 tests successful' "$WORK/$name.txt"
}

# Trains an epoch, and compares its losses with the CPU engine's: of three steps to rounding, of all on average.
epoch() {
  on_gpu train --step "$1" --epochs 1 --out "$WORK/$name" --json --quiet || return
  mkdir -p "$RESULTS/$name"
  cp "$WORK/$name/run.json" "$WORK/$name/metrics.csv" "$RESULTS/$name/"
  if [ ! -f "$EXPECTED" ]; then
    echo "The CPU engine's losses were not carried along: nothing to compare with."
    return 1
  fi
  awk -F, '
    function apart(a, b) { return (a > b ? a - b : b - a) / (b > 1e-30 ? b : 1e-30) }
    FNR == 1 { next }
    NR == FNR { rl[$1] = $3; kl[$1] = $4; count++; next }
    !($1 in rl) { extra++; next }
    {
      n++
      if (n <= 3) { a = apart($3, rl[$1]); if (a > first_rl) first_rl = a; a = apart($4, kl[$1]); if (a > first_kl) first_kl = a }
      r += $3; er += rl[$1]; k += $4; ek += kl[$1]
    }
    END {
      printf "first 3 steps: RL and KL apart from the CPU engine by %.1e and %.1e at most\n", first_rl, first_kl
      if (n) printf "the epoch: RL %.4f, on the CPU %.4f; KL %.4f, on the CPU %.4f\n", r / n, er / n, k / n, ek / n
      exit !(n == count && n >= 3 && !extra && first_rl < 1e-4 && first_kl < 1e-3 && apart(r, er) < 0.01 && apart(k, ek) < 0.02)
    }' "$EXPECTED" "$WORK/$name/metrics.csv"
}

# bench OPTIONS...: the time of a step, an epoch at a time.
bench() {
  on_gpu bench --json --quiet --rounds "$(many 100 3)" "$@" >"$RESULTS/$name.json"
}

# models OPTIONS...: many models at once in one process, beside one.
models() {
  on_gpu bench --json --quiet --models "$(many 1,2,4,8,16,32 1,2,4)" --rounds "$(many 3 2)" "$@" >"$RESULTS/$name.json"
}

profile() {
  on_gpu profile --step "$1" --json --warm-up "$(many 50 1)" --steps "$(many 200 2)" >"$RESULTS/$name.json"
}

# under COMMAND...: a tool that is given a few steps, launched kernel by kernel, which is what tools see best.
# shellcheck disable=SC2086
under() {
  "$@" "$java" $options $program profile --step "$kind" --for-profiler launches \
    --warm-up 1 --steps 1 --engine cuda --data "$DATA" $PLAN ${EMULATOR:+--cuda-emulator "$EMULATOR"}
}

# sanitizer TOOL KIND: cuBLAS's own kernels are not ours to mend, and only memcheck looks at them.
sanitizer() {
  need compute-sanitizer
  kind=$2
  set -- compute-sanitizer --tool "$1" --error-exitcode 1 --target-processes all --print-limit 20
  if [ "$kind" = cublas ] && [ "$3" != memcheck ]; then
    set -- "$@" --kernel-name-exclude kns=gemm --kernel-name-exclude kns=splitK \
      --kernel-name-exclude kns=cublas --kernel-name-exclude kns=cutlass
  fi
  under "$@"
}

# The clocks are left as they are.
ncu_report() {
  need ncu
  kind=$1
  under ncu --profile-from-start off --nvtx --set full --clock-control none --target-processes all \
    --export "$WORK/$name" || return
  ncu --import "$WORK/$name.ncu-rep" --page details
  cp "$WORK/$name.ncu-rep" "$RESULTS/"
}

side_by_side() {
  need python3
  set -- --java "$java" --jar cvae-gpu.jar --data "$DATA" --rounds "$(many 2 1)" --seconds $((SECONDS_LEFT - 10))
  [ -z "$EMULATOR" ] || set -- "$@" --epochs 1 --plan "$PLAN --cuda-emulator $EMULATOR"
  PYTHONUNBUFFERED=1 python3 bench/gpu_side_by_side.py "$@" --out "$RESULTS/side-by-side.json"
}

train() {
  on_gpu train --control "$1" --epochs "$(many "$EPOCHS" 2)" --out "$WORK/$name" --json --quiet || return
  mkdir -p "$RESULTS/$name"
  cp "$WORK/$name/run.json" "$RESULTS/$name/"
  (cd "$WORK/$name" && sha256sum checkpoint.safetensors metrics.csv) | tee "$RESULTS/$name/sha256.txt"
}

same_bits() {
  for run in control again; do
    [ -f "$RESULTS/train-$run/sha256.txt" ] || left_out "train-$run did not end"
  done
  cmp "$RESULTS/train-control/sha256.txt" "$RESULTS/train-again/sha256.txt" &&
    echo "checkpoint.safetensors and metrics.csv of both trainings are the same bytes"
}

# shellcheck disable=SC2086
foundations() {
  [ -z "$EMULATOR" ] || left_out "in a rehearsal: it has NVRTC compile for a GPU"
  "$java" $options -cp "cvae-gpu.jar:test-classes:lib/junit.jar" io.github.cvaegpu.engine.cuda.Foundations \
    "$RESULTS/foundations.json"
}

# What this machine's compiler makes of the kernels for its GPU: registers, shared memory, the code's bytes.
resources() {
  need nvcc
  capability=90
  if [ -z "$EMULATOR" ]; then
    capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .) || return
  fi
  nvcc --version
  nvcc -std=c++17 --fmad=false -arch="sm_$capability" -Xptxas -v --cubin kernels/module.cu \
    -o "$RESULTS/module-sm_$capability.cubin" || return
  sha256sum "$RESULTS/module-sm_$capability.cubin"
  if command -v cuobjdump >/dev/null; then
    cuobjdump --dump-resource-usage "$RESULTS/module-sm_$capability.cubin"
  fi
}

# All of them run on the emulator in the build; a rehearsal is to show that they can be started from here.
kernel_tests=$(many '(Adam|Gather|Latent|Linear|Loss)Kernels?Test|FusedVariantsTest|MailboxTest|ExtendedLaunchTest' 'AdamKernelTest')
models_tests=$(many '(ManyModels|EpochPoller)Test' 'EpochPollerTest')
step_tests=$(many '.*(Step|Engine|Profile|Variant|Tuner).*Test' 'RooflineTest')

case "$name" in
  machine) machine ;;
  doctor) doctor ;;
  kernel-tests) tests "$kernel_tests" ;;
  step-tests) tests "$step_tests" ;;
  epoch-fused | epoch-cublas) epoch "${name#*-}" ;;
  bench-fused | bench-cublas) bench --step "${name#*-}" ;;
  bench-untuned) bench --step fused --tune off ;;
  bench-tuned) bench --step fused --tune force ;;
  models-fused) models --step fused ;;
  models-cublas) models --step cublas ;;
  models-answered-by-4) models --step fused --pollers 4 ;;
  models-on-32-queues) CUDA_DEVICE_MAX_CONNECTIONS=32 models --step fused ;;
  models-tests) tests "$models_tests" ;;
  profile-fused | profile-cublas) profile "${name#*-}" ;;
  *check-fused | *check-cublas) sanitizer "${name%-*}" "${name#*-}" ;;
  ncu-fused) ncu_report fused ;;
  side-by-side) side_by_side ;;
  train-control | train-again) train pi ;;
  train-beta) train constant ;;
  same-bits) same_bits ;;
  foundations) foundations ;;
  resources) resources ;;
  *)
    echo "steps.sh: there is no step $name" >&2
    exit 2
    ;;
esac
