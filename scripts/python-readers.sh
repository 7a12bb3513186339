#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts TensorBoard, safetensors and PyTorch into a virtual environment for the tests in which others read our files, and
# prints what the tests are told of it by, a variable a line:
#
#   export $(scripts/python-readers.sh FOLDER) && mvn verify
#
# Ends with an error where pip cannot install them. PyTorch is taken only in a build for the CPU, with which the folder
# has 1.1 GB: where pip knows none but one for CUDA, of gigabytes, it is left out, which is said, and so is its variable.
set -eu
requirements=$(dirname "$0")/python-requirements.txt
torch=torch==2.13.0
python=$1/bin/python
"$python" -m pip --version >/dev/null 2>&1 || python3 -m venv "$1"
pip() {
  timeout 900 "$python" -m pip "$@"
}
pip install --quiet --retries 0 --requirement "$requirements" >&2
echo "CVAE_GPU_TENSORBOARD_PYTHON=$python"
if ! "$python" -c 'import torch' 2>/dev/null; then
  # What it would bring with it says which build it is; nothing of it is downloaded for that.
  if ! plan=$(pip install --quiet --retries 0 --dry-run --report - "$torch"); then
    echo "python-readers.sh: pip has no $torch: NOT TESTED WITH PYTORCH" >&2
    exit
  fi
  if echo "$plan" | grep -q '"name": "\(nvidia-\|cuda-\|triton\)'; then
    echo "python-readers.sh: pip has $torch for CUDA alone, of gigabytes: NOT TESTED WITH PYTORCH" >&2
    exit
  fi
  pip install --quiet --retries 0 "$torch" >&2
fi
echo "CVAE_GPU_PYTHON=$python"
