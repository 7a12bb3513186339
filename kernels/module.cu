// SPDX-License-Identifier: Apache-2.0
//
// All kernels in one unit: one fat binary for nvcc, one program for NVRTC.

#include "adam.cu"
#include "fused_linear.cu"
#include "fused_middle.cu"
#include "fused_update.cu"
#include "gather.cu"
#include "latent.cu"
#include "linear.cu"
#include "loss.cu"
#include "mailbox.cu"
