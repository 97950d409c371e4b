// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// BLAS and LAPACK through dlopen on first use (OpenBLAS, else the reference libraries): their Fortran routines as typed
// function pointers. Always one BLAS thread per call: parallelism is ours, so that the number of threads never changes
// a result and never multiplies.
#ifndef TCC_RUNTIME_BLASLIBRARY_H
#define TCC_RUNTIME_BLASLIBRARY_H

#include "runtime/Elements.h"
#include "runtime/Runtime.h"
#include <stddef.h>

namespace tcc::runtime {

/// Fortran default integers are 32 bits in these builds.
using BlasInt = int32_t;
using Length = size_t; // hidden length of a Fortran character argument

/// The routines of one element type; R is its real type. Complex ones have an rwork argument more, see LapackCalls.h.
template <class T> struct BlasTable {
  using R = Real<T>;
  void (*gemm)(const char *, const char *, const BlasInt *, const BlasInt *, const BlasInt *, const T *, const T *,
               const BlasInt *, const T *, const BlasInt *, const T *, T *, const BlasInt *, Length, Length);
  void (*gemv)(const char *, const BlasInt *, const BlasInt *, const T *, const T *, const BlasInt *, const T *,
               const BlasInt *, const T *, T *, const BlasInt *, Length);
  void (*trsm)(const char *, const char *, const char *, const char *, const BlasInt *, const BlasInt *, const T *,
               const T *, const BlasInt *, T *, const BlasInt *, Length, Length, Length, Length);
  void (*herk)(const char *, const char *, const BlasInt *, const BlasInt *, const R *, const T *, const BlasInt *,
               const R *, T *, const BlasInt *, Length, Length);
};

template <class T> struct LapackTable {
  using R = Real<T>;
  void (*potrf)(const char *, const BlasInt *, T *, const BlasInt *, BlasInt *, Length);
  void (*getrf)(const BlasInt *, const BlasInt *, T *, const BlasInt *, BlasInt *, BlasInt *);
  void (*gelqf)(const BlasInt *, const BlasInt *, T *, const BlasInt *, T *, T *, const BlasInt *, BlasInt *);
  /// orglq or unglq
  void (*unglq)(const BlasInt *, const BlasInt *, const BlasInt *, T *, const BlasInt *, const T *, T *,
                const BlasInt *, BlasInt *);
  void (*trsyl)(const char *, const char *, const BlasInt *, const BlasInt *, const BlasInt *, const T *,
                const BlasInt *, const T *, const BlasInt *, T *, const BlasInt *, R *, BlasInt *, Length, Length);
  void (*gebal)(const char *, const BlasInt *, T *, const BlasInt *, BlasInt *, BlasInt *, R *, BlasInt *, Length);
  /// Of real types only: singular values of bidiagonal matrices by QR iteration.
  void (*lasdq)(const char *, const BlasInt *, const BlasInt *, const BlasInt *, const BlasInt *, const BlasInt *, T *,
                T *, T *, const BlasInt *, T *, const BlasInt *, T *, const BlasInt *, T *, BlasInt *, Length);
  // The signatures below differ between real and complex types.
  void *gesvd, *heev, *trevc3;
};

/// Null if no library with these routines is installed. The first call opens it (some 16 ms).
template <class T> const BlasTable<T> *blas();
template <class T> const LapackTable<T> *lapack();
/// The same table, for tests that make a routine fail. Null as above.
template <class T> LapackTable<T> *lapackForTests();

int32_t noLibrary(const char *op, const char *library, TccStatus *status);

} // namespace tcc::runtime
#endif
