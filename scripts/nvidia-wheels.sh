#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts NVIDIA's own NVRTC and cuBLAS, as pip has them, into a virtual environment for the tests. They need no GPU.
#
#   scripts/nvidia-wheels.sh FOLDER && CVAE_GPU_NVIDIA_WHEELS=FOLDER mvn verify
#
# Ends with an error where pip cannot install them; without that variable the tests are skipped.
set -eu
[ "$(uname -sm)" = "Linux x86_64" ] || {
  echo "nvidia-wheels.sh: the wheels that are tested are for Linux on x86-64" >&2
  exit 1
}
requirements=$(dirname "$0")/nvidia-requirements.txt
"$1/bin/python" -m pip --version >/dev/null 2>&1 || python3 -m venv "$1"
timeout 900 "$1/bin/python" -m pip install --quiet --retries 0 --no-deps --requirement "$requirements"
