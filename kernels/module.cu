// SPDX-License-Identifier: Apache-2.0
//
// All kernels in one unit: one fat binary for nvcc, one program for NVRTC.

#include "adam.cu"
#include "gather.cu"
#include "latent.cu"
#include "linear.cu"
#include "loss.cu"
#include "mailbox.cu"
