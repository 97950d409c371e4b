// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GPU entry points of kernels compiled for one block per thread.
#pragma once

#include "llvm/IR/Module.h"

namespace tcc {

/// Adds `<name>_gpu(buffers..., dims..., extent)`: a grid-stride loop in which each thread runs one block at a time of
/// the kernel function `name`, which is inlined. Buffers are global pointers, dims and extent 64-bit integers.
void addGpuEntry(llvm::Module &module, llvm::StringRef name, unsigned numBuffers, unsigned numDims);

} // namespace tcc
