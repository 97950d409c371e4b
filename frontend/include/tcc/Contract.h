// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products and contractions, convolutions and pools.
#pragma once

#include "tcc/Tensor.h"

#include <iosfwd>
#include <string>
#include <utility>

namespace tcc {

/// NumPy's matrix product: batches broadcast, 1-d operands are vectors.
TCC_API Tensor matmul(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// NumPy's dot: the last axis of a with the second-last (or only) of b.
TCC_API Tensor dot(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// sum(conj(a) * b) of the flattened tensors.
TCC_API Tensor vdot(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// Contracts the last axes.
TCC_API Tensor inner(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// a[i] * b[j] of the flattened tensors.
TCC_API Tensor outer(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor kron(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// Contracts the last n axes of a with the first n of b.
TCC_API Tensor tensordot(const Tensor &a, const Tensor &b, int64_t n = 2, Loc where = Loc::current());
TCC_API Tensor tensordot(const Tensor &a, const Tensor &b, Shape axesOfA, Shape axesOfB, Loc where = Loc::current());
struct ContractOptions {
  /// Bytes that intermediates may take at once, beside the operands and the result; 0: no limit. Where they need more,
  /// labels are sliced: a loop runs over their values and adds up, in the gradient, too. Throws if even that takes
  /// more.
  int64_t memory_limit = 0;
};
/// NumPy's einsum for any number of operands, with `...` and repeated labels, in a cheap order of pairs.
TCC_API Tensor einsum(const std::string &formula, const std::vector<Tensor> &xs, Loc where = Loc::current());
TCC_API Tensor einsum(const std::string &formula, const std::vector<Tensor> &xs, ContractOptions options,
                      Loc where = Loc::current());
/// A formula together with the line it stands on: nothing can follow the operands of einsum.
struct Formula {
  std::string text;
  Loc where;
  template <class S>
    requires std::is_convertible_v<const S &, std::string>
  Formula(const S &text, Loc where = Loc::current()) : text(text), where(where) {}
};
template <class... T>
  requires(sizeof...(T) > 0 && (std::is_convertible_v<const T &, Tensor> && ...))
Tensor einsum(const Formula &formula, const T &...xs) {
  return einsum(formula.text, std::vector<Tensor>{Tensor(xs)...}, formula.where);
}
/// Contracts any number of tensors whose axes carry integer labels, any numbers; labels that are not in `output` are
/// summed over. The order of pairs is the cheapest for up to 12 operands and a good one for more (docs/contraction.md).
TCC_API Tensor contract(const std::vector<Tensor> &xs, const std::vector<Shape> &labels, Shape output,
                        ContractOptions options = {}, Loc where = Loc::current());

/// How a contraction is computed.
struct ContractionPath {
  struct Slice {
    int64_t label, parts;
  };
  /// Pairs by position: they leave the list of operands, and their product is appended (as in np.einsum_path).
  std::vector<std::pair<int64_t, int64_t>> steps;
  /// Labels that loops run over, outermost first, and into how many parts each is cut; of einsum, letters are their
  /// codes and axes of `...` are -1, -2, ... from the right.
  std::vector<Slice> sliced;
  /// Multiplications and additions of all slices, and those of one sum over all labels.
  double flops = 0, naive_flops = 1;
  /// Elements of a slice's largest intermediate or result.
  double largest_intermediate = 0;
  /// What memory_limit limits, as it is estimated.
  double peak_bytes = 0;
  double slices = 1;
  /// The same of the pullback, which may be cut further.
  double gradient_peak_bytes = 0;
  double gradient_slices = 1;
};
/// What `contract` does with the same arguments; computes nothing.
TCC_API ContractionPath contract_path(const std::vector<Tensor> &xs, const std::vector<Shape> &labels, Shape output,
                                      ContractOptions options = {}, Loc where = Loc::current());
/// What `einsum` does with the same arguments; computes nothing.
TCC_API ContractionPath einsum_path(const std::string &formula, const std::vector<Tensor> &xs,
                                    ContractOptions options = {}, Loc where = Loc::current());
TCC_API std::ostream &operator<<(std::ostream &os, const ContractionPath &path);

/// Sums the diagonal of two axes.
TCC_API Tensor trace(const Tensor &x, int64_t offset = 0, int64_t axis1 = 0, int64_t axis2 = 1,
                     Loc where = Loc::current());

/// One number is used for all spatial axes.
struct ConvOptions {
  Shape stride{1};
  Shape padding{0};
  Shape dilation{1};
  int64_t groups = 1;
  /// Only for transposed convolutions: extra extent at the end.
  Shape output_padding{0};
  /// Input and result are {N, L, C}, {N, H, W, C} or {N, D, H, W, C}; the weights' axes stay where they are.
  bool channels_last = false;
};
/// Cross-correlation: x {N, C, L}, w {out, C / groups, K}.
TCC_API Tensor conv1d(const Tensor &x, const Tensor &w, ConvOptions options = {}, Loc where = Loc::current());
/// Cross-correlation: x {N, C, H, W}, w {out, C / groups, KH, KW}.
TCC_API Tensor conv2d(const Tensor &x, const Tensor &w, ConvOptions options = {}, Loc where = Loc::current());
/// Cross-correlation: x {N, C, D, H, W}, w {out, C / groups, KD, KH, KW}.
TCC_API Tensor conv3d(const Tensor &x, const Tensor &w, ConvOptions options = {}, Loc where = Loc::current());
/// The adjoint of conv1d in its input: w {C, out / groups, K}.
TCC_API Tensor conv_transpose1d(const Tensor &x, const Tensor &w, ConvOptions options = {}, Loc where = Loc::current());
/// The adjoint of conv2d in its input: w {C, out / groups, KH, KW}.
TCC_API Tensor conv_transpose2d(const Tensor &x, const Tensor &w, ConvOptions options = {}, Loc where = Loc::current());
/// The adjoint of conv3d in its input: w {C, out / groups, KD, KH, KW}.
TCC_API Tensor conv_transpose3d(const Tensor &x, const Tensor &w, ConvOptions options = {}, Loc where = Loc::current());
struct PoolOptions {
  /// The window's own extents if empty.
  Shape stride{};
  Shape padding{0};
};
/// x {N, C, H, W}; padding does not count. The gradient goes to the first of equal elements.
TCC_API Tensor max_pool2d(const Tensor &x, Shape window, PoolOptions options = {}, Loc where = Loc::current());
/// x {N, C, H, W}; padding counts as 0 and is part of the divisor, as in PyTorch.
TCC_API Tensor avg_pool2d(const Tensor &x, Shape window, PoolOptions options = {}, Loc where = Loc::current());

} // namespace tcc
