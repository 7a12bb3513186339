// SPDX-License-Identifier: Apache-2.0
//
// Kernels that test the emulator: right ones, and ones with a planted error each.

/** y = a x + y. Launch: any. */
extern "C" __global__ void saxpy(int n, float a, const float* __restrict__ x, float* __restrict__ y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    y[i] = fmaf(a, x[i], y[i]);
  }
}

/** sums[block] = sum of the block's 256 values, through static shared memory and a warp's shuffles. */
extern "C" __global__ void __launch_bounds__(256) block_sums(const float* __restrict__ x, int n,
                                                             float* __restrict__ sums) {
  __shared__ float partial[8];
  int i = blockIdx.x * 256 + threadIdx.x;
  float value = i < n ? x[i] : 0.0f;
  for (int delta = 16; delta > 0; delta /= 2) {
    value += __shfl_down_sync(0xffffffffu, value, delta);
  }
  if (threadIdx.x % 32 == 0) {
    partial[threadIdx.x / 32] = value;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    float total = 0.0f;
    for (int warp = 0; warp < 8; warp++) {
      total += partial[warp];
    }
    sums[blockIdx.x] = total;
  }
}
