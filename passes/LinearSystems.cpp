// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Linear systems as one would solve them by hand: products with an inverse become solves, solves with triangular and
// unitary matrices use that, and systems with one matrix (or its adjoint, as in gradients) share its factors.
#include "passes/LinearSystems.h"

#include "dialect/AdjointBuilder.h"
#include "dialect/MatrixAlgebra.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace tcc {
namespace {

/// What is known of a stack of square matrices by the op that makes them.
enum class Structure { none, lower, upper, unitary };

bool isIota(Value x, int64_t fromLast) {
  auto iota = x.getDefiningOp<IotaOp>();
  return iota && int64_t(iota.getAxis()) == tensorType(x).getRank() - fromLast;
}

bool isIdentity(Value x) {
  Operation *op = x.getDefiningOp();
  if (auto cast = dyn_cast_or_null<CastOp>(op))
    return isIdentity(cast.getX());
  if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op)) {
    int64_t rank = tensorType(x).getRank();
    ArrayRef<int64_t> dims = broadcast.getDims();
    return dims.size() == 2 && dims[0] == rank - 2 && dims[1] == rank - 1 &&
           tensorType(broadcast.getX()).getShape() == tensorType(x).getShape().take_back(2) &&
           isIdentity(broadcast.getX());
  }
  auto equal = dyn_cast_or_null<EqualOp>(op);
  return equal &&
         ((isIota(equal.getA(), 1) && isIota(equal.getB(), 2)) || (isIota(equal.getA(), 2) && isIota(equal.getB(), 1)));
}

bool isZero(Value x) {
  auto constant = x.getDefiningOp<ConstantOp>();
  auto dense = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  if (!dense || !dense.isSplat())
    return false;
  if (!isComplex(x.getType()))
    return isa<FloatType>(dense.getElementType()) && dense.getSplatValue<APFloat>().isZero();
  auto z = dense.getSplatValue<std::complex<APFloat>>();
  return z.real().isZero() && z.imag().isZero();
}

/// Row (axis 2 from the end) or column (axis 1) numbers plus a constant.
struct Numbers {
  int64_t fromLast = 0; ///< 0: neither
  int64_t offset = 0;
};
Numbers numbersOf(Value x) {
  Numbers numbers;
  if (auto add = x.getDefiningOp<AddOp>())
    if (auto constant = add.getB().getDefiningOp<ConstantOp>())
      if (auto dense = dyn_cast<DenseIntElementsAttr>(constant.getValue()); dense && dense.isSplat()) {
        numbers.offset = dense.getSplatValue<APInt>().getSExtValue();
        x = add.getA();
      }
  numbers.fromLast = isIota(x, 1) ? 1 : isIota(x, 2) ? 2 : 0;
  return numbers;
}

/// select(column <= row, x, 0), as tril writes it, and its relatives: what of x is kept.
Structure structureOfSelect(SelectOp select) {
  bool keepsTrue = isZero(select.getB());
  if (!keepsTrue && !isZero(select.getA()))
    return Structure::none;
  Operation *mask = select.getCondition().getDefiningOp();
  if (!mask || mask->getNumOperands() != 2)
    return Structure::none;
  Numbers p = numbersOf(mask->getOperand(0)), q = numbersOf(mask->getOperand(1));
  if (p.fromLast + q.fromLast != 3 || !p.fromLast || !q.fromLast)
    return Structure::none;
  if (isa<EqualOp>(mask))
    return keepsTrue && p.offset == q.offset ? Structure::lower : Structure::none; // and upper
  // p <= q as a bound on column - row.
  if (isa<GreaterOp, GreaterEqualOp>(mask))
    std::swap(p, q);
  else if (!isa<LessOp, LessEqualOp>(mask))
    return Structure::none;
  int64_t bound = q.offset - p.offset - (isa<LessOp, GreaterOp>(mask) ? 1 : 0);
  bool isAtMost = p.fromLast == 1; // column - row <= bound, else row - column <= bound
  if (!keepsTrue) {
    isAtMost = !isAtMost; // not (d <= bound) is -d <= -bound - 1
    bound = -bound - 1;
  }
  return bound > 0 ? Structure::none : isAtMost ? Structure::lower : Structure::upper;
}

bool swapsLastAxes(TransposeOp transpose) {
  ArrayRef<int64_t> perm = transpose.getPerm();
  int64_t rank = int64_t(perm.size());
  for (int64_t k = 0; k < rank; ++k)
    if (perm[k] != (k == rank - 1 ? rank - 2 : k == rank - 2 ? rank - 1 : k))
      return false;
  return rank >= 2;
}

Structure structureOf(Value x, int depth = 0) {
  auto result = dyn_cast<OpResult>(x);
  RankedTensorType type = tensorType(x);
  if (!result || depth > 8 || type.getRank() < 2)
    return Structure::none;
  bool isSquare =
      type.getShape().end()[-1] == type.getShape().end()[-2] && !ShapedType::isDynamic(type.getShape().back());
  Operation *op = result.getOwner();
  unsigned number = result.getResultNumber();
  if (!isSquare)
    return Structure::none;
  if (isa<CholeskyOp>(op))
    return Structure::lower;
  if (isa<QrOp>(op))
    return number == 0 ? Structure::unitary : Structure::upper;
  if (isa<SchurOp>(op))
    return number == 0 ? Structure::upper : Structure::unitary;
  if ((isa<EighOp>(op) && number == 1) || (isa<SvdOp>(op) && number != 1))
    return Structure::unitary;
  if (auto select = dyn_cast<SelectOp>(op))
    return structureOfSelect(select);
  if (isa<ConjOp, CastOp, NegOp>(op))
    return structureOf(op->getOperand(0), depth + 1);
  if (auto transpose = dyn_cast<TransposeOp>(op); transpose && swapsLastAxes(transpose)) {
    Structure inner = structureOf(transpose.getX(), depth + 1);
    return inner == Structure::lower ? Structure::upper : inner == Structure::upper ? Structure::lower : inner;
  }
  return Structure::none;
}

/// The matrix of which x is the conjugate transpose, null if it is none.
Value adjointSource(Value x) {
  bool isConjugated = !isComplex(x.getType());
  if (auto conj = x.getDefiningOp<ConjOp>()) {
    x = conj.getX();
    isConjugated = true;
  }
  auto transpose = x.getDefiningOp<TransposeOp>();
  if (!transpose || !swapsLastAxes(transpose))
    return {};
  x = transpose.getX();
  if (!isConjugated)
    if (auto conj = x.getDefiningOp<ConjOp>())
      return conj.getX();
  return isConjugated ? x : Value();
}

/// A product of two stacks of matrices, or of a matrix and a vector.
bool isMatrixProduct(DotGeneralOp dot) {
  int64_t rank = tensorType(dot.getA()).getRank(), rankB = tensorType(dot.getB()).getRank();
  auto isRange = [&](ArrayRef<int64_t> axes) {
    for (auto [k, axis] : llvm::enumerate(axes))
      if (axis != int64_t(k))
        return false;
    return int64_t(axes.size()) == rank - 2;
  };
  if (rank < 2 || !isRange(dot.getLhsBatch()) || !isRange(dot.getRhsBatch()) || dot.getLhsContract().size() != 1 ||
      dot.getLhsContract()[0] != rank - 1 || dot.getRhsContract().size() != 1)
    return false;
  return (rankB == rank && dot.getRhsContract()[0] == rank - 2) || (rank == 2 && rankB == 1);
}

class Rewriter {
public:
  explicit Rewriter(FunctionOpInterface function) : function(function), builder(function.getContext()) {}

  void run() {
    for (Block &block : function.getFunctionBody()) {
      for (Operation &op : llvm::make_early_inc_range(block))
        if (auto dot = dyn_cast<DotGeneralOp>(op))
          solveInsteadOfInverse(dot);
      for (Operation &op : llvm::make_early_inc_range(block))
        if (auto solve = dyn_cast<SolveOp>(op))
          useStructure(solve);
      shareFactors(block);
    }
  }

private:
  /// An AdjointBuilder without cotangents: what MatrixAlgebra appends with.
  template <class F> void replace(Operation *op, F &&make) {
    builder.setInsertionPoint(op);
    Cotangents none;
    AdjointBuilder b(builder, op, none, [](Value) { return false; });
    MatrixAlgebra m(b);
    Value y = make(b, m);
    op->getResult(0).replaceAllUsesWith(y);
    op->erase();
  }

  static SolveOp inverse(Value x) {
    auto solve = x.getDefiningOp<SolveOp>();
    return solve && isIdentity(solve.getB()) ? solve : SolveOp();
  }

  // inv(a) b = solve(a, b); b inv(a) = solve(a^H, b^H)^H.
  void solveInsteadOfInverse(DotGeneralOp dot) {
    if (!isMatrixProduct(dot))
      return;
    if (SolveOp left = inverse(dot.getA())) {
      replace(dot, [&](AdjointBuilder &b, MatrixAlgebra &) -> Value {
        Value rhs = dot.getB();
        RankedTensorType type = tensorType(rhs);
        if (type.getRank() > 1)
          return b.create<SolveOp>(left.getA(), rhs);
        RankedTensorType column = RankedTensorType::get({type.getDimSize(0), 1}, type.getElementType());
        Value solution = b.create<SolveOp>(left.getA(), b.create<ReshapeOp>(column, rhs, Value()));
        return b.create<ReshapeOp>(type, solution, Value());
      });
      return;
    }
    SolveOp right = inverse(dot.getB());
    if (right && tensorType(dot.getA()).getRank() == tensorType(dot.getB()).getRank())
      replace(dot, [&](AdjointBuilder &b, MatrixAlgebra &m) {
        return m.adjointOf(b.create<SolveOp>(m.adjointOf(right.getA()), m.adjointOf(dot.getA())));
      });
  }

  void useStructure(SolveOp solve) {
    Structure structure = structureOf(solve.getA());
    if (structure == Structure::unitary)
      replace(solve, [&](AdjointBuilder &, MatrixAlgebra &m) {
        Value inverse = m.adjointOf(solve.getA());
        return isIdentity(solve.getB()) ? inverse : m.product(inverse, solve.getB());
      });
    else if (structure != Structure::none)
      replace(solve, [&](AdjointBuilder &, MatrixAlgebra &m) {
        return m.solveTriangular(solve.getA(), solve.getB(), structure == Structure::lower, /*isAdjoint=*/false);
      });
  }

  void shareFactors(Block &block) {
    struct Systems {
      LuOp factors;
      SmallVector<std::pair<SolveOp, bool>> solves; ///< and whether with the adjoint
    };
    llvm::MapVector<Value, Systems> systems;
    for (Operation &op : block) {
      if (auto lu = dyn_cast<LuOp>(op)) {
        Systems &group = systems[lu.getA()];
        if (!group.factors)
          group.factors = lu;
      } else if (auto solve = dyn_cast<SolveOp>(op)) {
        // Of small matrices many are factored and solved at once, in registers (runtime/SmallMatrix.h).
        constexpr int64_t small = 16;
        int64_t n = solve.getA().getType().getShape().back();
        if (!ShapedType::isDynamic(n) && n <= small)
          continue;
        Value source = adjointSource(solve.getA());
        systems[source ? source : Value(solve.getA())].solves.push_back({solve, source != nullptr});
      }
    }
    for (auto &[key, group] : systems) {
      if (group.solves.empty() || group.solves.size() + (group.factors ? 1 : 0) < 2)
        continue;
      // Not the key: it may be the result of a solve that has been replaced.
      auto [first, isFirstAdjoint] = group.solves.front();
      Value matrix = isFirstAdjoint ? adjointSource(first.getA()) : Value(first.getA());
      // Before all that use them; the matrix is there before the first.
      if (matrix.getDefiningOp())
        builder.setInsertionPointAfter(matrix.getDefiningOp());
      else
        builder.setInsertionPointToStart(&block);
      if (group.factors)
        group.factors->moveBefore(&block, builder.getInsertionPoint());
      else
        group.factors = LuOp::create(builder, first.getLoc(), matrix);
      for (auto &[solve, isAdjoint] : group.solves) {
        builder.setInsertionPoint(solve);
        auto y = LuSolveOp::create(builder, solve.getLoc(), group.factors.getLu(), group.factors.getPerm(),
                                   solve.getB(), builder.getBoolAttr(isAdjoint));
        solve.getY().replaceAllUsesWith(y.getY());
        solve.erase();
      }
    }
  }

  FunctionOpInterface function;
  OpBuilder builder;
};

} // namespace

void rewriteLinearSystems(FunctionOpInterface function) { Rewriter(function).run(); }

} // namespace tcc
