// SPDX-License-Identifier: Apache-2.0
/**
 * The engine for NVIDIA GPUs: the kernels of {@code kernels/}, cuBLAS for large products, and the
 * training step as one CUDA graph, all through JCuda.
 *
 * <p>{@link io.github.cvaegpu.engine.cuda.CublasStep} is the step; {@link
 * io.github.cvaegpu.engine.cuda.CudaTrainee} captures it, and {@link
 * io.github.cvaegpu.engine.cuda.StepPipeline} has it done over and over, a few steps ahead. The
 * kernels of a file are launched from a class of their own.
 */
package io.github.cvaegpu.engine.cuda;
