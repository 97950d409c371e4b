// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix decompositions and solvers, batched over leading axes. Their adjoints are procedures in *Adjoints.cpp.
#ifndef TCC_DIALECT_LINALG
#define TCC_DIALECT_LINALG

include "dialect/Base.td"

// y.. = f(a), a a stack of matrices in the last two axes. C1: a has at least two axes.
class MatrixOp<string mnemonic, string text, dag outputs, dag attributes = (ins)> : LibraryOp<mnemonic, text> {
  let description = "C1: a has at least two axes.";
  let arguments = !con((ins LapackTensor:$a), attributes);
  let results = outputs;
  let batching = Stacked<>;
  let assemblyFormat = "$a attr-dict `:` type($a) `->` type(results)";
}
// C2: the matrices are square.
class SquareMatrixOp<string mnemonic, string text, dag outputs> : MatrixOp<mnemonic, text, outputs> {
  let description = "C1: a has at least two axes. C2: the last two sizes are equal.";
}

def CholeskyOp : SquareMatrixOp<"cholesky", "Lower triangular l with a = l l^H, from a's lower triangle",
                                (outs LapackTensor:$l)>;
def LuOp : MatrixOp<"lu", "P a = L U with row pivoting: L below the diagonal of lu, U above; row k of P a is row perm[k] of a",
                    (outs LapackTensor:$lu, PositionTensor:$perm)>;
def QrOp : MatrixOp<"qr", "a = q r, q with orthonormal columns, r upper triangular with real diagonal",
                    (outs LapackTensor:$q, LapackTensor:$r), (ins BoolAttr:$full)>;
def SvdOp : MatrixOp<"svd", "a = u diag(s) vh, s descending", (outs LapackTensor:$u, WideFloatTensor:$s, LapackTensor:$vh),
                     (ins BoolAttr:$full)>;
def SvdvalsOp : MatrixOp<"svdvals", "Singular values of a, descending", (outs WideFloatTensor:$s)>;
def EighOp : SquareMatrixOp<"eigh", "a = v diag(w) v^H for Hermitian a, from its lower triangle; w ascending",
                            (outs WideFloatTensor:$w, LapackTensor:$v)>;
def EigOp : SquareMatrixOp<"eig", "a v = v diag(w), columns of v of norm 1", (outs ComplexTensor:$w, ComplexTensor:$v)>;
def SchurOp : SquareMatrixOp<"schur", "a = z t z^H, z unitary, t upper triangular; complex for any a",
                             (outs ComplexTensor:$t, ComplexTensor:$z)>;

// C3..: shared by the solvers.
class SolverOp<string mnemonic, string text, dag attributes> : LibraryOp<mnemonic, text> {
  let description = [{
    C1: a and b have at least two axes and one element type. C2: the last two sizes of a are equal. C3: a and b agree in
    all leading sizes, and b has as many rows as a.
  }];
  let arguments = !con((ins LapackTensor:$a, LapackTensor:$b), attributes);
  let results = (outs LapackTensor:$y);
  let batching = CustomBatching<[{the same op on stacks; where a is the same for all slices, they are columns of one b, so that
    a is factored once}]>;
  let assemblyFormat = "$a `,` $b attr-dict `:` functional-type(operands, results)";
}
def TriangularSolveOp : SolverOp<"triangular_solve", "y with t y = b, or t^H y = b if adjoint; t is a triangle of a",
                                 (ins BoolAttr:$lower, BoolAttr:$adjoint, BoolAttr:$unit_diagonal)>;
def SolveOp : SolverOp<"solve", "y with a y = b", (ins)>;

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : CustomAdjoint<CholeskyOp, "Murray 2016">;
def : CustomAdjoint<LuOp, "de Hoog, Anderssen and Lukas 2011, rectangular too">;
def : CustomAdjoint<QrOp, "Walter and Lehmann 2018; Roberts and Roberts 2020 for wide matrices">;
def : CustomAdjoint<SvdOp, "Townsend 2016; Wan and Zhang 2019 for complex matrices; degenerate values treated exactly">;
def : CustomAdjoint<SvdvalsOp, "u diag(ds) v^H">;
def : CustomAdjoint<EighOp, "Giles 2008; degenerate values treated exactly">;
def : CustomAdjoint<EigOp, "Boeddeker et al. 2017, for normalised vectors">;
def : Undifferentiable<SchurOp, "schur has no adjoint; differentiate through eig or solve">;
def : CustomAdjoint<TriangularSolveOp, "Giles 2008">;
def : CustomAdjoint<SolveOp, "Giles 2008">;

#endif // TCC_DIALECT_LINALG
