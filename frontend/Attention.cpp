// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scaled dot-product attention: NumPy's broadcasting and promotion around the op.
#include "frontend/Axes.h"
#include "tcc/Activations.h"

#include <cmath>

namespace tcc {

Tensor scaled_dot_product_attention(const Tensor &query, const Tensor &key, const Tensor &value, AttentionOptions o,
                                    Loc where) {
  const char *op = "scaled_dot_product_attention";
  std::vector<Tensor> xs{asInexact(query, op, where), asInexact(key, op, where), asInexact(value, op, where)};
  const Shape q = xs[0].shape(), k = xs[1].shape(), v = xs[2].shape();
  if (q.size() < 2 || k.size() < 2 || v.size() < 2 || !mayAgree(q.back(), k.back()) ||
      !mayAgree(k.end()[-2], v.end()[-2]))
    fail(op, where, Kind::shape, "expected {..., L, E}, {..., S, E} and {..., S, V}, got ", q, ", ", k, " and ", v);
  double scale = o.scale.value_or(1 / std::sqrt(double(xs[0].dim(-1))));
  auto leading = [](const Shape &shape) { return Shape(shape.begin(), shape.end() - 2); };
  Shape batch = broadcastShapes(broadcastShapes(leading(q), leading(k), op, where), leading(v), op, where);
  if (o.mask)
    expectTensor(*o.mask, op, where);
  bool isAdded = o.mask && o.mask->dtype() != bool_;
  if (o.mask) {
    Shape mask = o.mask->shape();
    mask.insert(mask.begin(), mask.size() < 2 ? 2 - mask.size() : 0, 1);
    auto fits = [](int64_t size, int64_t wanted) { return size == 1 || mayAgree(size, wanted); };
    if (!fits(mask.end()[-2], q.end()[-2]) || !fits(mask.back(), k.end()[-2]))
      fail(op, where, Kind::shape, "expected a mask that broadcasts to {..., ", q.end()[-2], ", ", k.end()[-2],
           "}, got ", o.mask->shape());
    batch = broadcastShapes(batch, leading(mask), op, where);
    // The op repeats a mask itself: a copy for each batch entry may be what does not fit into memory.
    mask.insert(mask.begin(), batch.size() + 2 - mask.size(), 1);
    o.mask = reshapeTo(asNode(*o.mask, op, where), mask, where);
    if (isAdded)
      xs.push_back(*o.mask);
  }
  Dtype dtype = commonDtype(xs, op, where);
  for (Tensor &x : xs) {
    x = asDtype(x, dtype, where);
    expectReal(x, op, where);
  }
  for (size_t i = 0; i < 3; ++i) {
    Shape shape = batch;
    shape.insert(shape.end(), xs[i].shape().end() - 2, xs[i].shape().end());
    xs[i] = broadcastTo(xs[i], shape, op, where);
  }
  const Tensor *mask = isAdded ? &xs[3] : o.mask ? &*o.mask : nullptr;
  return ops::attention(xs[0], xs[1], xs[2], o.causal, scale, where, mask)[0];
}

} // namespace tcc
