// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All ops, in the order in which adjoint rules may name each other. The only file given to the generators.
include "dialect/Base.td"
include "dialect/Constant.td"
include "dialect/Elementwise.td"
include "dialect/Shape.td"
include "dialect/Indexing.td"
include "dialect/Reduction.td"
include "dialect/Contraction.td"
include "dialect/Attention.td"
include "dialect/Linalg.td"
include "dialect/Fft.td"
include "dialect/Control.td"
include "dialect/Special.td"
