// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of a module as the bodies of calls, branches and loops: found, made, and made only once. They lie in front
// of everything else in the module, so that a graph of any length does not slow the search.
#pragma once

#include "dialect/Ops.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace tcc {

/// The functions at the front of the module.
llvm::SmallVector<mlir::func::FuncOp> functionsOf(mlir::ModuleOp module);
/// The function of the module around `user`; null if there is none of this name.
mlir::func::FuncOp lookupFunction(mlir::Operation *user, mlir::FlatSymbolRefAttr name);
/// The functions that `op` names, in the order of its record.
llvm::SmallVector<mlir::FlatSymbolRefAttr> functionsNamedBy(mlir::Operation *op);
/// `base`, or `base` with a number, as no function of the module is called yet.
std::string freshName(mlir::ModuleOp module, llvm::StringRef base);

/// On the body of a scan: the body that it is but for further rows, the carries of each turn. A scan of either over the
/// same operands gives all that the other does.
inline constexpr llvm::StringLiteral recordsAttribute = "tcc.records";

/// On a call: the function that is its pullback, of the call's last operands and the result's cotangent. It gives the
/// cotangents of the first operands, one for each of its results; the last operands have none from this call.
inline constexpr llvm::StringLiteral pullbackAttribute = "tcc.pullback";

/// Erases `made` and gives an equal function that uniqueFunction has given before, if there is one: equal in ops,
/// types, data flow and locations.
mlir::func::FuncOp uniqueFunction(mlir::func::FuncOp made);

using FunctionBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::ValueRange arguments)>;
/// A private function of these arguments that returns what `body` makes; equal ones are one.
mlir::func::FuncOp makeFunction(mlir::ModuleOp module, mlir::Location loc, llvm::StringRef name,
                                mlir::TypeRange arguments, FunctionBody body);
/// Clones the body at the builder's insertion point and gives what it returns. Arguments that it does not use may be
/// null.
llvm::SmallVector<mlir::Value> inlineFunction(mlir::OpBuilder &builder, mlir::func::FuncOp function,
                                              mlir::ValueRange arguments);

} // namespace tcc
