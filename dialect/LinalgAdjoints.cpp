// temporary
#include "dialect/AdjointBuilder.h"
namespace tcc {
llvm::LogicalResult CholeskyOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult LuOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult QrOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult SvdOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult SvdvalsOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult EighOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult EigOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult SchurOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult TriangularSolveOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
llvm::LogicalResult SolveOp::pullback(AdjointBuilder &b) { return emitOpError("has no adjoint yet"); }
}
