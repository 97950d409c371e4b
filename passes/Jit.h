// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Objects made callable in this process.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>

namespace tcc {

using KernelFn = void (*)(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end, void *scratch);
using FinishFn = void (*)(void *const *buffers, const int64_t *dims, void *scratch);

/// One linked object. Its code lives as long as it does; any thread may create, use and drop it.
class Jit {
public:
  /// Links an object for the host. Symbols it lacks come from this process (libm, memcpy).
  static llvm::Expected<std::unique_ptr<Jit>> create(llvm::ArrayRef<char> object);
  ~Jit();

  llvm::Expected<KernelFn> lookup(llvm::StringRef name);
  llvm::Expected<FinishFn> lookupFinish(llvm::StringRef kernelName); ///< `<kernelName>_finish`

private:
  struct Impl;
  explicit Jit(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace tcc
