// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Schur decompositions of general matrices, and products of column-major matrices: what eigenvalues, matrix equations
// and functions of matrices are made of.
#ifndef TCC_RUNTIME_SCHURFORM_H
#define TCC_RUNTIME_SCHURFORM_H

#include "runtime/ComplexArithmetic.h"
#include "runtime/CondensedForm.h"
#include "runtime/Decompose.h"
#include "runtime/HessenbergQr.h"
#include "runtime/Layout.h"

namespace tcc::runtime {

/// How a matrix is made easier first: by permutations only, which keeps its basis unitary, or by scaling, too.
enum class Balance { Permute, Scale };
enum class MatrixOrder { Rows, Columns };

/// a = z t z^H of one matrix after another; t is quasi-triangular for real T. Balanced, reduced to Hessenberg form,
/// iterated, on all threads.
template <class T> class SchurForm {
public:
  /// Without the form and its basis there are only eigenvalues.
  explicit SchurForm(int64_t n, bool hasForm = true, bool hasVectors = true)
      : n(n), hasForm(hasForm), hasVectors(hasVectors) {}
  bool allocate();
  int64_t bytes() const;
  /// Returns 0, noMemory, or LAPACK's info: eigenvalues below row `info` have converged. If the matrix was scaled, t
  /// and z are those of the balanced matrix.
  int64_t run(const T *matrix, MatrixOrder order, Balance balance);
  /// The same for a column-major matrix, which t replaces.
  int64_t run(T *matrix, T *u);

  /// Divided by scale(), a power of two.
  const Complex<Real<T>> *values() const { return w.get(); }
  /// Row-major, divided by it, too.
  const T *form() const { return h.get(); }
  int64_t formStride() const { return ld; }
  Real<T> scale() const { return inverseScale; }
  /// Columns of z one after the other.
  T *basis() const { return zt.get(); }
  int64_t basisStride() const { return ld; }
  /// A vector of the balanced matrix becomes one of the matrix.
  void undoBalance(T *vector) const;

private:
  int64_t n, ld = 0;
  bool hasForm, hasVectors;
  WorkMatrix<T> a, reflectors;
  Scratch<T> tau, h, zt;
  Scratch<Real<T>> balancing;
  Scratch<Complex<Real<T>>> w;
  HessenbergQr<T> iteration;
  BlasInt firstRow = 1, lastRow = 0; ///< of the block that balancing has left, from 1 on
  Balance balance = Balance::Permute;
  Real<T> inverseScale = 1;
};

/// The triangular form of a real matrix with a quasi-triangular one: t row-major, columns of z one after the other
/// (null if not wanted). Eigenvalues stay conjugates of each other.
template <class R> void makeTriangular(const SchurForm<R> &form, int64_t n, Complex<R> *t, Complex<R> *z);

/// c = op(a) op(b) of column-major matrices, c of m x n; "N" or "C" say which.
template <class T>
inline void multiplyInto(T *c, const char *opA, const T *a, const char *opB, const T *b, BlasInt m, BlasInt n,
                         BlasInt k) {
  const T one(1), zero(0);
  BlasInt lda = *opA == 'N' ? m : k, ldb = *opB == 'N' ? k : n;
  blas<T>()->gemm(opA, opB, &m, &n, &k, &one, a, &lda, b, &ldb, &zero, c, &m, 1, 1);
}

} // namespace tcc::runtime
#endif
