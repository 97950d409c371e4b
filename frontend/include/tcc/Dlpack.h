// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Exchange of tensors with other libraries in the same process, without copying.
#pragma once

#include "tcc/Tensor.h"

struct DLManagedTensor;

namespace tcc {

/// Takes ownership. Dense row-major CPU data at a multiple of 64 bytes is shared, any other is copied. Throws for other
/// devices and dtypes.
TCC_API Tensor from_dlpack(DLManagedTensor *tensor, Loc where = Loc::current());
/// Evaluates; the caller must call the result's deleter. The data is shared and must not be written.
TCC_API DLManagedTensor *to_dlpack(const Tensor &x, Loc where = Loc::current());

} // namespace tcc
