// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scaled dot-product attention.
#include "frontend/Axes.h"
#include "tcc/Activations.h"
#include "tcc/Contract.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <cmath>
#include <limits>

namespace tcc {

Tensor scaled_dot_product_attention(const Tensor &query, const Tensor &key, const Tensor &value, AttentionOptions o,
                                    Loc where) {
  const char *op = "scaled_dot_product_attention";
  Tensor q = asInexact(query, op, where), k = asInexact(key, op, where), v = asInexact(value, op, where);
  if (q.ndim() < 2 || k.ndim() < 2 || v.ndim() < 2 || q.dim(-1) != k.dim(-1) ||
      !mayAgree(k.shape()[size_t(k.ndim() - 2)], v.shape()[size_t(v.ndim() - 2)]))
    fail(op, where, Kind::shape, "expected {..., L, E}, {..., S, E} and {..., S, V}, got ", q.shape(), ", ", k.shape(),
         " and ", v.shape());
  double scale = o.scale.value_or(1 / std::sqrt(double(q.dim(-1))));
  Tensor scores = multiply(matmul(q, swapaxes(k, -1, -2, where), where), scale, where);
  constexpr double none = -std::numeric_limits<double>::infinity();
  if (o.causal) {
    Tensor row = iotaOf(scores.shape(), scores.ndim() - 2, int64, where),
           column = iotaOf(scores.shape(), scores.ndim() - 1, int64, where);
    scores = tcc::where(less_equal(column, row, where), scores, none, where);
  }
  if (o.mask)
    scores = o.mask->dtype() == bool_ ? tcc::where(*o.mask, scores, none, where) : add(scores, *o.mask, where);
  return matmul(softmax(scores, -1, where), v, where);
}

} // namespace tcc
