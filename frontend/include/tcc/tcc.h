// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything.
#pragma once

#include "tcc/Activations.h"
#include "tcc/Compile.h"
#include "tcc/Contract.h"
#include "tcc/Create.h"
#include "tcc/Dlpack.h"
#include "tcc/Dtype.h"
#include "tcc/Error.h"
#include "tcc/Fft.h"
#include "tcc/Graph.h"
#include "tcc/Index.h"
#include "tcc/Indexing.h"
#include "tcc/Io.h"
#include "tcc/Linalg.h"
#include "tcc/Nn.h"
#include "tcc/Nonzero.h"
#include "tcc/Optim.h"
#include "tcc/Pointwise.h"
#include "tcc/Process.h"
#include "tcc/Random.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"
#include "tcc/Tensor.h"
#include "tcc/Transforms.h"
