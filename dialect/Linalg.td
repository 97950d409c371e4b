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
def PinvOp : MatrixOp<"pinv", "The pseudo-inverse of a; singular values up to eps max(m, n) times the largest are zeros",
                      (outs LapackTensor:$y)>;
def PolarOp : MatrixOp<"polar", "u of a = u p, p positive semidefinite: columns of u, or rows if a is wide, are orthonormal",
                       (outs LapackTensor:$u)>;
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
def PositiveSolveOp : SolverOp<"positive_solve", "y with a y = b for Hermitian a, positive definite but for rounding", (ins)>;

def LstsqOp : LibraryOp<"lstsq", "The y of least norm among those of least |a y - b|, and the rank of a; zeros as for pinv"> {
  let description = [{
    C1: a and b have at least two axes and one element type. C2: a and b agree in all leading sizes and in the number of
    rows.
  }];
  let arguments = (ins LapackTensor:$a, LapackTensor:$b);
  let results = (outs LapackTensor:$y, PositionTensor:$rank);
  let batching = Stacked<>;
  let assemblyFormat = "$a `,` $b attr-dict `:` functional-type(operands, results)";
}
def LuSolveOp : LibraryOp<"lu_solve", "y with a y = b, or a^H y = b if adjoint, from lu(a)"> {
  let description = "C1..C3: as for solve, for lu and b. C4: perm has the shape of lu without its last axis.";
  let arguments = (ins LapackTensor:$lu, PositionTensor:$perm, LapackTensor:$b, BoolAttr:$adjoint);
  let results = (outs LapackTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$lu `,` $perm `,` $b attr-dict `:` functional-type(operands, results)";
}

def DetOp : LibraryOp<"det", "The determinant of a, read off lu and perm, the results of lu(a)"> {
  let description = [{
    The factors stand beside the matrix because the gradient, made of cofactors, exists where the factors have none.
    C1: a and lu are square matrices of one type. C2: perm has their shape without the last axis.
  }];
  let arguments = (ins LapackTensor:$a, LapackTensor:$lu, PositionTensor:$perm);
  let results = (outs LapackTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$a `,` $lu `,` $perm attr-dict `:` functional-type(operands, results)";
}
def AdjugateOp : LibraryOp<"adjugate", "y with a y = y a = det(a) I, for singular a, too; lu and perm are those of lu(a)"> {
  let description = "C1: a and lu are square matrices of one type. C2: perm has their shape without the last axis.";
  let arguments = (ins LapackTensor:$a, LapackTensor:$lu, PositionTensor:$perm);
  let results = (outs LapackTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$a `,` $lu `,` $perm attr-dict `:` functional-type(operands, results)";
}
def AdjugateTangentOp : LibraryOp<"adjugate_tangent", "The derivative of a's adjugate along e; lu and perm are those of lu(a)"> {
  let description = "C1: a, lu and e are square matrices of one type. C2: perm has their shape without the last axis.";
  let arguments = (ins LapackTensor:$a, LapackTensor:$lu, PositionTensor:$perm, LapackTensor:$e);
  let results = (outs LapackTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$a `,` $lu `,` $perm `,` $e attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Matrix equations and functions of matrices
//===----------------------------------------------------------------------===//

def SylvesterOp : LibraryOp<"sylvester", "y with a y + y b = q"> {
  let description = [{
    C1: a, b and q have at least two axes, one element type and equal leading sizes. C2: a and b are square. C3: q has as
    many rows as a and as many columns as b.
  }];
  let arguments = (ins LapackTensor:$a, LapackTensor:$b, LapackTensor:$q);
  let results = (outs LapackTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$a `,` $b `,` $q attr-dict `:` functional-type(operands, results)";
}
def SchurSolveOp : LibraryOp<"schur_solve", "Strictly lower y with tril(y t - t y) = tril(e), or tril(y t^H - t^H y) if adjoint"> {
  let description = [{
    How Schur vectors turn: t is upper triangular, the strictly lower triangle of e is read.
    C1: t and e are square matrices of one type.
  }];
  let arguments = (ins ComplexTensor:$t, ComplexTensor:$e, BoolAttr:$adjoint);
  let results = (outs ComplexTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$t `,` $e attr-dict `:` functional-type(operands, results)";
}
def ExpmOp : SquareMatrixOp<"expm", "The exponential of a matrix", (outs LapackTensor:$y)>;
class ComplexMatrixOp<string mnemonic, string text> : SquareMatrixOp<mnemonic, text, (outs ComplexTensor:$y)> {
  let arguments = (ins ComplexTensor:$a);
}
def SqrtmOp : ComplexMatrixOp<"sqrtm", "The principal square root of a matrix">;
def LogmOp : ComplexMatrixOp<"logm", "The principal logarithm of a matrix">;

//===----------------------------------------------------------------------===//
// What adjoints of decompositions are made of
//===----------------------------------------------------------------------===//

def LimitWhereOp : SummaryOp<"limit_where", "limit where it is asked for, quotient elsewhere",
                             [Pure, ElementwiseTrait, AllTypesMatch<["limit", "quotient", "y"]>,
                              AllShapesMatch<["near", "divisor", "y"]>]> {
  let description = [{
    A select that knows what it stands for: a quotient by `divisor`, whose limit is taken where the divisor is near zero.
    That limit is known at one place only. Its derivative with respect to the divisor is not, and is an error at run time.
  }];
  let arguments = (ins BoolTensor:$near, InexactTensor:$divisor, InexactTensor:$limit, InexactTensor:$quotient);
  let results = (outs InexactTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$near `,` $divisor `,` $limit `,` $quotient attr-dict `:` type($near) `,` type($divisor) `,` type($y)";
  let kernel = Kernel<"kernels::limitWhere", "kernels::limitWhere">;
}
def CheckOp : LibraryOp<"check", "x; fails where `failed` holds anywhere, with the message number `reason`"> {
  let description = [{
    The messages are those of runtime/Check.cpp. C1: `failed` has x's leading sizes, of stacked matrices, then two axes.
  }];
  let arguments = (ins LapackTensor:$x, BoolTensor:$failed, I64Attr:$reason);
  let results = (outs LapackTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$x `,` $failed attr-dict `:` functional-type(operands, results)";
}

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
def : CustomAdjoint<SchurOp, "a triangular equation for the turning of the vectors">;
def : CustomAdjoint<TriangularSolveOp, "Giles 2008">;
def : CustomAdjoint<SolveOp, "Giles 2008">;
def : Undifferentiable<PositiveSolveOp, "made after differentiation">;
def : Undifferentiable<LuSolveOp, "made after differentiation">;
def : CustomAdjoint<DetOp, "cofactors">;
def : CustomAdjoint<AdjugateOp, "adjugate_tangent is its own adjoint">;
def : CustomAdjoint<AdjugateTangentOp, "by e itself, by a of regular matrices">;
def : CustomAdjoint<PinvOp, "Golub and Pereyra 1973">;
def : CustomAdjoint<LstsqOp, "Golub and Pereyra 1973">;
def : CustomAdjoint<PolarOp, "a Sylvester equation, for matrices of full rank">;
def : CustomAdjoint<SylvesterOp, "the adjoint equation">;
def : CustomAdjoint<SchurSolveOp, "the adjoint equation">;
def : CustomAdjoint<ExpmOp, "Mathias 1996: a block of the exponential of twice the size">;
def : CustomAdjoint<SqrtmOp, "a Sylvester equation">;
def : CustomAdjoint<LogmOp, "Mathias 1996: a block of the logarithm of twice the size">;
def : CustomAdjoint<LimitWhereOp, "as select, with an error for what is not known">;
def : Adjoint<CheckOp, (pullback (Same $dy):$dx, (zero):$dfailed)>;

#endif // TCC_DIALECT_LINALG
