// SPDX-License-Identifier: Apache-2.0
#include "image.h"

#include <elf.h>
#include <algorithm>

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "report.h"

namespace emulator {
namespace {

constexpr std::uint32_t fatBinaryMagic = 0xba55ed50;
constexpr std::uint16_t ptxPart = 1;
constexpr std::uint16_t elfPart = 2;
/** Flag of code that runs on one GPU, as sm_90a, and on no later one. */
constexpr std::uint64_t forOneGpu = 0x100000;

/** NVIDIA's number for its processors in ELF files. */
constexpr std::uint16_t machineCuda = 190;
/** ABI 7 is CUDA 11's and 12's; 8 came with CUDA 13, whose drivers are the first to know it. */
constexpr int firstAbiOfCuda13 = 8;

struct FatBinaryHeader {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t headerBytes;
  std::uint64_t bytes;
};

struct FatBinaryPart {
  std::uint16_t kind;
  std::uint16_t version;
  std::uint32_t headerBytes;
  std::uint64_t bytes;
  std::uint32_t compressedBytes;
  std::uint32_t unused;
  /** Of PTX its version, of an ELF file 1 and its ABI's. */
  std::uint16_t minor;
  std::uint16_t major;
  std::uint32_t capability;
  std::uint32_t nameOffset;
  std::uint32_t nameBytes;
  std::uint64_t flags;
};

template <typename T>
T read(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/** The CUDA with which a version of PTX came, as drivers number it. */
int cudaOfPtx(int major, int minor) {
  if (major >= 9) {
    return 1000 * (major + 4) + 10 * minor;
  }
  // PTX 8.5 is of CUDA 12.5 and of 12.6, and from then on they differ by one.
  return major == 8 ? 12000 + 10 * (minor <= 5 ? minor : minor + 1) : 11000;
}

CUresult judgePtx(int major, int minor, int target, int driver, int capability) {
  if (cudaOfPtx(major, minor) > driver) {
    return CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
  }
  return target <= capability ? CUDA_SUCCESS : CUDA_ERROR_INVALID_PTX;
}

CUresult judgeElf(int abi, int target, bool isForOne, int driver, int capability) {
  if (abi >= firstAbiOfCuda13 && driver < 13000) {
    return CUDA_ERROR_INVALID_IMAGE;
  }
  bool runs =
      isForOne ? target == capability : target / 10 == capability / 10 && target <= capability;
  return runs ? CUDA_SUCCESS : CUDA_ERROR_NO_BINARY_FOR_GPU;
}

/** A part that runs as it is, or else PTX, the newest; if there is neither, why the last PTX is none. */
CUresult judgeFatBinary(const char* image, int driver, int capability, int* taken) {
  int newestElf = 0;
  int newestPtx = 0;
  auto header = read<FatBinaryHeader>(image);
  CUresult best = CUDA_ERROR_NO_BINARY_FOR_GPU;
  std::uint64_t end = header.headerBytes + header.bytes;
  for (std::uint64_t at = header.headerBytes; at + sizeof(FatBinaryPart) <= end;) {
    auto part = read<FatBinaryPart>(image + at);
    auto target = static_cast<int>(part.capability);
    CUresult result = CUDA_ERROR_NO_BINARY_FOR_GPU;
    if (part.kind == elfPart) {
      result = judgeElf(part.minor, target, (part.flags & forOneGpu) != 0, driver, capability);
    } else if (part.kind == ptxPart) {
      result = judgePtx(part.major, part.minor, target, driver, capability);
      best = best == CUDA_SUCCESS ? best : result;
    }
    if (result == CUDA_SUCCESS) {
      best = result;
      int& newest = part.kind == elfPart ? newestElf : newestPtx;
      newest = std::max(newest, target);
    }
    at += part.headerBytes + part.bytes;
    if (part.headerBytes == 0) {
      return CUDA_ERROR_INVALID_IMAGE;
    }
  }
  *taken = newestElf != 0 ? newestElf : newestPtx;
  return best;
}

CUresult judgeCubin(const void* image, int driver, int capability, int* taken) {
  const auto* header = static_cast<const Elf64_Ehdr*>(image);
  int abi = header->e_ident[EI_ABIVERSION];
  bool isNew = abi >= firstAbiOfCuda13;
  int target = static_cast<int>((isNew ? header->e_flags >> 8 : header->e_flags) & 0xff);
  *taken = target;
  return judgeElf(abi, target, false, driver, capability);
}

/** Where PTX begins after blank space and comments. */
const char* firstWord(const char* text) {
  while (true) {
    while (std::isspace(static_cast<unsigned char>(*text)) != 0) {
      text++;
    }
    if (text[0] != '/' || text[1] != '/') {
      return text;
    }
    while (*text != 0 && *text != '\n') {
      text++;
    }
  }
}

CUresult judgePtxText(const char* text, int driver, int capability, int* taken) {
  int major = 0;
  int minor = 0;
  int target = 0;
  const char* at = std::strstr(text, ".target");
  if (std::sscanf(firstWord(text), ".version %d.%d", &major, &minor) != 2 || at == nullptr ||
      std::sscanf(at, ".target sm_%d", &target) != 1) {
    return CUDA_ERROR_INVALID_PTX;
  }
  *taken = target;
  return judgePtx(major, minor, target, driver, capability);
}

}  // namespace

ImageKind kindOf(const void* image) {
  const auto* bytes = static_cast<const char*>(image);
  if (std::memcmp(bytes, ELFMAG, SELFMAG) == 0) {
    const auto* header = static_cast<const Elf64_Ehdr*>(image);
    if (header->e_machine == machineCuda) {
      return ImageKind::cubin;
    }
    return header->e_type == ET_DYN && header->e_machine == EM_X86_64 ? ImageKind::sharedObject
                                                                      : ImageKind::unknown;
  }
  if (read<std::uint32_t>(bytes) == fatBinaryMagic) {
    return ImageKind::fatBinary;
  }
  return std::strncmp(firstWord(bytes), ".version", 8) == 0 ? ImageKind::ptx : ImageKind::unknown;
}

CUresult judge(const void* image, int driver, int capability, int* target) {
  switch (kindOf(image)) {
    case ImageKind::fatBinary:
      return judgeFatBinary(static_cast<const char*>(image), driver, capability, target);
    case ImageKind::cubin:
      return judgeCubin(image, driver, capability, target);
    case ImageKind::ptx:
      return judgePtxText(static_cast<const char*>(image), driver, capability, target);
    default:
      return CUDA_ERROR_INVALID_IMAGE;
  }
}

}  // namespace emulator
