// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The generated functions: those that append one op, and the DSL's elementwise functions on top of them.
#include "frontend/OpBuilders.h"
#include "frontend/Axes.h"
#include "frontend/Promotion.h"
#include "tcc/tcc.h"

#include "frontend/Elementwise.cpp.inc"
#include "frontend/OpBuilders.cpp.inc"
