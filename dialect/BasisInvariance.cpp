// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Abstract interpretation of the ops behind a decomposition. A value is, to a rotation r of the vectors,
//   charged   on some axes, each acted upon by r (+) or by r^H (-); linear until two such values have met;
//   diagonal  along one axis: element k depends on the decomposition's value k (and on symmetric functions) only; it is
//             uniform if that function is the same for all k;
// or it has no state: it is independent of the decomposition or invariant. Contracting + with - leaves an invariant;
// scaling a charged axis of a linear value by a diagonal one makes another scaled vector. Whatever is not in the list
// ends the proof, which costs speed and never exactness.
#include "dialect/BasisInvariance.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {
namespace {

struct State {
  SmallVector<int8_t, 4> charges; ///< of each axis; empty for diagonal values
  bool isLinear = true;
  int64_t diagonalAxis = -1;
  bool isUniform = true;
  bool isCharged() const { return diagonalAxis < 0; }
};

class Prover {
public:
  Prover(AdjointBuilder &b, Value values) : b(b), values(values) {}

  BasisInvariance run(ArrayRef<BasisVectors> vectors) {
    SmallVector<Value> roots;
    for (const BasisVectors &each : vectors)
      if (b.cotangentOf(each.value)) {
        State state;
        state.charges.assign(tensorType(each.value).getRank(), 0);
        state.charges[each.axis] = each.isAdjoint ? -1 : 1;
        states[each.value] = state;
        roots.push_back(each.value);
      }
    if (b.cotangentOf(values)) {
      states[values] = diagonal(tensorType(values).getRank() - 1, true);
      roots.push_back(values);
    }
    proof.isProven = true;
    for (Operation *op : sortedUsers(roots))
      if (!visit(op))
        proof.isProven = false;
    proof.hasTwin = !proof.isProven && hasTwin();
    return proof;
  }

private:
  static State diagonal(int64_t axis, bool isUniform) {
    State state;
    state.diagonalAxis = axis;
    state.isUniform = isUniform;
    return state;
  }
  const State *stateOf(Value value) const {
    auto found = states.find(value);
    return found == states.end() ? nullptr : &found->second;
  }
  bool isCharged(Value value) const {
    const State *state = stateOf(value);
    return state && state->isCharged();
  }
  bool isLive(Operation *op) {
    return llvm::any_of(op->getResults(), [&](Value result) { return b.cotangentOf(result) != nullptr; });
  }

  /// Ops with a cotangent behind the roots, each after those that it depends on.
  SmallVector<Operation *> sortedUsers(ArrayRef<Value> roots) {
    SmallVector<Operation *> sorted;
    llvm::DenseSet<Operation *> seen;
    // An explicit stack: an op and its live users that are still to be visited.
    SmallVector<std::pair<Operation *, SmallVector<Operation *>>> stack;
    auto usersOf = [&](ValueRange results) {
      SmallVector<Operation *> users;
      for (Value result : results)
        if (b.cotangentOf(result))
          for (Operation *user : result.getUsers())
            if (isLive(user) && !seen.contains(user))
              users.push_back(user);
      return users;
    };
    for (Value root : roots) {
      stack.push_back({nullptr, usersOf(root)});
      while (!stack.empty()) {
        auto &[op, users] = stack.back();
        if (users.empty()) {
          if (op)
            sorted.push_back(op);
          stack.pop_back();
          continue;
        }
        Operation *next = users.pop_back_val();
        if (seen.insert(next).second)
          stack.push_back({next, usersOf(next->getResults())});
      }
    }
    std::reverse(sorted.begin(), sorted.end());
    return sorted;
  }

  /// Whether elements of a value without cotangent do not tell positions along `axis` apart, but by the decomposition's
  /// values there.
  bool isUniformAlong(Value value, int64_t axis, int depth = 0) {
    if (const State *state = stateOf(value))
      return !state->isCharged() && state->diagonalAxis == axis && state->isUniform;
    RankedTensorType type = tensorType(value);
    if (type.getDimSize(axis) == 1)
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || depth > 16)
      return false;
    if (auto constant = dyn_cast<ConstantOp>(op))
      return constant.getValue().isSplat();
    if (auto iota = dyn_cast<IotaOp>(op))
      return int64_t(iota.getAxis()) != axis;
    if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      const int64_t *source = llvm::find(broadcast.getDims(), axis);
      if (source == broadcast.getDims().end())
        return true;
      return isUniformAlong(broadcast.getX(), source - broadcast.getDims().begin(), depth + 1);
    }
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      int64_t from = mappedByReshape(type, tensorType(reshape.getX()), axis);
      return from >= 0 && isUniformAlong(reshape.getX(), from, depth + 1);
    }
    if (!op->hasTrait<trait::Elementwise>())
      return false;
    return llvm::all_of(op->getOperands(), [&](Value x) { return isUniformAlong(x, axis, depth + 1); });
  }
  bool isUniformAlongCharges(Value value, const State &state) {
    for (auto [axis, charge] : llvm::enumerate(state.charges))
      if (charge && !isUniformAlong(value, axis))
        return false;
    return true;
  }

  /// The axis of `to` that `axis` of `from` becomes, -1 if it is cut or merged.
  static int64_t mappedByReshape(RankedTensorType from, RankedTensorType to, int64_t axis) {
    if (!from.hasStaticShape() || !to.hasStaticShape())
      return -1;
    auto before = [](RankedTensorType type, int64_t axis) {
      int64_t product = 1;
      for (int64_t size : type.getShape().take_front(axis))
        product *= size;
      return product;
    };
    for (int64_t k = 0; k < to.getRank(); ++k)
      if (to.getDimSize(k) == from.getDimSize(axis) && before(to, k) == before(from, axis))
        return k;
    return -1;
  }

  //===--------------------------------------------------------------------===//
  // Transfer
  //===--------------------------------------------------------------------===//

  bool invariant(Value y) {
    proof.symmetric.push_back(y);
    return true;
  }
  bool becomes(Value y, State state) {
    if (state.isCharged() && llvm::all_of(state.charges, [](int8_t charge) { return charge == 0; }))
      return true;
    if (state.isCharged() && !state.isLinear)
      proof.isDirect = false;
    states[y] = std::move(state);
    return true;
  }
  /// The state with its axes moved: `to(axis)` is the new axis, -1 if it is gone.
  template <class F> bool moved(Value y, const State &state, F &&to) {
    State next = state;
    if (!state.isCharged()) {
      next.diagonalAxis = to(state.diagonalAxis);
      return next.diagonalAxis >= 0 && becomes(y, next);
    }
    next.charges.assign(tensorType(y).getRank(), 0);
    for (auto [axis, charge] : llvm::enumerate(state.charges))
      if (charge) {
        int64_t target = to(axis);
        if (target < 0)
          return false;
        next.charges[target] = charge;
      }
    return becomes(y, next);
  }

  bool visit(Operation *op) {
    if (llvm::none_of(op->getOperands(), [&](Value x) { return stateOf(x) != nullptr; }))
      return true;
    if (isa<LimitWhereOp>(op))
      proof.hasQuotients = true;
    Value y = op->getResult(0);
    if (op->hasTrait<trait::Elementwise>())
      return visitElementwise(op);
    const State *x = stateOf(op->getOperand(0));
    return llvm::TypeSwitch<Operation *, bool>(op)
        .Case<BroadcastOp>([&](BroadcastOp broadcast) {
          return x && moved(y, *x, [&](int64_t axis) {
                   int64_t to = broadcast.getDims()[axis];
                   bool isRepeated =
                       tensorType(broadcast.getX()).getDimSize(axis) == 1 && tensorType(y).getDimSize(to) != 1;
                   return isRepeated ? -1 : to;
                 });
        })
        .Case<TransposeOp>([&](TransposeOp transpose) {
          return moved(y, *x, [&](int64_t axis) {
            return int64_t(llvm::find(transpose.getPerm(), axis) - transpose.getPerm().begin());
          });
        })
        .Case<ReshapeOp>([&](ReshapeOp reshape) {
          return x && moved(y, *x, [&](int64_t axis) {
                   return mappedByReshape(reshape.getX().getType(), reshape.getY().getType(), axis);
                 });
        })
        // The vectors that a truncation keeps rotate among themselves; that the others do not is for the check at run
        // time.
        .Case<SliceOp>([&](SliceOp slice) {
          return moved(y, *x, [&](int64_t axis) { return slice.getStrides()[axis] == 1 ? axis : -1; });
        })
        .Case<ReduceSumOp, ReduceProdOp, ReduceMaxOp, ReduceMinOp>([&](auto reduce) {
          if (!x->isCharged() && llvm::is_contained(reduce.getAxes(), x->diagonalAxis))
            return x->isUniform && invariant(y);
          if (x->isCharged() && !isa<ReduceSumOp>(op))
            return false;
          return moved(y, *x, [&](int64_t axis) {
            if (llvm::is_contained(reduce.getAxes(), axis))
              return int64_t(-1);
            return axis - llvm::count_if(reduce.getAxes(), [&](int64_t gone) { return gone < axis; });
          });
        })
        .Case<CumsumOp>([&](CumsumOp cumsum) {
          return moved(y, *x, [&](int64_t axis) { return axis == int64_t(cumsum.getAxis()) ? -1 : axis; });
        })
        .Case<FftOp>([&](FftOp fft) {
          return moved(y, *x, [&](int64_t axis) { return llvm::is_contained(fft.getAxes(), axis) ? -1 : axis; });
        })
        .Case<ConcatenateOp>([&](ConcatenateOp concatenate) { return visitConcatenate(concatenate); })
        .Case<DotGeneralOp>([&](DotGeneralOp dot) { return visitContraction(dot); })
        .Case<SolveOp, TriangularSolveOp>([&](auto) {
          const State *rhs = stateOf(op->getOperand(1));
          if (x || !rhs || !rhs->isCharged())
            return false;
          State next = *rhs;
          next.isLinear &= !dependsOnVectors(op->getOperand(0));
          int64_t rows = tensorType(y).getRank() - 2;
          return moved(y, next, [&](int64_t axis) { return axis == rows ? -1 : axis; });
        })
        .Case<SvdOp, EighOp, QrOp>([&](auto) { return visitDecomposition(op); })
        .Default([](Operation *) { return false; });
  }

  bool visitElementwise(Operation *op) {
    Value y = op->getResult(0);
    SmallVector<Value> charged, others;
    for (Value x : op->getOperands())
      (isCharged(x) ? charged : others).push_back(x);
    if (charged.empty()) {
      int64_t axis = -1;
      for (Value x : others)
        if (const State *state = stateOf(x)) {
          if (axis >= 0 && axis != state->diagonalAxis)
            return false;
          axis = state->diagonalAxis;
        }
      bool isUniform = llvm::all_of(others, [&](Value x) { return isUniformAlong(x, axis); });
      return becomes(y, diagonal(axis, isUniform));
    }
    State state = *stateOf(charged[0]);
    for (Value x : charged) {
      if (stateOf(x)->charges != state.charges)
        return false;
      state.isLinear &= stateOf(x)->isLinear;
    }
    // Real rotations of real vectors only: a complex one mixes real and imaginary parts.
    if (isa<RealOp, ImagOp>(op) || (isa<CastOp>(op) && isComplex(charged[0].getType()) && !isComplex(y.getType())))
      return false;
    if (isa<ConjOp>(op)) {
      for (int8_t &charge : state.charges)
        charge = -charge;
      return becomes(y, state);
    }
    if (isa<NegOp, CastOp>(op) || (isa<AddOp, SubtractOp>(op) && others.empty()))
      return becomes(y, state);
    if (isa<MultiplyOp>(op) || (isa<DivideOp>(op) && isCharged(op->getOperand(0)))) {
      if (charged.size() != 1)
        return false;
      const State *factor = stateOf(others[0]);
      if (factor)
        return state.isLinear && state.charges[factor->diagonalAxis] != 0 &&
               onlyChargeIs(state, factor->diagonalAxis) && becomes(y, state);
      state.isLinear &= !dependsOnVectors(others[0]);
      return isUniformAlongCharges(others[0], state) && becomes(y, state);
    }
    if (auto select = dyn_cast<SelectOp>(op)) {
      for (Value x : others)
        if (x == select.getCondition() ? !isUniformAlongCharges(x, state) : !isZero(x))
          return false;
      return becomes(y, state);
    }
    return false;
  }
  static bool onlyChargeIs(const State &state, int64_t axis) {
    for (auto [k, charge] : llvm::enumerate(state.charges))
      if (charge && int64_t(k) != axis)
        return false;
    return true;
  }
  static bool isZero(Value x) {
    auto constant = x.getDefiningOp<ConstantOp>();
    if (!constant || !constant.getValue().isSplat())
      return false;
    auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!dense)
      return false;
    if (isComplex(x.getType())) {
      auto z = dense.getSplatValue<std::complex<APFloat>>();
      return z.real().isZero() && z.imag().isZero();
    }
    return isInexact(x.getType()) && dense.getSplatValue<APFloat>().isZero();
  }

  bool visitConcatenate(ConcatenateOp op) {
    const State *first = stateOf(op->getOperand(0));
    for (Value x : op->getOperands()) {
      const State *state = stateOf(x);
      if (!first || !state || !state->isCharged() || state->charges != first->charges)
        return false;
    }
    State next = *first;
    for (Value x : op->getOperands())
      next.isLinear &= stateOf(x)->isLinear;
    return next.isCharged() && next.charges[op.getAxis()] == 0 && becomes(op.getY(), next);
  }

  /// The axes of a contraction's operand in its result: batch, then free ones.
  static int64_t resultAxis(int64_t axis, int64_t rank, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract,
                            int64_t freeBefore) {
    if (const int64_t *at = llvm::find(batch, axis); at != batch.end())
      return at - batch.begin();
    int64_t result = int64_t(batch.size()) + freeBefore;
    for (int64_t k = 0; k < axis; ++k)
      result += !llvm::is_contained(batch, k) && !llvm::is_contained(contract, k);
    return result;
  }

  bool visitContraction(DotGeneralOp dot) {
    Value lhs = dot.getA(), rhs = dot.getB();
    const State *a = stateOf(lhs), *c = stateOf(rhs);
    int64_t rankA = tensorType(lhs).getRank(), rankB = tensorType(rhs).getRank();
    int64_t freeA = rankA - int64_t(dot.getLhsBatch().size() + dot.getLhsContract().size());
    auto toA = [&](int64_t axis) { return resultAxis(axis, rankA, dot.getLhsBatch(), dot.getLhsContract(), 0); };
    auto toB = [&](int64_t axis) { return resultAxis(axis, rankB, dot.getRhsBatch(), dot.getRhsContract(), freeA); };
    if ((a && !a->isCharged()) || (c && !c->isCharged())) {
      // Symmetric sums of products of the values, as in a norm; otherwise one diagonal operand along a free axis.
      if (a && c) {
        const int64_t *at = llvm::find(dot.getLhsContract(), a->diagonalAxis);
        return !a->isCharged() && !c->isCharged() && a->isUniform && c->isUniform && at != dot.getLhsContract().end() &&
               dot.getRhsContract()[at - dot.getLhsContract().begin()] == c->diagonalAxis && invariant(dot.getY());
      }
      const State &only = a ? *a : *c;
      if (llvm::is_contained(a ? dot.getLhsContract() : dot.getRhsContract(), only.diagonalAxis))
        return false;
      return becomes(dot.getY(), diagonal(a ? toA(only.diagonalAxis) : toB(only.diagonalAxis), false));
    }
    auto chargeOf = [](const State *state, int64_t axis) { return state ? state->charges[axis] : int8_t(0); };
    for (auto [i, j] : llvm::zip(dot.getLhsContract(), dot.getRhsContract()))
      if (chargeOf(a, i) + chargeOf(c, j) != 0)
        return false;
    for (auto [i, j] : llvm::zip(dot.getLhsBatch(), dot.getRhsBatch()))
      if (chargeOf(a, i) || chargeOf(c, j))
        return false;
    State next;
    next.charges.assign(tensorType(dot.getY()).getRank(), 0);
    for (int64_t axis = 0; axis < rankA; ++axis)
      if (int8_t charge = chargeOf(a, axis); charge && !llvm::is_contained(dot.getLhsContract(), axis))
        next.charges[toA(axis)] = charge;
    for (int64_t axis = 0; axis < rankB; ++axis)
      if (int8_t charge = chargeOf(c, axis); charge && !llvm::is_contained(dot.getRhsContract(), axis))
        next.charges[toB(axis)] = charge;
    next.isLinear = !(a && c) && (a ? a : c)->isLinear && !dependsOnVectors(a ? rhs : lhs);
    return becomes(dot.getY(), next);
  }

  /// Decompositions of a matrix whose rows or columns are charged: its vectors turn with it.
  bool visitDecomposition(Operation *op) {
    const State &x = *stateOf(op->getOperand(0));
    int64_t rank = tensorType(op->getOperand(0)).getRank();
    if (!x.isCharged())
      return false;
    for (int64_t axis = 0; axis < rank - 2; ++axis)
      if (x.charges[axis])
        return false;
    int8_t row = x.charges[rank - 2], column = x.charges[rank - 1];
    auto vectors = [&](Value y, int64_t axis, int8_t charge) {
      State next;
      next.isLinear = false;
      next.charges.assign(tensorType(y).getRank(), 0);
      next.charges[axis] = charge;
      return becomes(y, next);
    };
    if (auto svd = dyn_cast<SvdOp>(op))
      return vectors(svd.getU(), rank - 2, row) && vectors(svd.getVh(), rank - 1, column);
    if (auto eigh = dyn_cast<EighOp>(op))
      return row == -column && vectors(eigh.getV(), rank - 2, row);
    return column == 0 && vectors(cast<QrOp>(op).getQ(), rank - 2, row);
  }

  /// Whether a value without state is made of the vectors.
  bool dependsOnVectors(Value value) {
    auto known = [&](Value x) -> std::optional<bool> {
      Operation *op = x.getDefiningOp();
      if (op == b.op)
        return x != values;
      if (!op || op->isBeforeInBlock(b.op))
        return false;
      auto found = vectorDependent.find(op);
      return found == vectorDependent.end() ? std::nullopt : std::optional<bool>(found->second);
    };
    // An explicit stack, because chains may have any length: an op and how many of its operands have been visited.
    SmallVector<std::pair<Operation *, unsigned>> stack;
    if (!known(value))
      stack.push_back({value.getDefiningOp(), 0});
    while (!stack.empty()) {
      auto &[op, visited] = stack.back();
      if (visited == op->getNumOperands()) {
        vectorDependent[op] = llvm::any_of(op->getOperands(), [&](Value x) { return *known(x); });
        stack.pop_back();
        continue;
      }
      Value operand = op->getOperand(visited++);
      if (!known(operand))
        stack.push_back({operand.getDefiningOp(), 0});
    }
    return *known(value);
  }

  /// Whether two values are made by the same ops of the same leaves.
  static bool isSame(Value x, Value y) {
    SmallVector<std::pair<Value, Value>> stack{{x, y}};
    llvm::DenseSet<std::pair<Value, Value>> seen;
    while (!stack.empty()) {
      auto [p, q] = stack.pop_back_val();
      if (p == q || !seen.insert({p, q}).second)
        continue;
      Operation *a = p.getDefiningOp(), *c = q.getDefiningOp();
      if (!a || !c || a->getName() != c->getName() || p.getType() != q.getType() ||
          a->getAttrDictionary() != c->getAttrDictionary() || a->getNumOperands() != c->getNumOperands() ||
          cast<OpResult>(p).getResultNumber() != cast<OpResult>(q).getResultNumber() || isa<InputOp>(a) ||
          seen.size() > 1000)
        return false;
      for (auto operands : llvm::zip(a->getOperands(), c->getOperands()))
        stack.push_back({std::get<0>(operands), std::get<1>(operands)});
    }
    return true;
  }
  bool hasTwin() {
    for (Operation &other : *b.op->getBlock())
      if (&other != b.op && isa<SvdOp, SvdvalsOp, EighOp, EigOp, SchurOp>(other) && isLive(&other) &&
          isSame(other.getOperand(0), b.op->getOperand(0)))
        return true;
    return false;
  }

  AdjointBuilder &b;
  Value values;
  BasisInvariance proof;
  llvm::DenseMap<Value, State> states;
  llvm::DenseMap<Operation *, bool> vectorDependent;
};

} // namespace

BasisInvariance proveBasisInvariance(AdjointBuilder &b, ArrayRef<BasisVectors> vectors, Value values) {
  return Prover(b, values).run(vectors);
}

} // namespace tcc
