#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints C++ that has a module of the emulator say what its kernels need on a GPU.
#
#   resources.sh <TABLE     lines of a kernel, sm_NN, a thread's registers, a block's static shared bytes
set -eu
echo 'extern "C" {'
echo 'extern const char cvaeModuleResources[];'
echo 'const char cvaeModuleResources[] = R"('
cat
echo ')";'
echo '}'
