// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
#include "dialect/Ops.h"
#include "dialect/Adjoints.cpp.inc"
