// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Subscripts of x(...) and x.at(...), and the updates that at() offers.
#pragma once

#include "tcc/Tensor.h"

#include <variant>

namespace tcc {

/// Inserts an axis of extent 1.
struct NewAxis {};
inline constexpr NewAxis newaxis{};
/// As many full axes as are missing.
struct Ellipsis {};
inline constexpr Ellipsis ellipsis{};

/// A slice's bound: a number (negative counts from the end), or `_` for the natural end.
struct Bound {
  std::optional<int64_t> value;
  Bound(Placeholder) {}
  template <class I>
    requires std::is_integral_v<I>
  Bound(I v) : value(int64_t(v)) {}
};
/// begin : end : step with Python's meaning, negative steps included.
struct slice {
  Bound begin, end, step;
  slice(Bound begin, Bound end, Bound step = _) : begin(begin), end(end), step(step) {}
};

/// One subscript. It remembers the caller's line, because operator() cannot.
struct Index {
  std::variant<std::monostate, int64_t, slice, Placeholder, NewAxis, Ellipsis, Tensor> value;
  Loc where;
  Index() : where(Loc::current()) {}
  template <class I>
    requires std::is_integral_v<I>
  Index(I i, Loc where = Loc::current()) : value(int64_t(i)), where(where) {}
  /// A mask without axes, as in NumPy: all, or nothing, along a new axis.
  Index(bool mask, Loc where = Loc::current()) : value(Tensor(mask)), where(where) {}
  Index(slice s, Loc where = Loc::current()) : value(s), where(where) {}
  Index(Placeholder p, Loc where = Loc::current()) : value(p), where(where) {}
  Index(NewAxis n, Loc where = Loc::current()) : value(n), where(where) {}
  Index(Ellipsis e, Loc where = Loc::current()) : value(e), where(where) {}
  Index(Tensor t, Loc where = Loc::current()) : value(std::move(t)), where(where) {}
  Index(const Variable &v, Loc where = Loc::current()) : value(Tensor(v)), where(where) {}
};

/// The selected part of a tensor, to be updated into a new tensor. Values broadcast to the part's shape and are
/// converted to the tensor's dtype; repeated indices accumulate, for set the last one wins. Differentiable in both.
class TCC_API At {
public:
  At(Tensor x, std::vector<Index> subscripts) : x(std::move(x)), subscripts(std::move(subscripts)) {}
  Tensor set(Tensor v, Loc where = Loc::current()) const;
  Tensor add(Tensor v, Loc where = Loc::current()) const;
  Tensor multiply(Tensor v, Loc where = Loc::current()) const;
  Tensor min(Tensor v, Loc where = Loc::current()) const;
  Tensor max(Tensor v, Loc where = Loc::current()) const;

private:
  Tensor x;
  std::vector<Index> subscripts;
};

} // namespace tcc
