// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Structure of matrices by the ops that make them: triangles, unitary factors, Hermitian and semidefinite sums.
#include "passes/MatrixStructure.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {
namespace {

/// Far enough for what one line of a program makes, and no search through the program.
constexpr int maxDepth = 8;

/// The numbers of the axis `fromLast` (1: columns, 2: rows), also as a broadcast line.
bool isIota(Value x, int64_t fromLast) {
  int64_t axis = tensorType(x).getRank() - fromLast;
  if (auto broadcast = x.getDefiningOp<BroadcastOp>()) {
    auto line = broadcast.getX().getDefiningOp<IotaOp>();
    return line && broadcast.getDims()[line.getAxis()] == axis;
  }
  auto iota = x.getDefiningOp<IotaOp>();
  return iota && int64_t(iota.getAxis()) == axis;
}

/// The splat of a constant, as a complex number.
std::optional<std::complex<double>> splatOf(Value x) {
  auto constant = x.getDefiningOp<ConstantOp>();
  auto dense = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  if (!dense || !dense.isSplat())
    return std::nullopt;
  auto number = [](APFloat value) {
    bool loses;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &loses);
    return value.convertToDouble();
  };
  if (isComplex(x.getType())) {
    auto z = dense.getSplatValue<std::complex<APFloat>>();
    return std::complex<double>(number(z.real()), number(z.imag()));
  }
  if (isa<FloatType>(dense.getElementType()))
    return number(dense.getSplatValue<APFloat>());
  return std::nullopt;
}
bool isZero(Value x) { return splatOf(x) == std::complex<double>(0); }

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

/// Whether elements are real and none is negative, whatever the inputs are (a NaN is no excuse).
bool isNonNegative(Value x, int depth = 0) {
  if (std::optional<std::complex<double>> number = splatOf(x))
    return number->imag() == 0 && number->real() >= 0;
  Operation *op = x.getDefiningOp();
  if (!op || depth > maxDepth)
    return false;
  if (isa<AbsOp>(op) || (isa<ExpOp, Exp2Op, SquareOp, SqrtOp>(op) && !isComplex(x.getType())))
    return true;
  if (isa<BroadcastOp, ReshapeOp, TransposeOp, SliceOp, CastOp, ReduceSumOp, ReduceMaxOp, ReduceMinOp>(op))
    return isNonNegative(op->getOperand(0), depth + 1);
  if (isa<AddOp, MultiplyOp, DivideOp>(op))
    return isNonNegative(op->getOperand(0), depth + 1) && isNonNegative(op->getOperand(1), depth + 1);
  return false;
}

bool isReal(Value x, int depth = 0) {
  if (!isComplex(x.getType()))
    return true;
  if (std::optional<std::complex<double>> number = splatOf(x))
    return number->imag() == 0;
  Operation *op = x.getDefiningOp();
  return op && depth < maxDepth && isa<CastOp, BroadcastOp, ReshapeOp>(op) && isReal(op->getOperand(0), depth + 1);
}

/// One number for each matrix.
bool isScalar(Value x) {
  if (splatOf(x))
    return true;
  auto broadcast = x.getDefiningOp<BroadcastOp>();
  int64_t rank = tensorType(x).getRank();
  if (!broadcast)
    return false;
  for (auto [axis, dim] : llvm::enumerate(broadcast.getDims()))
    if (dim >= rank - 2 && tensorType(broadcast.getX()).getDimSize(axis) != 1)
      return false;
  return true;
}

/// select(column <= row, x, 0), as tril writes it, and its relatives: what of x is kept.
MatrixStructure structureOfSelect(SelectOp select) {
  MatrixStructure structure;
  bool keepsTrue = isZero(select.getB());
  Operation *mask = select.getCondition().getDefiningOp();
  if ((!keepsTrue && !isZero(select.getA())) || !mask || mask->getNumOperands() != 2)
    return structure;
  Numbers p = numbersOf(mask->getOperand(0)), q = numbersOf(mask->getOperand(1));
  if (p.fromLast + q.fromLast != 3 || !p.fromLast || !q.fromLast)
    return structure;
  if (isa<EqualOp>(mask)) {
    structure.isLower = structure.isUpper = keepsTrue && p.offset == q.offset;
    structure.isHermitian = structure.isLower && isReal(select.getA());
    structure.isSemidefinite = structure.isHermitian && isNonNegative(select.getA());
    return structure;
  }
  // p <= q as a bound on column - row.
  if (isa<GreaterOp, GreaterEqualOp>(mask))
    std::swap(p, q);
  else if (!isa<LessOp, LessEqualOp>(mask))
    return structure;
  int64_t bound = q.offset - p.offset - (isa<LessOp, GreaterOp>(mask) ? 1 : 0);
  bool isAtMost = p.fromLast == 1; // column - row <= bound, else row - column <= bound
  if (!keepsTrue) {
    isAtMost = !isAtMost; // not (d <= bound) is -d <= -bound - 1
    bound = -bound - 1;
  }
  structure.isLower = bound <= 0 && isAtMost;
  structure.isUpper = bound <= 0 && !isAtMost;
  return structure;
}

MatrixStructure find(Value x, int depth);

/// x times or over a number for each matrix.
MatrixStructure structureOfMultiple(Value x, Value factor, int depth) {
  MatrixStructure structure = find(x, depth);
  structure.isUnitary = false;
  structure.isHermitian &= isReal(factor);
  structure.isSemidefinite &= isNonNegative(factor);
  return structure;
}

MatrixStructure structureOfProduct(DotGeneralOp dot, int depth) {
  Value a = dot.getA(), b = dot.getB();
  MatrixStructure structure;
  if (!isMatrixProduct(dot) || tensorType(a).getRank() != tensorType(b).getRank())
    return structure;
  structure.isHermitian = structure.isSemidefinite = adjointSource(a) == b || adjointSource(b) == a;
  MatrixStructure p = find(a, depth), q = find(b, depth);
  structure.isLower = p.isLower && q.isLower;
  structure.isUpper = p.isUpper && q.isUpper;
  structure.isUnitary = p.isUnitary && q.isUnitary;
  return structure;
}

MatrixStructure find(Value x, int depth) {
  MatrixStructure known;
  auto result = dyn_cast<OpResult>(x);
  RankedTensorType type = tensorType(x);
  if (!result || depth > maxDepth || type.getRank() < 2 || type.getShape().end()[-1] != type.getShape().end()[-2] ||
      ShapedType::isDynamic(type.getShape().back()))
    return known;
  if (isIdentityMatrix(x))
    return {true, true, true, true, true};
  unsigned number = result.getResultNumber();
  auto sum = [&](Value a, Value b, bool isAdd) {
    MatrixStructure p = find(a, depth + 1), q = find(b, depth + 1);
    known.isLower = p.isLower && q.isLower;
    known.isUpper = p.isUpper && q.isUpper;
    known.isHermitian = (p.isHermitian && q.isHermitian) || (isAdd && (adjointSource(a) == b || adjointSource(b) == a));
    known.isSemidefinite = isAdd && p.isSemidefinite && q.isSemidefinite;
  };
  llvm::TypeSwitch<Operation *>(result.getOwner())
      .Case<CholeskyOp>([&](auto) { known.isLower = true; })
      .Case<QrOp>([&](auto) { (number == 0 ? known.isUnitary : known.isUpper) = true; })
      .Case<SchurOp>([&](auto) { (number == 0 ? known.isUpper : known.isUnitary) = true; })
      .Case<EighOp>([&](auto) { known.isUnitary = number == 1; })
      .Case<SvdOp>([&](auto) { known.isUnitary = number != 1; })
      .Case<SelectOp>([&](SelectOp select) { known = structureOfSelect(select); })
      .Case<CastOp>([&](CastOp cast) {
        known = find(cast.getX(), depth + 1);
        known.isUnitary &= isComplex(type) || !isComplex(cast.getX().getType());
      })
      .Case<ConjOp>([&](ConjOp conj) { known = find(conj.getX(), depth + 1); })
      .Case<NegOp>([&](NegOp neg) {
        known = find(neg.getX(), depth + 1);
        known.isSemidefinite = false;
      })
      .Case<TransposeOp>([&](TransposeOp transpose) {
        if (!swapsLastAxes(transpose))
          return;
        known = find(transpose.getX(), depth + 1);
        std::swap(known.isLower, known.isUpper);
      })
      .Case<BroadcastOp>([&](BroadcastOp broadcast) {
        ArrayRef<int64_t> dims = broadcast.getDims();
        int64_t rank = type.getRank(), inner = dims.size();
        if (inner >= 2 && dims[inner - 2] == rank - 2 && dims[inner - 1] == rank - 1)
          known = find(broadcast.getX(), depth + 1);
      })
      .Case<AddOp>([&](AddOp add) { sum(add.getA(), add.getB(), true); })
      .Case<SubtractOp>([&](SubtractOp subtract) { sum(subtract.getA(), subtract.getB(), false); })
      .Case<MultiplyOp>([&](MultiplyOp multiply) {
        Value a = multiply.getA(), b = multiply.getB();
        if (isScalar(a))
          std::swap(a, b);
        if (isScalar(b)) {
          known = structureOfMultiple(a, b, depth + 1);
          return;
        }
        MatrixStructure p = find(a, depth + 1), q = find(b, depth + 1);
        known.isLower = p.isLower || q.isLower;
        known.isUpper = p.isUpper || q.isUpper;
      })
      .Case<DivideOp>([&](DivideOp divide) {
        if (isScalar(divide.getB()))
          known = structureOfMultiple(divide.getA(), divide.getB(), depth + 1);
      })
      .Case<DotGeneralOp>([&](DotGeneralOp dot) { known = structureOfProduct(dot, depth + 1); });
  return known;
}

} // namespace

MatrixStructure structureOf(Value x) { return find(x, 0); }

bool isIdentityMatrix(Value x) {
  Operation *op = x.getDefiningOp();
  if (auto cast = dyn_cast_or_null<CastOp>(op))
    return isIdentityMatrix(cast.getX());
  if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op)) {
    int64_t rank = tensorType(x).getRank();
    ArrayRef<int64_t> dims = broadcast.getDims();
    return dims.size() == 2 && dims[0] == rank - 2 && dims[1] == rank - 1 &&
           tensorType(broadcast.getX()).getShape() == tensorType(x).getShape().take_back(2) &&
           isIdentityMatrix(broadcast.getX());
  }
  auto equal = dyn_cast_or_null<EqualOp>(op);
  if (!equal || tensorType(x).getRank() < 2)
    return false;
  Value a = equal.getA(), b = equal.getB();
  return (isIota(a, 1) && isIota(b, 2)) || (isIota(a, 2) && isIota(b, 1));
}

bool swapsLastAxes(TransposeOp transpose) {
  ArrayRef<int64_t> perm = transpose.getPerm();
  int64_t rank = int64_t(perm.size());
  for (int64_t k = 0; k < rank; ++k)
    if (perm[k] != (k == rank - 1 ? rank - 2 : k == rank - 2 ? rank - 1 : k))
      return false;
  return rank >= 2;
}

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

bool isMatrixProduct(DotGeneralOp dot) {
  int64_t rank = tensorType(dot.getA()).getRank(), rankB = tensorType(dot.getB()).getRank();
  auto areLeading = [&](ArrayRef<int64_t> axes) {
    return int64_t(axes.size()) == rank - 2 && llvm::equal(axes, llvm::seq<int64_t>(rank - 2));
  };
  if (rank < 2 || !areLeading(dot.getLhsBatch()) || !areLeading(dot.getRhsBatch()) ||
      dot.getLhsContract() != ArrayRef<int64_t>{rank - 1})
    return false;
  return (rankB == rank && dot.getRhsContract() == ArrayRef<int64_t>{rank - 2}) || (rank == 2 && rankB == 1);
}

} // namespace tcc
