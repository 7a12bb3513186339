// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.TooLittleMemoryException;
import java.util.Arrays;
import java.util.stream.Collectors;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasStatus;

/** Turns the status of a native call into an exception that names the call and its operands. */
final class Check {
  private Check() {}

  /**
   * Demands that a call to the driver has succeeded.
   *
   * @param status what it returned
   * @param call its name
   * @param operands what it was called with, as far as it tells anything
   */
  static void driver(int status, String call, Object... operands) {
    if (status != CUresult.CUDA_SUCCESS) {
      String message =
          "%s failed: %s. %s".formatted(named(call, operands), driverText(status), remedy(status));
      throw isLoss(status)
          ? new DeviceLostException(message)
          : status == CUresult.CUDA_ERROR_OUT_OF_MEMORY
              ? new TooLittleMemoryException(message)
              : new EngineException(message);
    }
  }

  /**
   * Whether a status says that the context has failed: every call returns it from then on, and only
   * another process is sure to get over it. Some of these may be a defect of a kernel as well as of
   * the hardware; nothing tells them apart.
   */
  static boolean isLoss(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_MPS_RPC_FAILURE,
          CUresult.CUDA_ERROR_EXTERNAL_DEVICE,
          CUresult.CUDA_ERROR_UNKNOWN ->
          true;
      default -> false;
    };
  }

  /** Demands that a call to cuBLAS has succeeded. */
  static void blas(int status, String call, Object... operands) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      // Of a GPU that is lost cuBLAS says little; the driver knows.
      int health = JCudaDriver.cuStreamQuery(JCudaDriver.CU_STREAM_LEGACY);
      if (isLoss(health)) {
        driver(health, call, operands);
      }
      throw new EngineException(
          "%s failed: %s (%s). %s"
              .formatted(
                  named(call, operands),
                  JCublas2.cublasGetStatusString(status),
                  cublasStatus.stringFor(status),
                  blasRemedy(status)));
    }
  }

  private static String named(String call, Object... operands) {
    return Arrays.stream(operands)
        .map(String::valueOf)
        .collect(Collectors.joining(", ", call + "(", ")"));
  }

  /** The driver's own words for a status, with its name. */
  static String driverText(int status) {
    String[] text = new String[1];
    String name = CUresult.stringFor(status);
    return JCudaDriver.cuGetErrorString(status, text) == CUresult.CUDA_SUCCESS && text[0] != null
        ? "%s (%s)".formatted(text[0], name)
        : name;
  }

  private static String remedy(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY ->
          "The GPU has too little free memory: take a smaller --batch or smaller --hidden"
              + " layers, or end other programs that use it (nvidia-smi lists them).";
      case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU,
          CUresult.CUDA_ERROR_INVALID_PTX,
          CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION ->
          "The kernels do not go with this GPU and driver: install a newer NVIDIA driver, or a CUDA"
              + " toolkit whose NVRTC can compile them here.";
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
          CUresult.CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE ->
          "The NVIDIA driver's parts do not go together: install it again and restart the machine.";
      case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE ->
          "The GPU's memory has failed, and what it held is lost; nvidia-smi -q -d ECC tells of"
              + " it.";
      default ->
          isLoss(status)
              ? "The GPU is lost to this process, with what it held; nvidia-smi and the system's"
                  + " log (Xid) may say why."
              : "If it happens again, look for the GPU in nvidia-smi and in the system's log.";
    };
  }

  private static String blasRemedy(int status) {
    return switch (status) {
      case cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED, cublasStatus.CUBLAS_STATUS_ALLOC_FAILED ->
          "The GPU may have too little free memory, or the NVIDIA driver be older than this"
              + " cuBLAS.";
      case cublasStatus.CUBLAS_STATUS_ARCH_MISMATCH ->
          "This cuBLAS does not know the GPU: install the one of a newer CUDA toolkit.";
      default -> "If it happens again, look for the GPU in nvidia-smi and in the system's log.";
    };
  }
}
