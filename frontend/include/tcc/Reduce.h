// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions, scans, sorting and searching. Axes default to all; a scan without an axis flattens. Results have NumPy
// 2's types: sums and products of bool and small integers give int64, means of integers float64.
#pragma once

#include "tcc/Tensor.h"

#include <string>

namespace tcc {

struct ReduceOptions {
  /// Keeps reduced axes with extent 1.
  bool keepdims = false;
};
struct VarOptions {
  /// The divisor is the count minus ddof.
  int64_t ddof = 0;
  bool keepdims = false;
};
/// 0 for no elements.
TCC_API Tensor sum(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// 1 for no elements.
TCC_API Tensor prod(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// NaN for no elements.
TCC_API Tensor mean(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// NaN wins; throws for no elements and for complex. Gradients of ties are shared equally.
TCC_API Tensor max(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// NaN wins; throws for no elements and for complex. Gradients of ties are shared equally.
TCC_API Tensor min(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// int64, the first of ties; one axis, or the position in the flattened tensor.
TCC_API Tensor argmax(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// int64, the first of ties; one axis, or the position in the flattened tensor.
TCC_API Tensor argmin(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// Bool; true for no elements.
TCC_API Tensor all(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// Bool; false for no elements.
TCC_API Tensor any(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// log(sum(exp(x))), stable; -inf for no elements or all -inf; real.
TCC_API Tensor logsumexp(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// The Euclidean (Frobenius) norm, real; its gradient at 0 is 0.
TCC_API Tensor norm(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// The mean of the middle two for even counts; NaN wins.
TCC_API Tensor median(const Tensor &x, Axes axes = {}, ReduceOptions options = {}, Loc where = Loc::current());
/// Mean of |x - mean(x)|^2; real, also of complex tensors.
TCC_API Tensor var(const Tensor &x, Axes axes = {}, VarOptions options = {}, Loc where = Loc::current());
/// sqrt(var(x)).
TCC_API Tensor std_dev(const Tensor &x, Axes axes = {}, VarOptions options = {}, Loc where = Loc::current());
/// Inclusive sums along the axis.
TCC_API Tensor cumsum(const Tensor &x, Axes axis = {}, Loc where = Loc::current());
/// Inclusive products along the axis.
TCC_API Tensor cumprod(const Tensor &x, Axes axis = {}, Loc where = Loc::current());
/// Running maximum; NaN wins.
TCC_API Tensor cummax(const Tensor &x, Axes axis = {}, Loc where = Loc::current());
/// Running minimum; NaN wins.
TCC_API Tensor cummin(const Tensor &x, Axes axis = {}, Loc where = Loc::current());
/// log(cumsum(exp(x))), stable; real.
TCC_API Tensor logcumsumexp(const Tensor &x, Axes axis = {}, Loc where = Loc::current());
/// n-th differences along an axis; of bool, whether neighbours differ.
TCC_API Tensor diff(const Tensor &x, int64_t n = 1, int64_t axis = -1, Loc where = Loc::current());
/// Ascending, stable, NaN last; complex numbers by their real, then their imaginary parts.
TCC_API Tensor sort(const Tensor &x, int64_t axis = -1, Loc where = Loc::current());
/// The int64 indices that sort x; stable, NaN last.
TCC_API Tensor argsort(const Tensor &x, int64_t axis = -1, Loc where = Loc::current());
struct TopK {
  Tensor values, indices;
};
/// The k largest along an axis, largest first, first of ties first; NaN counts as largest.
TCC_API TopK topk(const Tensor &x, int64_t k, int64_t axis = -1, Loc where = Loc::current());
struct SearchOptions {
  /// "left": a[i-1] < v <= a[i]; "right": a[i-1] <= v < a[i].
  std::string side = "left";
};
/// Where v would be inserted into the sorted 1-d tensor a; int64 of v's shape.
TCC_API Tensor searchsorted(const Tensor &a, const Tensor &v, SearchOptions options = {}, Loc where = Loc::current());

} // namespace tcc
