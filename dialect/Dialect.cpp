// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the tcc dialect and of what it knows as a whole: how a folded attribute becomes a constant.
#include "dialect/Dialect.h"
#include "dialect/Ops.h"

#include "dialect/Dialect.cpp.inc"

using namespace mlir;

namespace tcc {

void TccDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Ops.cpp.inc"
      >();
}

Operation *TccDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}

void registerTccDialect(DialectRegistry &registry) { registry.insert<TccDialect>(); }

} // namespace tcc
