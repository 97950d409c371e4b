// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Linear systems as one would solve them by hand: products with an inverse become solves, the structure of the matrix
// is used, and systems with one matrix (or its adjoint, as in gradients) share its factors.
#include "passes/LinearSystems.h"

#include "dialect/AdjointBuilder.h"
#include "dialect/MatrixAlgebra.h"
#include "passes/MatrixStructure.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {
namespace {

/// Of matrices up to this size many are factored and solved at once, in registers (runtime/SmallMatrix.h).
constexpr int64_t smallSize = 16;
bool isSmall(Value matrix) {
  int64_t n = tensorType(matrix).getShape().back();
  return !ShapedType::isDynamic(n) && n <= smallSize;
}

/// A product of an inverse, or its adjoint, with something else.
struct InverseUse {
  DotGeneralOp dot;
  bool isLeft, isAdjoint;
};

/// Whether x, an inverse or its adjoint, is only multiplied.
bool findProducts(Value x, bool isAdjoint, SmallVectorImpl<InverseUse> &found, int depth = 0) {
  auto isHalfOfProducts = [&](Operation *half) {
    return llvm::all_of(half->getUsers(), [&](Operation *user) {
      return isa<TransposeOp, ConjOp>(user) && adjointSource(user->getResult(0)) == x &&
             findProducts(user->getResult(0), !isAdjoint, found, depth + 1);
    });
  };
  for (OpOperand &use : x.getUses()) {
    bool isProduct = llvm::TypeSwitch<Operation *, bool>(use.getOwner())
                         .Case<DotGeneralOp>([&](DotGeneralOp dot) {
                           bool isLeft = use.getOperandNumber() == 0;
                           Value other = isLeft ? dot.getB() : dot.getA();
                           found.push_back({dot, isLeft, isAdjoint});
                           return isMatrixProduct(dot) && other != x &&
                                  (isLeft || tensorType(other).getRank() == tensorType(x).getRank());
                         })
                         .Case<TransposeOp>([&](TransposeOp transpose) {
                           return !isComplex(x.getType())
                                      ? swapsLastAxes(transpose) && depth < 2 &&
                                            findProducts(transpose.getY(), !isAdjoint, found, depth + 1)
                                      : depth < 2 && isHalfOfProducts(transpose);
                         })
                         .Case<ConjOp>([&](ConjOp conj) { return depth < 2 && isHalfOfProducts(conj); })
                         .Default([](Operation *) { return false; });
    if (!isProduct)
      return false;
  }
  return true;
}

class Rewriter {
public:
  explicit Rewriter(FunctionOpInterface function) : function(function), builder(function.getContext()) {}

  void run() {
    for (Block &block : function.getFunctionBody()) {
      // Products stand behind their inverse, and the solves made of them behind it, too.
      for (Operation &op : block)
        if (auto solve = dyn_cast<SolveOp>(op); solve && isIdentityMatrix(solve.getB()))
          solveInsteadOfInverse(solve);
      for (Operation &op : llvm::make_early_inc_range(block))
        llvm::TypeSwitch<Operation *>(&op)
            .Case<SolveOp>([&](SolveOp solve) { useStructure(solve); })
            .Case<LuOp>([&](LuOp lu) { useStructure(lu); })
            .Case<DetOp>([&](DetOp det) { useStructure(det); });
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
    op->getResult(0).replaceAllUsesWith(make(b, m));
    op->erase();
  }

  // a^-1 x solves a y = x; x a^-1 is the adjoint of what solves a^H y = x^H. An inverse that is needed itself serves
  // its products, too.
  void solveInsteadOfInverse(SolveOp inverse) {
    SmallVector<InverseUse> uses;
    if (!findProducts(inverse.getY(), false, uses))
      return;
    for (InverseUse use : uses)
      replace(use.dot, [&](AdjointBuilder &b, MatrixAlgebra &m) -> Value {
        Value a = use.isAdjoint == use.isLeft ? m.adjointOf(inverse.getA()) : Value(inverse.getA());
        if (!use.isLeft)
          return m.adjointOf(b.create<SolveOp>(a, m.adjointOf(use.dot.getA())));
        Value x = use.dot.getB();
        RankedTensorType type = tensorType(x);
        if (type.getRank() > 1)
          return b.create<SolveOp>(a, x);
        auto column = RankedTensorType::get({type.getDimSize(0), 1}, type.getElementType());
        return b.create<ReshapeOp>(type, b.create<SolveOp>(a, b.create<ReshapeOp>(column, x, Value())), Value());
      });
  }

  void useStructure(SolveOp solve) {
    Value source = adjointSource(solve.getA()), a = source ? source : Value(solve.getA()), x = solve.getB();
    MatrixStructure known = structureOf(a);
    bool isAdjoint = source != nullptr;
    if (known.isUnitary)
      replace(solve, [&](AdjointBuilder &, MatrixAlgebra &m) {
        Value inverse = isAdjoint ? a : m.adjointOf(a);
        return isIdentityMatrix(a) ? x : isIdentityMatrix(x) ? inverse : m.product(inverse, x);
      });
    else if (known.isLower && known.isUpper)
      replace(solve, [&](AdjointBuilder &b, MatrixAlgebra &m) {
        Value isZero = m.both(m.onDiagonal(a), b.create<EqualOp>(a, b.zeros(a)));
        Value diagonal = m.diagonal(isAdjoint ? b.create<ConjOp>(a) : a);
        return m.divide(m.check(x, isZero, Reason::singular), m.asColumns(diagonal, x));
      });
    else if (known.isLower || known.isUpper)
      replace(solve,
              [&](AdjointBuilder &, MatrixAlgebra &m) { return m.solveTriangular(a, x, known.isLower, isAdjoint); });
  }

  /// Upper triangles are their own factors.
  void useStructure(LuOp lu) {
    RankedTensorType type = lu.getPerm().getType();
    if (!type.hasStaticShape() || !structureOf(lu.getA()).isUpper)
      return;
    builder.setInsertionPoint(lu);
    lu.getLu().replaceAllUsesWith(lu.getA());
    lu.getPerm().replaceAllUsesWith(
        IotaOp::create(builder, lu.getLoc(), type, Value(), builder.getI64IntegerAttr(type.getRank() - 1)));
    lu.erase();
  }

  void useStructure(DetOp det) {
    MatrixStructure known = structureOf(det.getA());
    if (known.isLower || known.isUpper)
      replace(det, [&](AdjointBuilder &b, MatrixAlgebra &m) {
        Value diagonal = m.diagonal(det.getA());
        return b.create<ReduceProdOp>(diagonal, b.integers({tensorType(diagonal).getRank() - 1}));
      });
  }

  struct Systems {
    LuOp factors;
    CholeskyOp cholesky;
    SmallVector<std::pair<SolveOp, bool>> solves; ///< and whether with the adjoint
  };

  void shareFactors(Block &block) {
    llvm::MapVector<Value, Systems> systems;
    for (Operation &op : block) {
      if (auto lu = dyn_cast<LuOp>(op)) {
        Systems &group = systems[lu.getA()];
        group.factors = group.factors ? group.factors : lu;
      } else if (auto cholesky = dyn_cast<CholeskyOp>(op)) {
        Systems &group = systems[cholesky.getA()];
        group.cholesky = group.cholesky ? group.cholesky : cholesky;
      } else if (auto solve = dyn_cast<SolveOp>(op); solve && !isSmall(solve.getA())) {
        Value source = adjointSource(solve.getA());
        systems[source ? source : Value(solve.getA())].solves.push_back({solve, source != nullptr});
      }
    }
    for (auto &[key, group] : systems) {
      if (group.solves.empty())
        continue;
      // Not the key: it may be the result of a solve that has been replaced.
      auto [first, isFirstAdjoint] = group.solves.front();
      Value matrix = isFirstAdjoint ? adjointSource(first.getA()) : Value(first.getA());
      MatrixStructure known = structureOf(matrix);
      if (group.cholesky && known.isHermitian)
        useCholesky(group, matrix);
      else if (group.factors || group.solves.size() > 1)
        useLu(group, matrix);
      else if (known.isSemidefinite)
        replace(first,
                [&](AdjointBuilder &b, MatrixAlgebra &) { return b.create<PositiveSolveOp>(matrix, first.getB()); });
    }
  }

  /// Behind the matrix, before all that use its factors.
  void moveBehind(Operation *factors, Value matrix) {
    if (Operation *op = matrix.getDefiningOp())
      factors->moveAfter(op);
    else
      factors->moveBefore(factors->getBlock(), factors->getBlock()->begin());
  }

  void useCholesky(Systems &group, Value matrix) {
    moveBehind(group.cholesky, matrix);
    for (auto [solve, isAdjoint] : group.solves)
      replace(solve, [&](AdjointBuilder &, MatrixAlgebra &m) {
        Value l = group.cholesky.getL();
        return m.solveTriangular(l, m.solveTriangular(l, solve.getB(), true, false), true, true);
      });
  }

  void useLu(Systems &group, Value matrix) {
    if (!group.factors) {
      SolveOp first = group.solves.front().first;
      builder.setInsertionPoint(first);
      group.factors = LuOp::create(builder, first.getLoc(), matrix);
    }
    moveBehind(group.factors, matrix);
    for (auto [solve, isAdjoint] : group.solves)
      replace(solve, [&](AdjointBuilder &b, MatrixAlgebra &) {
        return b.create<LuSolveOp>(group.factors.getLu(), group.factors.getPerm(), solve.getB(),
                                   b.builder.getBoolAttr(isAdjoint));
      });
  }

  FunctionOpInterface function;
  OpBuilder builder;
};

} // namespace

void rewriteLinearSystems(FunctionOpInterface function) { Rewriter(function).run(); }

} // namespace tcc
