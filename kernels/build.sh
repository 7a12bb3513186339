#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What Maven runs: compiles the kernels for all GPUs to one fat binary and reports what each needs, or
# says why not. A warning, or a register that does not fit (a spill), is an error. Without nvcc the build
# goes on; the program then has NVRTC compile the sources where it runs.
#
#   build.sh FOLDER    writes FOLDER/resources/io/github/cvaegpu/kernels/kernels.fatbin, FOLDER/resources.txt
#
# It takes nvcc a minute of two processors. Where CVAE_GPU_KERNELS names a folder, what it made without a complaint is
# kept there, and taken by the next build of the same files by the same compilers.
set -eu
mkdir -p "$1/resources/io/github/cvaegpu/kernels"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"
binary=$out/resources/io/github/cvaegpu/kernels/kernels.fatbin

nvcc=${NVCC:-}
for candidate in "${CUDA_HOME:-/nowhere}/bin/nvcc" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
  if [ -z "$nvcc" ] && [ -x "$candidate" ]; then nvcc=$candidate; fi
done
if [ -z "$nvcc" ]; then
  rm -f "$binary"
  echo "kernels/: there is no nvcc on this machine; the jar gets their sources, for NVRTC, alone"
  exit 0
fi
if [ -f "$binary" ] && [ -z "$(find . -newer "$binary" -type f)" ]; then
  exit 0
fi

kept=
if [ -n "${CVAE_GPU_KERNELS:-}" ]; then
  state=$({
    "$nvcc" --version
    c++ --version || true
    echo "${NVCC_PREPEND_FLAGS:-}, ${NVCC_APPEND_FLAGS:-}"
    sha256sum -- *.cu *.cuh build.sh
  } | sha256sum)
  kept=$CVAE_GPU_KERNELS/${state%% *}
  if [ -f "$kept/resources.txt" ]; then
    cp "$kept/resources.txt" "$out/"
    cp "$kept/kernels.fatbin" "$binary"
    echo "kernels/: nvcc has compiled these files before: $kept"
    exit 0
  fi
fi

# Code for each GPU that nvcc knows. PTX for all that come later: of the first with clusters, without which
# their kernels would be slower; and of the oldest, for one that nvcc has left out.
known=$("$nvcc" --list-gpu-arch)
targets=
for capability in 75 80 86 89 90 100 120; do
  if echo "$known" | grep -qx "compute_$capability"; then
    targets="$targets -gencode arch=compute_$capability,code=sm_$capability"
  fi
done
for capability in 75 90; do
  if echo "$known" | grep -qx "compute_$capability"; then
    targets="$targets -gencode arch=compute_$capability,code=compute_$capability"
  fi
done

# One multiplication, one rounding, as on the CPU: what is to be fused, the kernels say with fmaf.
# shellcheck disable=SC2086 # The targets are words.
if ! "$nvcc" -std=c++17 --fmad=false -Werror all-warnings -Xptxas -v,-warn-spills,-warn-lmem-usage --fatbin $targets \
  --threads 0 module.cu -o "$binary" >"$out/ptxas.txt" 2>&1; then
  cat "$out/ptxas.txt" >&2
  exit 1
fi
{
  echo "What each kernel needs, by ptxas -v; a thread's registers and a block's shared memory. No spills."
  "$nvcc" --version | sed -n 's/^Cuda compilation tools, /nvcc: /p'
  printf '%-28s %8s %10s %13s\n' kernel target registers "shared bytes"
  awk -F"'" '
    /Compiling entry function/ { kernel = $2; target = $4 }
    /Used [0-9]+ registers/ {
      match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
      shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART, RLENGTH - 11) : 0
      printf "%-28s %8s %10s %13s\n", kernel, target, registers, shared
    }' "$out/ptxas.txt" | sort -k1,1 -k2,2V
} >"$out/resources.txt"

# Whole, or not at all; where the folder cannot be written to, the next build compiles again.
if [ -n "$kept" ] && mkdir -p "$kept.$$"; then
  { cp "$binary" "$out/resources.txt" "$kept.$$/" && mv -T "$kept.$$" "$kept"; } || rm -rf "$kept.$$"
  find "$CVAE_GPU_KERNELS" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
fi
