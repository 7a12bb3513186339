// SPDX-License-Identifier: Apache-2.0
// The cuBLAS functions that the program uses.
#include <algorithm>

#include "../src/interface.h"
#include "cublas_api.h"
#include "gemm.h"

struct cublasContext {
  CUstream stream = nullptr;
  cublasPointerMode_t pointerMode = CUBLAS_POINTER_MODE_HOST;
  cublasAtomicsMode_t atomicsMode = CUBLAS_ATOMICS_NOT_ALLOWED;
  cublasMath_t mathMode = CUBLAS_DEFAULT_MATH;
};

namespace {

using emulator::Gemm;

constexpr int libraryVersion = 120600;

/** A product that a stream will compute. */
struct Pending {
  Gemm gemm;
  float alpha;
  float beta;
  /** Read when the product is computed, if not null. */
  const float* alphaOnDevice;
  const float* betaOnDevice;
};

const char* touch(const float* matrix, int rows, int columns, int leadingDimension,
                  long long stride, int count, bool write) {
  for (int i = 0; i < count; i++) {
    CvaeEmulatorColumns touched{matrix + i * stride, rows * sizeof(float),
                                leadingDimension * sizeof(float),
                                static_cast<std::size_t>(columns)};
    if (const char* wrong = cvaeEmulatorTouch("a product of cuBLAS", &touched, write);
        wrong != nullptr) {
      return wrong;
    }
  }
  return nullptr;
}

/** Tells of a product's reads and writes. @return null, or what is wrong with them */
const char* touch(const Gemm& g, float beta) {
  const char* wrong = touch(g.a, g.rowsOfA(), g.columnsOfA(), g.lda, g.strideA, g.count, false);
  if (wrong == nullptr) {
    wrong = touch(g.b, g.rowsOfB(), g.columnsOfB(), g.ldb, g.strideB, g.count, false);
  }
  if (wrong == nullptr && beta != 0.0F) {
    wrong = touch(g.c, g.m, g.n, g.ldc, g.strideC, g.count, false);
  }
  return wrong == nullptr ? touch(g.c, g.m, g.n, g.ldc, g.strideC, g.count, true) : wrong;
}

const char* run(void* data) {
  Pending pending = *static_cast<Pending*>(data);
  const Gemm& g = pending.gemm;
  if (pending.alphaOnDevice != nullptr) {
    if (!cvaeEmulatorMayTouch("cuBLAS product, alpha", pending.alphaOnDevice, sizeof(float)) ||
        !cvaeEmulatorMayTouch("cuBLAS product, beta", pending.betaOnDevice, sizeof(float))) {
      return "cuBLAS product: a scalar is not in device memory";
    }
    pending.alpha = *pending.alphaOnDevice;
    pending.beta = *pending.betaOnDevice;
  }
  bool inside = cvaeEmulatorMayTouch(
                    "cuBLAS product, A", g.a,
                    emulator::extent(g.rowsOfA(), g.columnsOfA(), g.lda, g.strideA, g.count)) &&
                cvaeEmulatorMayTouch(
                    "cuBLAS product, B", g.b,
                    emulator::extent(g.rowsOfB(), g.columnsOfB(), g.ldb, g.strideB, g.count)) &&
                cvaeEmulatorMayTouch("cuBLAS product, C", g.c,
                                     emulator::extent(g.m, g.n, g.ldc, g.strideC, g.count));
  if (!inside) {
    return "cuBLAS product: a matrix is not all in device memory";
  }
  if (const char* wrong = touch(g, pending.beta); wrong != nullptr) {
    return wrong;
  }
  emulator::compute(g, pending.alpha, pending.beta);
  return nullptr;
}

void release(void* data) { delete static_cast<Pending*>(data); }

bool isValid(const Gemm& g) {
  return g.m >= 0 && g.n >= 0 && g.k >= 0 && g.count >= 0 && g.lda >= std::max(1, g.rowsOfA()) &&
         g.ldb >= std::max(1, g.rowsOfB()) && g.ldc >= std::max(1, g.m);
}

cublasStatus_t submit(cublasHandle_t handle, const Gemm& gemm, const float* alpha,
                      const float* beta) {
  if (handle == nullptr) {
    return CUBLAS_STATUS_NOT_INITIALIZED;
  }
  if (!isValid(gemm) || alpha == nullptr || beta == nullptr) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (gemm.m == 0 || gemm.n == 0 || gemm.count == 0) {
    return CUBLAS_STATUS_SUCCESS;
  }
  bool onHost = handle->pointerMode == CUBLAS_POINTER_MODE_HOST;
  CvaeEmulatorWork work{run, release,
                        onHost ? new Pending{gemm, *alpha, *beta, nullptr, nullptr}
                               : new Pending{gemm, 0.0F, 0.0F, alpha, beta}};
  return cvaeEmulatorSubmit(handle->stream, &work) == CUDA_SUCCESS ? CUBLAS_STATUS_SUCCESS
                                                                   : CUBLAS_STATUS_EXECUTION_FAILED;
}

bool usesTf32(cublasHandle_t handle) {
  return handle != nullptr && handle->mathMode == CUBLAS_TF32_TENSOR_OP_MATH;
}

struct StatusText {
  cublasStatus_t status;
  const char* name;
  const char* text;
};

#define CVAE_STATUS(NAME, TEXT) {NAME, #NAME, TEXT}

constexpr StatusText statusTexts[] = {
    CVAE_STATUS(CUBLAS_STATUS_SUCCESS, "success"),
    CVAE_STATUS(CUBLAS_STATUS_NOT_INITIALIZED, "library not initialized"),
    CVAE_STATUS(CUBLAS_STATUS_ALLOC_FAILED, "resource allocation failed"),
    CVAE_STATUS(CUBLAS_STATUS_INVALID_VALUE, "an invalid value"),
    CVAE_STATUS(CUBLAS_STATUS_ARCH_MISMATCH, "an absent device architectural feature is required"),
    CVAE_STATUS(CUBLAS_STATUS_MAPPING_ERROR, "texture memory could not be bound"),
    CVAE_STATUS(CUBLAS_STATUS_EXECUTION_FAILED, "the function failed to launch on the GPU"),
    CVAE_STATUS(CUBLAS_STATUS_INTERNAL_ERROR, "an internal operation failed"),
    CVAE_STATUS(CUBLAS_STATUS_NOT_SUPPORTED, "the functionality is not supported"),
    CVAE_STATUS(CUBLAS_STATUS_LICENSE_ERROR, "an error was detected when checking a licence"),
};

#undef CVAE_STATUS

const StatusText* textOf(cublasStatus_t status) {
  for (const StatusText& text : statusTexts) {
    if (text.status == status) {
      return &text;
    }
  }
  return nullptr;
}

/** Does something to a handle, if there is one. */
template <typename Body>
cublasStatus_t withHandle(cublasHandle_t handle, Body body) {
  if (handle == nullptr) {
    return CUBLAS_STATUS_NOT_INITIALIZED;
  }
  body(*handle);
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = nullptr;
  CUresult attached = cvaeEmulatorAttach();
  if (attached != CUDA_SUCCESS) {
    return attached == CUDA_ERROR_OUT_OF_MEMORY ? CUBLAS_STATUS_ALLOC_FAILED
                                                : CUBLAS_STATUS_NOT_INITIALIZED;
  }
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  return withHandle(handle, [](cublasContext& own) {
    delete &own;
    cvaeEmulatorDetach();
  });
}

cublasStatus_t cublasGetVersion_v2(cublasHandle_t handle, int* version) {
  return withHandle(handle, [version](cublasContext&) { *version = libraryVersion; });
}

cublasStatus_t cublasGetProperty(libraryPropertyType type, int* value) {
  switch (type) {
    case MAJOR_VERSION:
      *value = libraryVersion / 10000;
      return CUBLAS_STATUS_SUCCESS;
    case MINOR_VERSION:
      *value = libraryVersion / 100 % 100;
      return CUBLAS_STATUS_SUCCESS;
    case PATCH_LEVEL:
      *value = libraryVersion % 100;
      return CUBLAS_STATUS_SUCCESS;
    default:
      return CUBLAS_STATUS_INVALID_VALUE;
  }
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, CUstream stream) {
  return withHandle(handle, [stream](cublasContext& own) { own.stream = stream; });
}

cublasStatus_t cublasGetStream_v2(cublasHandle_t handle, CUstream* stream) {
  return withHandle(handle, [stream](cublasContext& own) { *stream = own.stream; });
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  if (!cvaeEmulatorMayTouch("cublasSetWorkspace", workspace, bytes)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  return withHandle(handle, [](cublasContext&) {});
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  return withHandle(handle, [mode](cublasContext& own) { own.mathMode = mode; });
}

cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
  return withHandle(handle, [mode](cublasContext& own) { *mode = own.mathMode; });
}

cublasStatus_t cublasSetPointerMode_v2(cublasHandle_t handle, cublasPointerMode_t mode) {
  return withHandle(handle, [mode](cublasContext& own) { own.pointerMode = mode; });
}

cublasStatus_t cublasGetPointerMode_v2(cublasHandle_t handle, cublasPointerMode_t* mode) {
  return withHandle(handle, [mode](cublasContext& own) { *mode = own.pointerMode; });
}

cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t mode) {
  return withHandle(handle, [mode](cublasContext& own) { own.atomicsMode = mode; });
}

cublasStatus_t cublasGetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t* mode) {
  return withHandle(handle, [mode](cublasContext& own) { *mode = own.atomicsMode; });
}

const char* cublasGetStatusName(cublasStatus_t status) {
  const StatusText* found = textOf(status);
  return found == nullptr ? "unknown" : found->name;
}

const char* cublasGetStatusString(cublasStatus_t status) {
  const StatusText* found = textOf(status);
  return found == nullptr ? "unknown" : found->text;
}

cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, cublasOperation_t transposeA,
                              cublasOperation_t transposeB, int m, int n, int k, const float* alpha,
                              const float* a, int lda, const float* b, int ldb, const float* beta,
                              float* c, int ldc) {
  return submit(handle,
                {transposeA != CUBLAS_OP_N, transposeB != CUBLAS_OP_N, m, n, k, a, lda, 0, b, ldb,
                 0, c, ldc, 0, 1, usesTf32(handle)},
                alpha, beta);
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transposeA,
                                         cublasOperation_t transposeB, int m, int n, int k,
                                         const float* alpha, const float* a, int lda,
                                         long long strideA, const float* b, int ldb,
                                         long long strideB, const float* beta, float* c, int ldc,
                                         long long strideC, int count) {
  return submit(handle,
                {transposeA != CUBLAS_OP_N, transposeB != CUBLAS_OP_N, m, n, k, a, lda, strideA, b,
                 ldb, strideB, c, ldc, strideC, count, usesTf32(handle)},
                alpha, beta);
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t transposeA,
                            cublasOperation_t transposeB, int m, int n, int k, const void* alpha,
                            const void* a, cudaDataType_t typeA, int lda, const void* b,
                            cudaDataType_t typeB, int ldb, const void* beta, void* c,
                            cudaDataType_t typeC, int ldc, cublasComputeType_t computeType,
                            cublasGemmAlgo_t) {
  bool supported =
      typeA == CUDA_R_32F && typeB == CUDA_R_32F && typeC == CUDA_R_32F &&
      (computeType == CUBLAS_COMPUTE_32F || computeType == CUBLAS_COMPUTE_32F_PEDANTIC ||
       computeType == CUBLAS_COMPUTE_32F_FAST_TF32);
  if (!supported) {
    cvaeEmulatorUnsupported("cublasGemmEx with types other than float32");
  }
  bool tf32 = computeType == CUBLAS_COMPUTE_32F_FAST_TF32 ||
              (computeType == CUBLAS_COMPUTE_32F && usesTf32(handle));
  return submit(
      handle,
      {transposeA != CUBLAS_OP_N, transposeB != CUBLAS_OP_N, m, n, k, static_cast<const float*>(a),
       lda, 0, static_cast<const float*>(b), ldb, 0, static_cast<float*>(c), ldc, 0, 1, tf32},
      static_cast<const float*>(alpha), static_cast<const float*>(beta));
}
}
