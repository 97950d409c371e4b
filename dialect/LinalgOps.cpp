// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference of matrix decompositions and solvers.
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

/// A stack of matrices taken apart: leading sizes, rows m, columns n, k = min(m, n).
struct MatrixShape {
  explicit MatrixShape(RankedTensorType type)
      : type(type), batch(type.getShape().drop_back(2)), m(type.getShape().end()[-2]), n(type.getShape().end()[-1]),
        k(ShapedType::isDynamic(m) || ShapedType::isDynamic(n) ? ShapedType::kDynamic : std::min(m, n)) {}

  /// A stack of the same depth of tensors of another shape.
  Type stack(ArrayRef<int64_t> sizes, Type element = {}) const {
    SmallVector<int64_t> shape(batch);
    llvm::append_range(shape, sizes);
    return type.clone(shape, element ? element : type.getElementType());
  }

  RankedTensorType type;
  ArrayRef<int64_t> batch;
  int64_t m, n, k;
};

static FailureOr<MatrixShape> matrix(std::optional<Location> loc, StringRef op, Value a, bool square) {
  RankedTensorType type = tensorType(a);
  if (type.getRank() < 2) {
    (void)LogicalResult(InferenceError(loc, op) << "expects a stack of matrices, got " << Type(type));
    return failure();
  }
  MatrixShape shape(type);
  if (square && !mayBeEqual(shape.m, shape.n)) {
    (void)LogicalResult(InferenceError(loc, op) << "expects square matrices, got " << Type(type));
    return failure();
  }
  return shape;
}

#define TCC_INFER_MATRIX(Op, square)                                                                                   \
  static LogicalResult infer##Op(const MatrixShape &a, Op::Adaptor adaptor, SmallVectorImpl<Type> &types);             \
  TCC_INFER(Op) {                                                                                                      \
    FailureOr<MatrixShape> a = matrix(loc, getOperationName(), adaptor.getA(), square);                                \
    return failed(a) ? failure() : infer##Op(*a, adaptor, types);                                                      \
  }                                                                                                                    \
  static LogicalResult infer##Op(const MatrixShape &a, Op::Adaptor adaptor, SmallVectorImpl<Type> &types)

TCC_INFER_MATRIX(CholeskyOp, true) {
  types.push_back(a.type);
  return success();
}
TCC_INFER_MATRIX(LuOp, false) {
  types.append({a.type, a.stack({a.m}, IntegerType::get(a.type.getContext(), 64))});
  return success();
}
TCC_INFER_MATRIX(QrOp, false) {
  int64_t inner = adaptor.getFull() ? a.m : a.k;
  types.append({a.stack({a.m, inner}), a.stack({inner, a.n})});
  return success();
}
TCC_INFER_MATRIX(SvdOp, false) {
  bool full = adaptor.getFull();
  types.append({a.stack({a.m, full ? a.m : a.k}), a.stack({a.k}, realTypeOf(a.type.getElementType())),
                a.stack({full ? a.n : a.k, a.n})});
  return success();
}
TCC_INFER_MATRIX(SvdvalsOp, false) {
  types.push_back(a.stack({a.k}, realTypeOf(a.type.getElementType())));
  return success();
}
TCC_INFER_MATRIX(PinvOp, false) {
  types.push_back(a.stack({a.n, a.m}));
  return success();
}
TCC_INFER_MATRIX(PolarOp, false) {
  types.push_back(a.type);
  return success();
}
TCC_INFER_MATRIX(EighOp, true) {
  types.append({a.stack({a.n}, realTypeOf(a.type.getElementType())), Type(a.type)});
  return success();
}
TCC_INFER_MATRIX(EigOp, true) {
  Type element = complexTypeOf(a.type.getElementType());
  types.append({a.stack({a.n}, element), a.stack({a.m, a.n}, element)});
  return success();
}
TCC_INFER_MATRIX(SchurOp, true) {
  Type element = complexTypeOf(a.type.getElementType());
  types.append({a.stack({a.m, a.n}, element), a.stack({a.m, a.n}, element)});
  return success();
}
TCC_INFER_MATRIX(ExpmOp, true) {
  types.push_back(a.type);
  return success();
}
TCC_INFER_MATRIX(SqrtmOp, true) {
  types.push_back(a.type);
  return success();
}
TCC_INFER_MATRIX(LogmOp, true) {
  types.push_back(a.type);
  return success();
}
#undef TCC_INFER_MATRIX

static LogicalResult inferSolver(std::optional<Location> loc, StringRef op, Value a, Value b,
                                 SmallVectorImpl<Type> &types) {
  FailureOr<MatrixShape> lhs = matrix(loc, op, a, /*square=*/true), rhs = matrix(loc, op, b, /*square=*/false);
  if (failed(lhs) || failed(rhs))
    return failure();
  bool fits = lhs->type.getElementType() == rhs->type.getElementType() && lhs->batch.size() == rhs->batch.size() &&
              llvm::all_of(llvm::zip(lhs->batch, rhs->batch),
                           [](auto sizes) { return mayBeEqual(std::get<0>(sizes), std::get<1>(sizes)); }) &&
              mayBeEqual(lhs->n, rhs->m);
  if (!fits)
    return InferenceError(loc, op) << "b must have a's element type, leading sizes and number of rows, got "
                                   << Type(lhs->type) << " and " << Type(rhs->type);
  types.push_back(rhs->type);
  return success();
}
TCC_INFER(TriangularSolveOp) { return inferSolver(loc, getOperationName(), adaptor.getA(), adaptor.getB(), types); }
TCC_INFER(SolveOp) { return inferSolver(loc, getOperationName(), adaptor.getA(), adaptor.getB(), types); }
TCC_INFER(PositiveSolveOp) { return inferSolver(loc, getOperationName(), adaptor.getA(), adaptor.getB(), types); }

/// Whether two shapes may be the same at run time.
static bool mayFit(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip(a, b), [](auto sizes) { return mayBeEqual(std::get<0>(sizes), std::get<1>(sizes)); });
}

TCC_INFER(LstsqOp) {
  FailureOr<MatrixShape> a = matrix(loc, getOperationName(), adaptor.getA(), /*square=*/false),
                         b = matrix(loc, getOperationName(), adaptor.getB(), /*square=*/false);
  if (failed(a) || failed(b))
    return failure();
  if (a->type.getElementType() != b->type.getElementType() || !mayFit(a->batch, b->batch) || !mayBeEqual(a->m, b->m))
    return InferenceError(loc, getOperationName())
           << "b must have a's element type, leading sizes and number of rows, got " << Type(a->type) << " and "
           << Type(b->type);
  types.append({b->stack({a->n, b->n}), a->stack({}, IntegerType::get(a->type.getContext(), 64))});
  return success();
}

static LogicalResult checkPermutation(std::optional<Location> loc, StringRef op, Value lu, Value perm) {
  if (mayFit(tensorType(perm).getShape(), tensorType(lu).getShape().drop_back()))
    return success();
  return InferenceError(loc, op) << "perm must have the shape of lu without its last axis, got " << perm.getType()
                                 << " for " << lu.getType();
}
TCC_INFER(LuSolveOp) {
  if (failed(inferSolver(loc, getOperationName(), adaptor.getLu(), adaptor.getB(), types)))
    return failure();
  return checkPermutation(loc, getOperationName(), adaptor.getLu(), adaptor.getPerm());
}

/// Two stacks of square matrices of one type.
static FailureOr<MatrixShape> twoSquares(std::optional<Location> loc, StringRef op, Value a, Value b) {
  FailureOr<MatrixShape> shape = matrix(loc, op, a, /*square=*/true);
  if (failed(shape))
    return failure();
  if (tensorType(a).getElementType() == tensorType(b).getElementType() &&
      mayFit(shape->type.getShape(), tensorType(b).getShape()))
    return shape;
  (void)LogicalResult(InferenceError(loc, op)
                      << "expects matrices of one type, got " << a.getType() << " and " << b.getType());
  return failure();
}
TCC_INFER(DetOp) {
  FailureOr<MatrixShape> a = twoSquares(loc, getOperationName(), adaptor.getA(), adaptor.getLu());
  if (failed(a))
    return failure();
  types.push_back(a->stack({}));
  return checkPermutation(loc, getOperationName(), adaptor.getLu(), adaptor.getPerm());
}
TCC_INFER(AdjugateOp) {
  if (failed(twoSquares(loc, getOperationName(), adaptor.getA(), adaptor.getLu())))
    return failure();
  types.push_back(adaptor.getA().getType());
  return checkPermutation(loc, getOperationName(), adaptor.getLu(), adaptor.getPerm());
}
TCC_INFER(AdjugateTangentOp) {
  if (failed(twoSquares(loc, getOperationName(), adaptor.getA(), adaptor.getLu())) ||
      failed(twoSquares(loc, getOperationName(), adaptor.getA(), adaptor.getE())))
    return failure();
  types.push_back(adaptor.getA().getType());
  return checkPermutation(loc, getOperationName(), adaptor.getLu(), adaptor.getPerm());
}
TCC_INFER(SchurSolveOp) {
  FailureOr<MatrixShape> t = twoSquares(loc, getOperationName(), adaptor.getT(), adaptor.getE());
  if (failed(t))
    return failure();
  types.push_back(adaptor.getE().getType());
  return success();
}

TCC_INFER(SylvesterOp) {
  StringRef op = getOperationName();
  FailureOr<MatrixShape> a = matrix(loc, op, adaptor.getA(), /*square=*/true),
                         b = matrix(loc, op, adaptor.getB(), /*square=*/true),
                         q = matrix(loc, op, adaptor.getQ(), /*square=*/false);
  if (failed(a) || failed(b) || failed(q))
    return failure();
  Type element = q->type.getElementType();
  if (a->type.getElementType() != element || b->type.getElementType() != element || !mayFit(a->batch, q->batch) ||
      !mayFit(b->batch, q->batch) || !mayBeEqual(a->n, q->m) || !mayBeEqual(b->n, q->n))
    return InferenceError(loc, op) << "expects {.., m, m}, {.., n, n} and {.., m, n} of one element type, got "
                                   << Type(a->type) << ", " << Type(b->type) << " and " << Type(q->type);
  types.push_back(q->type);
  return success();
}

TCC_INFER(CheckOp) {
  RankedTensorType failed = tensorType(adaptor.getFailed());
  int64_t batch = failed.getRank() - 2;
  if (batch < 0 || batch > tensorType(adaptor.getX()).getRank() ||
      !mayFit(failed.getShape().take_front(batch), tensorType(adaptor.getX()).getShape().take_front(batch)))
    return InferenceError(loc, getOperationName()) << "`failed` must have leading sizes of x and two axes more, got "
                                                   << Type(failed) << " for " << adaptor.getX().getType();
  types.push_back(adaptor.getX().getType());
  return success();
}

} // namespace tcc
