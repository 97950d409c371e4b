#include "dialect/MatrixAlgebra.h"
namespace tcc {
llvm::LogicalResult SchurOp::pullback(AdjointBuilder &b) { return emitOpError("cannot be differentiated"); }
}
