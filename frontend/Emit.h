// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one door from the DSL to the graph: appends an op of the tcc dialect and gives handles to its results. No MLIR in
// this header, so that the DSL's functions compile fast; Graph.cpp is the other side.
#pragma once

#include "runtime/Memory.h"
#include "tcc/Tensor.h"

#include <complex>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tcc {
using runtime::Buffer;

/// The ops of the dialect, generated from their records (tcc-tblgen --gen-op-ids).
enum class OpId : uint16_t {
#define TCC_OP_ID(id, mnemonic) id,
#include "frontend/OpIds.inc"
#undef TCC_OP_ID
};

/// An attribute as the DSL knows it; Graph.cpp turns it into an MLIR attribute: bool -> BoolAttr, int64_t -> I64Attr,
/// double -> F64Attr, vector -> DenseI64ArrayAttr, string -> StringAttr.
struct Attr {
  const char *name;
  std::variant<bool, int64_t, double, std::vector<int64_t>, std::string> value;
};

struct ResultType {
  Dtype dtype;
  Shape shape;
};

/// Appends `op` to the graph of `operands` (the thread's current graph when none of them has one) and fills `results`.
/// Result types come from the op's own inference; only ops that cannot infer (iota, broadcast, reshape, cast,
/// random_bits) get `types`. Throws tcc::Error: Kind::graph when operands live in different graphs, Kind::shape or
/// Kind::dtype with the verifier's message otherwise.
void emit(OpId op, std::span<const Tensor *const> operands, std::span<const Attr> attrs,
          std::span<const ResultType> types, Loc where, std::span<Tensor> results);

/// A C++ scalar, exact: bool and integers as int64_t.
using Scalar = std::variant<int64_t, double, std::complex<double>>;
/// A graph constant with every element equal to `value`. Part of the program's text, unlike evaluated data.
Tensor emitSplat(const Scalar &value, Dtype dtype, const Shape &shape, Loc where);

/// Evaluated data as a tensor of no graph yet: row-major, dense; it joins a graph where it is first used.
Tensor fromBuffer(Buffer data, Dtype dtype, Shape shape);
/// Evaluates and gives the row-major data.
const Buffer &evaluated(const Tensor &x, Loc where);

/// Cotangents of `xs` for the cotangents `dys` of `ys` (same shapes and dtypes); an invalid Tensor
/// (default-constructed) where x does not reach any y.
std::vector<Tensor> gradients(const std::vector<Tensor> &ys, const std::vector<Tensor> &dys,
                              const std::vector<Tensor> &xs, Loc where);

/// A value without data, of the shape of `stack` less its first axis: what a function is traced on that vmap maps. It
/// joins the graph that `stack` and `others` belong to.
Tensor sliceOf(const Tensor &stack, const std::vector<Tensor> &others, Loc where);
/// Makes of each of `ys` what it is for all slices, where `stacks` have all of each of `slices` (at least one): a stack
/// along a new first axis, or one value if it does not differ from slice to slice. Gives whether it is a stack.
std::vector<bool> batchResults(std::vector<Tensor> &ys, const std::vector<Tensor> &slices,
                               const std::vector<Tensor> &stacks, Loc where);

} // namespace tcc
