// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Follows stored tensors through the kernel's ops as GenericBuilder does, by affine positions, and notes where the
// operands of concatenations and paddings begin.
#include "passes/Regions.h"

#include "passes/KernelOps.h"

#include <set>

using namespace mlir;

namespace tcc {

namespace {

class Cuts {
public:
  explicit Cuts(ArrayRef<int64_t> sizes) : sizes(sizes), places(sizes.size()) {}

  void follow(Value tensor, AffineMap map);

  SmallVector<int64_t> &of(unsigned dim) {
    llvm::sort(places[dim]);
    places[dim].erase(llvm::unique(places[dim]), places[dim].end());
    return places[dim];
  }
  unsigned numVisited() const { return visited.size(); }

private:
  /// Something else is read from where `position` reaches `boundary`.
  void cut(AffineExpr position, int64_t boundary);

  ArrayRef<int64_t> sizes;
  SmallVector<SmallVector<int64_t>> places;
  llvm::DenseSet<std::pair<Value, AffineMap>> visited;
};

/// c and d of c + d or c - d.
std::optional<std::tuple<int64_t, unsigned, bool>> asOneDim(AffineExpr position) {
  int64_t offset = 0;
  auto binary = dyn_cast<AffineBinaryOpExpr>(position);
  if (binary && binary.getKind() == AffineExprKind::Add)
    if (auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS())) {
      offset = constant.getValue();
      position = binary.getLHS();
    }
  binary = dyn_cast<AffineBinaryOpExpr>(position);
  bool backwards = binary && binary.getKind() == AffineExprKind::Mul &&
                   binary.getRHS() == getAffineConstantExpr(-1, position.getContext());
  if (auto dim = dyn_cast<AffineDimExpr>(backwards ? binary.getLHS() : position))
    return std::tuple(offset, dim.getPosition(), backwards);
  return std::nullopt;
}

void Cuts::cut(AffineExpr position, int64_t boundary) {
  auto line = asOneDim(position);
  if (!line)
    return;
  auto [offset, dim, backwards] = *line;
  int64_t place = backwards ? offset - boundary + 1 : boundary - offset;
  if (place > 0 && place < sizes[dim])
    places[dim].push_back(place);
}

void Cuts::follow(Value tensor, AffineMap map) {
  Operation *op = tensor.getDefiningOp();
  if (!op || !visited.insert({tensor, map}).second)
    return;
  auto shifted = [&](int64_t axis, int64_t by) {
    SmallVector<AffineExpr> at(map.getResults());
    at[axis] = at[axis] - by;
    return AffineMap::get(map.getNumDims(), 0, at, map.getContext());
  };
  if (auto concatenate = dyn_cast<ConcatenateOp>(op)) {
    int64_t axis = concatenate.getAxis(), start = 0;
    for (Value x : op->getOperands()) {
      cut(map.getResult(axis), start);
      follow(x, shifted(axis, start));
      start += tensorType(x).getDimSize(axis);
    }
  } else if (auto pad = dyn_cast<PadOp>(op)) {
    for (int64_t axis = 0; axis < int64_t(map.getNumResults()); ++axis) {
      int64_t low = pad.getLow()[axis];
      if (pad.getInterior()[axis] != 0)
        return;
      cut(map.getResult(axis), low);
      cut(map.getResult(axis), low + tensorType(pad.getX()).getDimSize(axis));
      map = shifted(axis, low);
    }
    follow(pad.getX(), map);
  } else if (roleOf(op) == Role::Elementwise || roleOf(op) == Role::View) {
    if (AffineMap view = viewMap(op))
      for (Value operand : op->getOperands())
        follow(operand, view.compose(map));
  }
}

} // namespace

SmallVector<Region> findRegions(ArrayRef<Value> tensors, ArrayRef<int64_t> sizes) {
  constexpr int64_t worthCutting = 4096; // elements
  constexpr int64_t maxRegions = 32, maxOps = 512;
  Region whole{SmallVector<int64_t>(sizes.size(), 0), llvm::to_vector(sizes)};
  int64_t elements = 1;
  for (int64_t size : sizes)
    elements *= size;
  if (elements < worthCutting)
    return {whole};
  Cuts cuts(sizes);
  for (Value tensor : tensors)
    cuts.follow(tensor, AffineMap::getMultiDimIdentityMap(sizes.size(), tensor.getContext()));
  int64_t count = 1;
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    count *= int64_t(cuts.of(dim).size()) + 1;
  if (count > maxRegions || count * cuts.numVisited() > maxOps)
    return {whole};
  SmallVector<Region> regions{whole};
  for (unsigned dim = 0; dim < sizes.size(); ++dim) {
    SmallVector<Region> parts;
    for (const Region &region : regions) {
      int64_t begin = 0;
      auto add = [&](int64_t end) {
        parts.push_back(region);
        parts.back().origin[dim] = begin;
        parts.back().sizes[dim] = end - begin;
        begin = end;
      };
      for (int64_t place : cuts.of(dim))
        add(place);
      add(sizes[dim]);
    }
    regions = std::move(parts);
  }
  return regions;
}

} // namespace tcc
