// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function for each op of the dialect, which appends it to the graph and nothing else: arguments have the right
// types and shapes already. Generated from the op records.
#pragma once

#include "frontend/Emit.h"

#include <array>

#include "frontend/OpBuilders.h.inc"
